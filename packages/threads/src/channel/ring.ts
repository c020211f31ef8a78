/**
 * The ring: the memory that one thread writes frames into and one other thread reads them from.
 *
 * It is a single-producer single-consumer queue in a `SharedArrayBuffer`. Two positions describe it: `tail`, up to
 * which the producer has published, and `head`, up to which the consumer has given space back. Both only grow, modulo
 * 2^32, and are compared by their wrapped difference; the offset in memory is the position modulo the capacity. Each
 * lives on a cache line of its own, so that neither thread's store evicts what the other polls.
 *
 * ```text
 *   | magic | capacity | .. | tail | .. | head, posts taken | .. | waiting | .. | closed flags | .. |  frames, `capacity` bytes  |
 *
 *   frame: | kind (4 bits), payload length (28 bits) | checksum | payload, padded with zeros to 8 bytes |
 * ```
 *
 * Why it is correct. Frame bytes are written and read with plain, racy instructions; what orders them are the two
 * positions, which are only touched with `Atomics` (sequentially consistent).
 *
 * - Publication. The producer writes a frame with plain stores and then stores `tail` atomically. The consumer loads
 *   `tail` atomically and reads plainly only below the value it saw. That load synchronizes with that store, so the
 *   frame's bytes happen before their reading. A frame above `tail` does not exist for the consumer: a producer that
 *   is terminated in the middle of a frame leaves nothing to see, and never a torn frame.
 * - Reuse. The consumer copies a frame out and only then stores `head`. The producer writes only where its last
 *   atomic load of `head` proved the space to be free, so the copying happens before the overwriting.
 * - Waiting. A producer that finds the ring full, or too many bytes posted beside it, stores `waiting`, then loads `head`
 *   and the number of posts taken once more. The consumer stores both, then loads `waiting`. In the one total order of these four operations either the producer sees the new
 *   `head` or the consumer sees the flag and rings; both missing each other would need a cycle.
 *
 * A frame never wraps around the end of the memory: what is left there is filled with a padding frame. Each frame's
 * checksum covers its header, its position and its payload, so bytes that stem from an earlier lap, or that some other
 * code scribbled, are recognised. Of a frame with bulk it covers all that has structure and not the bulk, which is
 * binary data of a kilobyte and more: summing it would cost several times its copying, and no byte of it means anything.
 */
import assert from 'node:assert/strict'

/** What a frame holds; 0 is no kind, so that untouched memory is never a frame. */
export const FrameKind = {
  /** The payload is a message in the codec's bytes. */
  message: 1,
  /** A message with bulk behind it in the frame, handles beside the ring, or both; see {@link COMPOSED_BYTES}. */
  composed: 2,
  /** A message that was too large for the ring: its bytes lie on the side port. The payload is its number there. */
  aside: 3,
  /** Nothing: fills the space before the end of the memory. */
  padding: 15,
} as const
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind]

/** Bytes of a frame before its payload. */
export const FRAME_HEADER_BYTES = 8
/**
 * Bytes in front of a composed message, four words: how many bytes the checksum covers, these among them; how many of
 * them the message has; the number of its handles on the side port, 0 when it has none; and 0. Bulk follows.
 */
export const COMPOSED_BYTES = 16
/** The capacity of a ring when none is asked for. */
export const RING_CAPACITY_BYTES_DEFAULT = 1 << 20
const CAPACITY_BYTES_MIN = 1 << 10
const CAPACITY_BYTES_MAX = 1 << 29

const MAGIC = 0x7472_0001
/** Words are 4 bytes. 128 bytes apart, because processors prefetch cache lines in pairs. */
const MAGIC_WORD = 0
const CAPACITY_WORD = 1
const TAIL_WORD = 32
const HEAD_WORD = 64
/** Beside the head, which the same thread stores. */
const POSTS_TAKEN_WORD = 65
const WAITING_WORD = 96
const CLOSED_WORD = 128
const HEADER_BYTES = 640

const CLOSED_BY_PRODUCER = 1
const CLOSED_BY_CONSUMER = 2

/** Allocates the shared memory of a ring that holds `capacityBytes` of frames, a power of two from 2^10 to 2^29. */
export function createRing(capacityBytes: number = RING_CAPACITY_BYTES_DEFAULT): SharedArrayBuffer {
  assert(isCapacity(capacityBytes), `capacityBytes must be a power of two from 2^10 to 2^29, not ${capacityBytes}`)
  const memory = new SharedArrayBuffer(HEADER_BYTES + capacityBytes)
  const words = new Int32Array(memory)
  words[CAPACITY_WORD] = capacityBytes
  Atomics.store(words, MAGIC_WORD, MAGIC)
  return memory
}

/** One thread's view of a ring's memory: its positions and flags by name, and the frames as words and as bytes. */
export class RingMemory {
  readonly capacityBytes: number
  /** The longest payload of a frame: a quarter of the ring, so that a frame and its padding always fit an empty one. */
  readonly payloadBytesMax: number
  /** The frames, as 32-bit words. */
  readonly words: Int32Array
  /** The same frames, as bytes. */
  readonly bytes: Uint8Array
  readonly #header: Int32Array

  constructor(memory: SharedArrayBuffer) {
    assert(memory.byteLength >= HEADER_BYTES + CAPACITY_BYTES_MIN, 'this memory is too small to be a ring')
    this.#header = new Int32Array(memory, 0, HEADER_BYTES / 4)
    this.capacityBytes = this.#header[CAPACITY_WORD]!
    assert(
      Atomics.load(this.#header, MAGIC_WORD) === MAGIC &&
        isCapacity(this.capacityBytes) &&
        memory.byteLength === HEADER_BYTES + this.capacityBytes,
      'this memory is not a ring',
    )
    this.payloadBytesMax = this.capacityBytes / 4
    this.words = new Int32Array(memory, HEADER_BYTES)
    this.bytes = new Uint8Array(memory, HEADER_BYTES)
  }

  loadTail(): number {
    return Atomics.load(this.#header, TAIL_WORD)
  }

  /** Makes everything below `position` visible to the consumer. */
  storeTail(position: number): void {
    Atomics.store(this.#header, TAIL_WORD, position)
  }

  loadHead(): number {
    return Atomics.load(this.#header, HEAD_WORD)
  }

  /** Gives everything below `position` back to the producer. */
  storeHead(position: number): void {
    Atomics.store(this.#header, HEAD_WORD, position)
  }

  /** The number of the last message beside the ring that the consumer has taken, modulo 2^32. */
  loadPostsTaken(): number {
    return Atomics.load(this.#header, POSTS_TAKEN_WORD)
  }

  /** Says so to the producer; before {@link storeHead}. */
  storePostsTaken(number: number): void {
    Atomics.store(this.#header, POSTS_TAKEN_WORD, number)
  }

  /** Says that the producer has frames that did not fit; it must look at `head` again afterwards. */
  announceWaiting(): void {
    Atomics.store(this.#header, WAITING_WORD, 1)
  }

  /** True from {@link announceWaiting} until the consumer has made room, or closed. */
  get waiting(): boolean {
    return Atomics.load(this.#header, WAITING_WORD) === 1
  }

  /** Takes the producer's announcement back; true for the one call that found it. Call it after storing `head`. */
  takeWaiting(): boolean {
    return (
      Atomics.load(this.#header, WAITING_WORD) === 1 && Atomics.compareExchange(this.#header, WAITING_WORD, 1, 0) === 1
    )
  }

  closeAsProducer(): void {
    Atomics.or(this.#header, CLOSED_WORD, CLOSED_BY_PRODUCER)
  }

  closeAsConsumer(): void {
    Atomics.or(this.#header, CLOSED_WORD, CLOSED_BY_CONSUMER)
  }

  get closedByProducer(): boolean {
    return (Atomics.load(this.#header, CLOSED_WORD) & CLOSED_BY_PRODUCER) !== 0
  }

  /** The same without a promise when it is seen: enough for one who would find out with the next message, and cheap. */
  get seenClosedByConsumer(): boolean {
    return (this.#header[CLOSED_WORD]! & CLOSED_BY_CONSUMER) !== 0
  }

  get closedByConsumer(): boolean {
    return (Atomics.load(this.#header, CLOSED_WORD) & CLOSED_BY_CONSUMER) !== 0
  }
}

/** The bytes that a frame with this payload takes in the ring. */
export function frameBytes(payloadBytes: number): number {
  return FRAME_HEADER_BYTES + ((payloadBytes + 7) & ~7)
}

/** The start value of a frame's checksum; `position` makes the same bytes one lap later another frame. */
export function checksumStart(header: number, position: number): number {
  return Math.imul(Math.imul(header ^ MAGIC, 0x9e37_79b1) ^ position, 0x85eb_ca6b)
}

/** Takes one payload word into the checksum. Each step is a bijection of `sum`, so no single changed word is missed. */
export function checksumStep(sum: number, word: number): number {
  const mixed = Math.imul(sum ^ word, 0x9e37_79b1)
  return mixed ^ (mixed >>> 15)
}

function isCapacity(bytes: number): boolean {
  return (
    Number.isInteger(bytes) && bytes >= CAPACITY_BYTES_MIN && bytes <= CAPACITY_BYTES_MAX && (bytes & (bytes - 1)) === 0
  )
}
