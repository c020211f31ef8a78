/**
 * The outbound queue: encoded messages that found the ring full, in order, up to a bound. It holds bytes and not
 * values, because a message is what it was at the moment of the tell.
 */
import type { FrameKind } from './ring.ts'

/** One frame that waits for room in the ring. */
export interface QueuedFrame {
  kind: FrameKind
  payload: Uint8Array
  /** Bytes of the payload before its bulk. */
  summed: number
}

/** A bounded first-in first-out queue of frames. */
export class OutboundQueue {
  readonly capacity: number
  /** Bytes of the frames in it. */
  bytes = 0
  #frames: (QueuedFrame | undefined)[] = []
  #first = 0

  constructor(capacity: number) {
    this.capacity = capacity
  }

  get size(): number {
    return this.#frames.length - this.#first
  }

  get isFull(): boolean {
    return this.size >= this.capacity
  }

  /** The frame that is next; `undefined` when the queue is empty. */
  peek(): QueuedFrame | undefined {
    return this.#frames[this.#first]
  }

  /** Appends a frame; the caller has asked {@link isFull} before. */
  push(frame: QueuedFrame): void {
    this.#frames.push(frame)
    this.bytes += frame.payload.length
  }

  /** Removes the frame that {@link peek} returned. */
  shift(): void {
    this.bytes -= this.peek()?.payload.length ?? 0
    this.#frames[this.#first++] = undefined
    // Compacting when half of the array is spent moves each frame at most once on average.
    if (this.#first * 2 >= this.#frames.length) {
      this.#frames = this.#frames.slice(this.#first)
      this.#first = 0
    }
  }

  clear(): void {
    this.#frames = []
    this.#first = 0
    this.bytes = 0
  }
}
