/**
 * The consumer's end of a ring. It trusts nothing in the shared memory: positions, header, bounds and checksum are
 * validated before a payload is handed out, so a defect elsewhere shows as a {@link FrameError} and not as a wrong
 * message, an endless loop or a read outside the frame. The protocol is in `ring.ts`.
 */
import { FrameError } from './errors.ts'
import {
  COMPOSED_BYTES,
  checksumStart,
  checksumStep,
  FRAME_HEADER_BYTES,
  FrameKind,
  frameBytes,
  RingMemory,
} from './ring.ts'

/** Reads frames from a ring. Exactly one thread holds the reader of a ring, for the ring's whole life. */
export class RingReader {
  readonly memory: RingMemory
  /** Bytes of frames taken so far, with their headers. */
  takenBytes = 0
  /** The current frame's kind; never padding. */
  kind: FrameKind = FrameKind.padding
  /** The current frame's payload: its first `length` bytes. Private memory, overwritten by the next frame. */
  readonly payload: Uint8Array
  /** Bytes of the current payload that its checksum covers: all, but for a composed frame's bulk. */
  length = 0
  /** Where the bulk of the current frame lies in the memory's bytes; it stays there until the frame is released. */
  bulkStart = 0
  bulkEnd = 0
  readonly #payloadWords: Int32Array
  /** Up to where frames have been taken. */
  #position: number
  /** Up to where space has been given back. */
  #released: number
  /** The last `tail` seen; the real one is never behind it. */
  #tail: number

  constructor(memory: SharedArrayBuffer) {
    this.memory = new RingMemory(memory)
    this.#position = this.#released = this.memory.loadHead()
    this.#tail = this.#position
    this.payload = new Uint8Array(this.memory.payloadBytesMax + 8)
    this.#payloadWords = new Int32Array(this.payload.buffer)
  }

  /** True when a frame has been published that was not taken yet. */
  hasNext(): boolean {
    return this.#position !== this.#tail || this.#position !== this.memory.loadTail()
  }

  /** Takes the next frame into `kind`, `payload` and `length`; false when all that is published was taken. */
  next(): boolean {
    for (;;) {
      if (this.#position === this.#tail && !this.#lookForMore()) return false
      this.#take()
      if (this.kind !== FrameKind.padding) return true
    }
  }

  /** Bytes taken whose space was not given back yet. */
  get unreleasedBytes(): number {
    return (this.#position - this.#released) | 0
  }

  /** Gives the space of all frames taken back to the producer; true when there was any. */
  release(): boolean {
    if (this.#position === this.#released) return false
    this.#released = this.#position
    this.memory.storeHead(this.#position)
    return true
  }

  #lookForMore(): boolean {
    const tail = this.memory.loadTail()
    const published = (tail - this.#released) | 0
    const untaken = (tail - this.#position) | 0
    if (published < 0 || untaken < 0 || published > this.memory.capacityBytes || (untaken & 7) !== 0)
      throw new FrameError(`the ring's tail ${tail} is impossible: ${this.#position} was the last position taken`)
    this.#tail = tail
    return untaken > 0
  }

  /** Copies the frame out first and judges the copy, so that not even a misbehaving producer can change it between. */
  #take(): void {
    const { words, capacityBytes, payloadBytesMax } = this.memory
    const position = this.#position
    const offset = position & (capacityBytes - 1)
    const header = words[offset >> 2]!
    const kind = header >>> 28
    const length = header & 0x0fff_ffff
    const size = frameBytes(length)
    if (!isFrameKind(kind) || size > capacityBytes - offset || size > ((this.#tail - position) | 0))
      throw this.#malformed('has an impossible header', header)

    let sum = checksumStart(header, position)
    let summed = length
    if (kind !== FrameKind.padding) {
      if (length > payloadBytesMax) throw this.#malformed('is too long', header)
      const target = this.#payloadWords
      const first = (offset >> 2) + 2
      if (kind === FrameKind.composed) {
        summed = words[first]!
        if (summed < COMPOSED_BYTES || summed > length || (summed & 7) !== 0)
          throw this.#malformed('is composed of impossible parts', header)
      }
      const count = (summed + 3) >> 2
      for (let i = 0; i < count; i++) {
        const word = words[first + i]!
        target[i] = word
        sum = checksumStep(sum, word)
      }
    }
    if (sum !== words[(offset >> 2) + 1]) throw this.#malformed('does not match its checksum', header)
    if (kind === FrameKind.composed && this.#payloadWords[0] !== summed)
      throw this.#malformed('changed while it was read', header)
    this.kind = kind
    this.length = summed
    this.bulkStart = offset + FRAME_HEADER_BYTES + summed
    this.bulkEnd = offset + FRAME_HEADER_BYTES + length
    if (kind !== FrameKind.padding) this.takenBytes += size
    this.#position = (position + size) | 0
  }

  #malformed(reason: string, header: number): FrameError {
    return new FrameError(`the frame at ${this.#position} (header 0x${(header >>> 0).toString(16)}) ${reason}`)
  }
}

function isFrameKind(kind: number): kind is FrameKind {
  return (kind >= FrameKind.message && kind <= FrameKind.aside) || kind === FrameKind.padding
}
