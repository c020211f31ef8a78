/**
 * The producer's end of a ring. Frames are written in place and stay invisible until {@link RingWriter.publish}, so
 * that a batch of messages costs one atomic store and one look at the receiver's doorbell. The protocol, and why it is
 * safe, is in `ring.ts`.
 */
import assert from 'node:assert/strict'
import { checksumStart, checksumStep, FRAME_HEADER_BYTES, FrameKind, frameBytes, RingMemory } from './ring.ts'

/** Up to this length a loop over bytes is cheaper than a call into `TypedArray.prototype.set`. */
const COPY_LOOP_BYTES_MAX = 96

/** Writes frames into a ring. Exactly one thread holds the writer of a ring, for the ring's whole life. */
export class RingWriter {
  readonly memory: RingMemory
  /** Bytes of frames written so far, with their headers. */
  writtenBytes = 0
  /** Where the next frame goes. */
  #position: number
  /** Up to where the consumer can see. */
  #published: number
  /** The last `head` seen; the real one is never behind it. */
  #head: number

  constructor(memory: SharedArrayBuffer) {
    this.memory = new RingMemory(memory)
    this.#position = this.#published = this.memory.loadTail()
    this.#head = this.memory.loadHead()
  }

  /** Bytes written that the consumer cannot see yet. */
  get unpublishedBytes(): number {
    return (this.#position - this.#published) | 0
  }

  /**
   * Writes one frame whose payload is `bytes` from `start` to `end`, at most `payloadBytesMax` long, without publishing
   * it. False when there is no room; nothing has changed then.
   */
  write(kind: FrameKind, bytes: Uint8Array, start: number, end: number): boolean {
    const memory = this.memory
    const length = end - start
    assert(length >= 0 && length <= memory.payloadBytesMax)
    const needed = frameBytes(length)
    const offset = this.#position & (memory.capacityBytes - 1)
    const untilEnd = memory.capacityBytes - offset
    const padding = untilEnd < needed ? untilEnd : 0
    if (!this.#hasRoom(padding + needed)) return false
    if (padding > 0) {
      const header = frameHeader(FrameKind.padding, padding - FRAME_HEADER_BYTES)
      memory.words[offset >> 2] = header
      memory.words[(offset >> 2) + 1] = checksumStart(header, this.#position)
      this.#position = (this.#position + padding) | 0
    }
    this.#writeFrame(kind, bytes, start, length)
    this.writtenBytes += needed
    this.#position = (this.#position + needed) | 0
    return true
  }

  /** Makes all frames written so far visible to the consumer, in order; true when there were any. */
  publish(): boolean {
    if (this.#position === this.#published) return false
    this.#published = this.#position
    this.memory.storeTail(this.#position)
    return true
  }

  #hasRoom(needed: number): boolean {
    const capacity = this.memory.capacityBytes
    if (((this.#position - this.#head) | 0) + needed <= capacity) return true
    this.#head = this.memory.loadHead()
    return ((this.#position - this.#head) | 0) + needed <= capacity
  }

  #writeFrame(kind: FrameKind, bytes: Uint8Array, start: number, length: number): void {
    const { words, bytes: target, capacityBytes } = this.memory
    const offset = this.#position & (capacityBytes - 1)
    const payload = offset + FRAME_HEADER_BYTES
    // The last 8 bytes first, so that the padding behind the payload is zero and the checksum can go by words.
    if (length > 0) {
      const lastWord = (payload + length - 1) >> 2
      words[lastWord] = 0
      words[lastWord | 1] = 0
    }
    if (length <= COPY_LOOP_BYTES_MAX) for (let i = 0; i < length; i++) target[payload + i] = bytes[start + i]!
    else target.set(bytes.subarray(start, start + length), payload)

    const header = frameHeader(kind, length)
    let sum = checksumStart(header, this.#position)
    for (let word = payload >> 2, end = (payload + length + 3) >> 2; word < end; word++)
      sum = checksumStep(sum, words[word]!)
    words[offset >> 2] = header
    words[(offset >> 2) + 1] = sum
  }
}

function frameHeader(kind: FrameKind, length: number): number {
  return (kind << 28) | length
}
