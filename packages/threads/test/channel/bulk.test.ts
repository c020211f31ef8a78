/** Much binary data: in the ring, beside it when there is no room, moved without a copy, shared without one. */
import { describe, expect, it } from 'vitest'
import { BULK_BYTES_MIN } from '../../src/channel/message-format.ts'
import { openLoopback, passThrough } from './loopback.ts'

function bytesOf(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) => (index * 7 + seed) & 0xff)
}

/** The bytes that a view is on. */
function memoryOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

describe('binary data', () => {
  it.each([0, 1, BULK_BYTES_MIN - 1, BULK_BYTES_MIN, BULK_BYTES_MIN + 1, 65_535, 131_072, 131_073, 3_000_001])(
    'of %d bytes arrives, in memory of its own',
    (length) => {
      const sent = bytesOf(length)
      const received = passThrough({ before: 1, sent, after: 'x' }) as {
        before: number
        sent: Uint8Array
        after: string
      }
      expect(received).toEqual({ before: 1, sent, after: 'x' })
      expect(received.sent.buffer.byteLength).toBe(length)
      expect(received.sent.buffer).not.toBe(sent.buffer)
      expect(sent.length).toBe(length)
    },
  )

  it('of every type arrives as such, several in one message, the same one twice', () => {
    const floats = new Float64Array(700).map((_, index) => index / 3)
    const part = new Uint16Array(new ArrayBuffer(9_000), 10, 2_001).fill(513)
    const view = new DataView(bytesOf(5_000).buffer, 3, 4_000)
    const received = passThrough([floats, part, view, floats, bytesOf(1_500).buffer]) as [
      Float64Array,
      Uint16Array,
      DataView,
      Float64Array,
      ArrayBuffer,
    ]
    expect(received[0]).toEqual(floats)
    expect(received[3]).toBe(received[0])
    expect(received[1]).toEqual(part)
    expect(received[1].buffer.byteLength).toBe(4_002)
    expect(received[2].byteLength).toBe(4_000)
    expect(received[2].getUint8(0)).toBe(view.getUint8(0))
    expect(new Uint8Array(received[4])).toEqual(bytesOf(1_500))
  })

  it.each(['in the ring', 'beside it'])(
    'of any view arrives %s as it was, over an ordinary buffer of just its bytes',
    (way) => {
      const length = way === 'in the ring' ? 4_000 : 80_000
      const whole = bytesOf(length + 800)
      const resizable = new ArrayBuffer(length, { maxByteLength: 2 * length })
      new Uint8Array(resizable).set(bytesOf(length, 3))
      const views = [
        whole.subarray(8, 8 + length),
        Buffer.from(whole.buffer, 3, length),
        new Float64Array(whole.buffer, 16, length / 8),
        new DataView(whole.buffer, 5, length),
        new Uint8Array(resizable),
      ]
      for (const view of views) {
        const expected = memoryOf(view).slice()
        const { sender, drainAll } = openLoopback()
        sender.send(view)
        memoryOf(view).fill(0)
        sender.flush()
        const [received] = drainAll() as [ArrayBufferView<ArrayBuffer>]
        expect(new Uint8Array(received.buffer)).toEqual(expected)
        expect(received.buffer.resizable).toBe(false)
        memoryOf(view).set(expected)
      }
    },
  )

  it('keeps its place among other messages, whether there is room in the ring or not', () => {
    const { sender, drainAll } = openLoopback({ capacityBytes: 1 << 16 })
    const sent = Array.from({ length: 60 }, (_, n) => (n % 3 === 0 ? { n } : { n, bytes: bytesOf(500 * n, n) }))
    for (const message of sent) expect(sender.send(message)).toBe(true)
    for (const message of sent) (message as { bytes?: Uint8Array }).bytes?.fill(0)
    const received: unknown[] = []
    do {
      sender.flush()
      received.push(...drainAll())
    } while (sender.pending > 0)
    received.push(...drainAll())
    expect(received).toEqual(
      Array.from({ length: 60 }, (_, n) => (n % 3 === 0 ? { n } : { n, bytes: bytesOf(500 * n, n) })),
    )
  })
})

describe('buffers that belong to a message', () => {
  it('are handed over: detached here, there with the views on them', () => {
    const { sender, drainAll } = openLoopback()
    const whole = bytesOf(100_000)
    const part = new Uint8Array(whole.buffer, 10, 20)
    const other = bytesOf(4_000)
    sender.send({ whole, part, buffer: whole.buffer, other }, new Set([whole.buffer]))
    sender.flush()
    expect(whole.buffer.detached).toBe(true)
    expect(other.length).toBe(4_000)
    const [received] = drainAll() as [{ whole: Uint8Array; part: Uint8Array; buffer: ArrayBuffer; other: Uint8Array }]
    expect(received.whole).toEqual(bytesOf(100_000))
    expect(received.part).toEqual(bytesOf(100_000).subarray(10, 30))
    expect(received.part.buffer).toBe(received.whole.buffer)
    expect(received.buffer).toBe(received.whole.buffer)
    expect(received.other).toEqual(bytesOf(4_000))
  })

  it('of many messages keep their order', () => {
    const { sender, drainAll } = openLoopback({ capacityBytes: 1 << 12 })
    for (let n = 0; n < 300; n++) {
      const bytes = bytesOf(64, n)
      if (n % 4 === 0) sender.send({ n, like: /a/ })
      else sender.send({ n, bytes }, n % 2 === 0 ? new Set([bytes.buffer]) : undefined)
    }
    const received: { n: number; bytes?: Uint8Array }[] = []
    do {
      sender.flush()
      received.push(...(drainAll() as { n: number }[]))
    } while (sender.pending > 0)
    received.push(...(drainAll() as { n: number }[]))
    expect(received.map(({ n }) => n)).toEqual(Array.from({ length: 300 }, (_, n) => n))
    for (const { n, bytes } of received) if (bytes !== undefined) expect(bytes).toEqual(bytesOf(64, n))
  })
})

it('shared memory is the same memory at the other end, in one message and in the next', () => {
  const { sender, drainAll } = openLoopback()
  const memory = new SharedArrayBuffer(1 << 20)
  for (let count = 0; count < 2; count++) sender.send({ memory, words: new Int32Array(memory, 8, 4), again: memory })
  sender.flush()
  for (const received of drainAll() as { memory: SharedArrayBuffer; words: Int32Array; again: SharedArrayBuffer }[]) {
    expect(received.again).toBe(received.memory)
    expect(received.words.buffer).toBe(received.memory)
    Atomics.add(received.words, 0, 5)
  }
  expect(new Int32Array(memory)[2]).toBe(10)
})
