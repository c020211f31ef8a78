import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameError } from '../../src/channel/errors.ts'
import { createRing, FrameKind } from '../../src/channel/ring.ts'
import { RingReader } from '../../src/channel/ring-reader.ts'
import { RingWriter } from '../../src/channel/ring-writer.ts'

const CAPACITY_BYTES = 1024
const HEADER_BYTES = 640
const TAIL_WORD = 32
const HEAD_WORD = 64

function bytesOf(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (seed * 31 + i * 7) & 0xff)
}

function take(reader: RingReader): Uint8Array | undefined {
  return reader.next() ? reader.payload.slice(0, reader.length) : undefined
}

describe('a ring', () => {
  it('hides frames until they are published, and then shows all of them in order', () => {
    const memory = createRing(CAPACITY_BYTES)
    const writer = new RingWriter(memory)
    const reader = new RingReader(memory)
    for (let i = 0; i < 5; i++) expect(writer.write(FrameKind.message, bytesOf(i, i), 0, i)).toBe(true)
    expect(reader.hasNext()).toBe(false)
    expect(reader.next()).toBe(false)
    expect(writer.publish()).toBe(true)
    expect(writer.publish()).toBe(false)
    for (let i = 0; i < 5; i++) expect(take(reader)).toEqual(bytesOf(i, i))
    expect(reader.next()).toBe(false)
  })

  it('is full until the reader releases, and writes nothing when it is', () => {
    const memory = createRing(CAPACITY_BYTES)
    const writer = new RingWriter(memory)
    const reader = new RingReader(memory)
    const payload = bytesOf(120, 1)
    for (let i = 0; i < 8; i++) expect(writer.write(FrameKind.message, payload, 0, 120)).toBe(true)
    expect(writer.write(FrameKind.message, payload, 0, 120)).toBe(false)
    expect(writer.unpublishedBytes).toBe(CAPACITY_BYTES)
    writer.publish()
    expect(take(reader)).toEqual(payload)
    expect(writer.write(FrameKind.message, payload, 0, 120)).toBe(false)
    reader.release()
    expect(writer.write(FrameKind.message, payload, 0, 120)).toBe(true)
  })

  it('can be filled to the last byte, and not one frame further', () => {
    const memory = createRing(CAPACITY_BYTES)
    const writer = new RingWriter(memory)
    const payload = bytesOf(120, 1)
    for (let i = 0; i < 7; i++) writer.write(FrameKind.message, payload, 0, 120)
    writer.write(FrameKind.message, payload, 0, 112)
    expect(writer.unpublishedBytes).toBe(CAPACITY_BYTES - 8)
    expect(writer.write(FrameKind.message, payload, 0, 1)).toBe(false)
    expect(writer.write(FrameKind.message, payload, 0, 0)).toBe(true)
    expect(writer.write(FrameKind.message, payload, 0, 0)).toBe(false)
    writer.publish()
    const reader = new RingReader(memory)
    let frames = 0
    while (reader.next()) frames++
    expect(frames).toBe(9)
  })

  it('keeps every frame whole over any sequence of sizes, laps and positions that overflow', () => {
    const step = fc.record({ length: fc.integer({ min: 0, max: 256 }), drain: fc.boolean() })
    const start = fc.constantFrom(0, 0x7fff_fff8, -8, -0x8000_0000)
    fc.assert(
      fc.property(start, fc.array(step, { maxLength: 200 }), (position, steps) => {
        const memory = createRing(CAPACITY_BYTES)
        const words = new Int32Array(memory)
        words[TAIL_WORD] = words[HEAD_WORD] = position
        const writer = new RingWriter(memory)
        const reader = new RingReader(memory)
        const expected: Uint8Array[] = []
        const check = () => {
          writer.publish()
          for (let bytes = take(reader); bytes !== undefined; bytes = take(reader))
            expect(bytes).toEqual(expected.shift())
          expect(expected).toEqual([])
          reader.release()
        }
        for (const [index, { length, drain }] of steps.entries()) {
          const bytes = bytesOf(length, index)
          if (!writer.write(FrameKind.message, bytes, 0, length)) {
            check()
            expect(writer.write(FrameKind.message, bytes, 0, length)).toBe(true)
          }
          expected.push(bytes)
          if (drain) check()
        }
        check()
      }),
    )
  })

  it('shows nothing of a frame whose writer stopped before publishing', () => {
    const memory = createRing(CAPACITY_BYTES)
    const writer = new RingWriter(memory)
    writer.write(FrameKind.message, bytesOf(16, 1), 0, 16)
    writer.publish()
    writer.write(FrameKind.message, bytesOf(16, 2), 0, 16)
    // What is left of the header of a frame that was being written.
    new Int32Array(memory, HEADER_BYTES)[12] = (FrameKind.message << 28) | 200
    const reader = new RingReader(memory)
    expect(take(reader)).toEqual(bytesOf(16, 1))
    expect(reader.next()).toBe(false)
  })

  it('refuses memory that is no ring', () => {
    expect(() => new RingReader(new SharedArrayBuffer(4096))).toThrow('not a ring')
    expect(() => createRing(1000)).toThrow('power of two')
  })
})

describe('a damaged ring', () => {
  const PAYLOADS = [bytesOf(0, 0), bytesOf(13, 1), bytesOf(200, 2), bytesOf(64, 3), bytesOf(5, 4)]

  function written(): SharedArrayBuffer {
    const memory = createRing(CAPACITY_BYTES)
    const writer = new RingWriter(memory)
    for (const payload of PAYLOADS) writer.write(FrameKind.message, payload, 0, payload.length)
    writer.publish()
    return memory
  }

  /** Reads to the end or to the first error, which must be a FrameError, and returns the frames before it. */
  function readAll(memory: SharedArrayBuffer): { frames: Uint8Array[]; failed: boolean } {
    const reader = new RingReader(memory)
    const frames: Uint8Array[] = []
    try {
      for (let bytes = take(reader); bytes !== undefined; bytes = take(reader)) frames.push(bytes)
      return { frames, failed: false }
    } catch (error) {
      expect(error).toBeInstanceOf(FrameError)
      expect(error).toMatchObject({ code: 'ERR_TROUPE_FRAME' })
      return { frames, failed: true }
    }
  }

  it('is recognised wherever one bit of a frame is flipped', () => {
    const used = PAYLOADS.reduce((sum, payload) => sum + 8 + ((payload.length + 7) & ~7), 0)
    for (let bit = 0; bit < used * 8; bit++) {
      const memory = written()
      const bytes = new Uint8Array(memory, HEADER_BYTES)
      bytes[bit >> 3]! ^= 1 << (bit & 7)
      const { frames, failed } = readAll(memory)
      expect(frames).toEqual(PAYLOADS.slice(0, frames.length))
      expect(failed).toBe(true)
    }
  })

  it('never yields a frame that was not written, whatever the bytes and the published position are', () => {
    const damage = fc.array(fc.tuple(fc.nat(CAPACITY_BYTES / 4 - 1), fc.integer()), { maxLength: 20 })
    const tail = fc.oneof(fc.constant(undefined), fc.integer({ min: -4096, max: 4096 }), fc.integer())
    fc.assert(
      fc.property(damage, tail, (writes, position) => {
        const memory = written()
        const words = new Int32Array(memory, HEADER_BYTES)
        for (const [word, value] of writes) words[word] = value
        if (position !== undefined) new Int32Array(memory)[TAIL_WORD] = position
        const { frames } = readAll(memory)
        expect(frames).toEqual(PAYLOADS.slice(0, frames.length))
      }),
    )
  })

  it('does not take a frame of an earlier lap for a new one', () => {
    const memory = createRing(CAPACITY_BYTES)
    const writer = new RingWriter(memory)
    const reader = new RingReader(memory)
    const payload = bytesOf(120, 1)
    for (let i = 0; i < 8; i++) writer.write(FrameKind.message, payload, 0, 120)
    writer.publish()
    while (reader.next());
    reader.release()
    // A tail that moved without a frame having been written shows the old bytes again.
    new Int32Array(memory)[TAIL_WORD] = CAPACITY_BYTES + 128
    expect(() => reader.next()).toThrow(FrameError)
  })
})
