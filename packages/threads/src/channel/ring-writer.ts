/**
 * The producer's end of a ring. Frames are written in place and stay invisible until {@link RingWriter.publish}, so
 * that a batch of messages costs one atomic store and one look at the receiver's doorbell. The protocol, and why it is
 * safe, is in `ring.ts`.
 */
import assert from 'node:assert/strict'
import { copyInto } from './byte-copy.ts'
import { checksumStart, checksumStep, FRAME_HEADER_BYTES, FrameKind, frameBytes, RingMemory } from './ring.ts'

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
  readonly #words: Int32Array
  readonly #mask: number
  #source: Uint8Array = new Uint8Array(0)
  #sourceWords: Int32Array = new Int32Array(0)

  constructor(memory: SharedArrayBuffer) {
    this.memory = new RingMemory(memory)
    this.#words = this.memory.words
    this.#mask = this.memory.capacityBytes - 1
    this.#position = this.#published = this.memory.loadTail()
    this.#head = this.memory.loadHead()
  }

  /** Bytes written that the consumer cannot see yet. */
  get unpublishedBytes(): number {
    return (this.#position - this.#published) | 0
  }

  /** Bytes that the largest frame could have now, wherever in the memory it begins. */
  get roomBytes(): number {
    this.#head = this.memory.loadHead()
    return (this.memory.capacityBytes - ((this.#position - this.#head) | 0)) / 2
  }

  /**
   * Writes one frame whose payload is `bytes` from `start`, a multiple of 4, to `end`, at most `payloadBytesMax` long,
   * without publishing it. False when there is no room; nothing has changed then.
   */
  write(kind: FrameKind, bytes: Uint8Array, start: number, end: number): boolean {
    const length = end - start
    const offset = this.#makeRoom(frameBytes(length))
    if (offset < 0) return false
    this.#writeSummed(frameHeader(kind, length), offset, bytes, start, end)
    this.#position = (this.#position + frameBytes(length)) | 0
    return true
  }

  /**
   * Writes one composed frame: the first `length` of `bytes`, a multiple of 8, which its checksum covers and whose first
   * word says so, and behind them `bulk`, each piece from a multiple of 8 on, `bulkLength` bytes in all.
   */
  writeComposed(bytes: Uint8Array, length: number, bulk: readonly Uint8Array[], bulkLength: number): boolean {
    assert((length & 7) === 0)
    const offset = this.#makeRoom(frameBytes(length + bulkLength))
    if (offset < 0) return false
    let at = offset + FRAME_HEADER_BYTES + length
    for (const piece of bulk) {
      copyInto(this.memory.bytes, at, piece)
      at += (piece.length + 7) & ~7
    }
    this.#writeSummed(frameHeader(FrameKind.composed, length + bulkLength), offset, bytes, 0, length)
    this.#position = (this.#position + frameBytes(length + bulkLength)) | 0
    return true
  }

  /** Makes all frames written so far visible to the consumer, in order; true when there were any. */
  publish(): boolean {
    if (this.#position === this.#published) return false
    this.#published = this.#position
    this.memory.storeTail(this.#position)
    return true
  }

  /** The offset of a frame of `needed` bytes, behind padding where the end of the memory is near; -1 without room. */
  #makeRoom(needed: number): number {
    const { capacityBytes, payloadBytesMax } = this.memory
    assert(needed >= FRAME_HEADER_BYTES && needed <= frameBytes(payloadBytesMax))
    const offset = this.#position & this.#mask
    const untilEnd = capacityBytes - offset
    const padding = untilEnd < needed ? untilEnd : 0
    if (((this.#position - this.#head) | 0) + padding + needed > capacityBytes) {
      this.#head = this.memory.loadHead()
      if (((this.#position - this.#head) | 0) + padding + needed > capacityBytes) return -1
    }
    this.writtenBytes += needed
    if (padding === 0) return offset
    const header = frameHeader(FrameKind.padding, padding - FRAME_HEADER_BYTES)
    this.#words[offset >> 2] = header
    this.#words[(offset >> 2) + 1] = checksumStart(header, this.#position)
    this.#position = (this.#position + padding) | 0
    return 0
  }

  /** Copies the bytes and writes header and checksum. What is left of the last word is zero. */
  #writeSummed(header: number, offset: number, bytes: Uint8Array, start: number, end: number): void {
    if (bytes !== this.#source) this.#setSource(bytes)
    const words = this.#words
    const source = this.#sourceWords
    const length = end - start
    let sum = checksumStart(header, this.#position)
    let to = (offset >> 2) + 2
    let from = start >> 2
    for (const whole = end >> 2; from < whole; from++) {
      const word = source[from]!
      words[to++] = word
      sum = checksumStep(sum, word)
    }
    const rest = length & 3
    if (rest > 0) {
      const word = source[from]! & ((1 << (rest << 3)) - 1)
      words[to] = word
      sum = checksumStep(sum, word)
    }
    words[offset >> 2] = header
    words[(offset >> 2) + 1] = sum
  }

  /** The source as words; a rest of less than a word at its end is copied into memory that has it. */
  #setSource(bytes: Uint8Array): void {
    if ((bytes.byteOffset & 3) !== 0 || (bytes.length & 3) !== 0) {
      const copy = new Uint8Array((bytes.length + 3) & ~3)
      copy.set(bytes)
      this.#source = new Uint8Array(0)
      this.#sourceWords = new Int32Array(copy.buffer)
      return
    }
    this.#source = bytes
    this.#sourceWords = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length >> 2)
  }
}

function frameHeader(kind: FrameKind, length: number): number {
  return (kind << 28) | length
}
