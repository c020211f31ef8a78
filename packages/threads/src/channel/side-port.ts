/**
 * The side port: what a message has beside its bytes in the ring, in the order of the messages. That is what structured
 * clone alone can bring over (shared memory, transferred buffers, regular expressions) and bytes too many for a ring.
 *
 * Each has a number, which the frame in the ring names. Sending first and naming afterwards makes sure that the reader
 * of the frame finds it. What only transfers waits for the next publication, so that many share one message of the
 * port, which costs microseconds; what may fail to be cloned is posted at once, while the sender can still be told.
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { BytesUnderWay } from './bytes-under-way.ts'
import { EncodeError, FrameError } from './errors.ts'

/** What one message has on the port. */
export interface Post {
  handles: readonly unknown[]
  /** All bytes of the message, when they are not in the ring. */
  bytes?: Uint8Array
}

/** Posts that wait for a publication. */
const WAITING_MAX = 64

/** A post on its way: a buffer by itself, since most have nothing else and an object around it costs as much as it does. */
type Posted = Post | ArrayBuffer

/** The sending end of a side port. */
export class PostSender {
  readonly #port: MessagePort
  #waiting: Posted[] = []
  #transfer: ArrayBuffer[] = []
  /** The number of the last post that was taken. */
  #number = 0
  /** What the receiver has not taken yet. Shared memory and what is cloned count for nothing. */
  readonly underWay = new BytesUnderWay()

  constructor(port: MessagePort) {
    this.#port = port
  }

  /** Posts taken that wait for a publication. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Takes a post and returns its number, never 0. Throws an `EncodeError` when it cannot be cloned. */
  add(post: Post, transfer: readonly ArrayBuffer[]): number {
    let bytes = 0
    for (const { byteLength } of transfer) bytes += byteLength
    if (post.handles.every((handle) => transfer.includes(handle as ArrayBuffer))) {
      this.#waiting.push(post)
      this.#transfer.push(...transfer)
      this.#number++
      if (this.#waiting.length >= WAITING_MAX) this.flush()
    } else {
      this.flush()
      try {
        this.#port.postMessage([this.#number + 1, [post]], transfer)
      } catch (cause) {
        throw new EncodeError('payload', `could not be cloned: ${cause}`, { cause })
      }
      this.#number++
    }
    this.underWay.add(bytes)
    return this.#number
  }

  /** Takes a buffer that is transferred, and is all that a message has here; returns its number. */
  addBuffer(buffer: ArrayBuffer): number {
    this.#waiting.push(buffer)
    this.#transfer.push(buffer)
    this.#number++
    this.underWay.add(buffer.byteLength)
    if (this.#waiting.length >= WAITING_MAX) this.flush()
    return this.#number
  }

  /** Posts what waits. */
  flush(): void {
    const posts = this.#waiting
    if (posts.length === 0) return
    const transfer = this.#transfer
    this.#waiting = []
    this.#transfer = []
    this.#port.postMessage([this.#number - posts.length + 1, posts], transfer)
  }
}

/** The receiving end of a side port. */
export class PostReceiver {
  readonly #port: MessagePort
  #posts: unknown[] = []
  #next = 0
  /** The number of the last post that was taken. */
  #number = 0

  constructor(port: MessagePort) {
    this.#port = port
  }

  get taken(): number {
    return this.#number
  }

  /** The post that a frame names; throws a `FrameError` when it is not the next one. */
  take(number: number): Post {
    this.#number++
    if (this.#next === this.#posts.length) this.#receive()
    const post = this.#posts[this.#next]
    // The rest of the array may live longer than what was in it, and would keep it.
    if (this.#next < this.#posts.length) this.#posts[this.#next++] = undefined
    if (number === this.#number) {
      if (post instanceof ArrayBuffer) return { handles: [post] }
      if (isPost(post)) return post
    }
    throw this.#missing()
  }

  #receive(): void {
    const received = receiveMessageOnPort(this.#port)?.message as unknown
    if (!Array.isArray(received) || received[0] !== this.#number || !Array.isArray(received[1])) throw this.#missing()
    this.#posts = received[1]
    this.#next = 0
  }

  #missing(): FrameError {
    return new FrameError(`message ${this.#number} beside the ring is missing or not the one its frame names`)
  }
}

function isPost(value: unknown): value is Post {
  if (typeof value !== 'object' || value === null) return false
  const { handles, bytes } = value as { readonly [Part in keyof Post]?: unknown }
  return (
    Array.isArray(handles) &&
    (bytes === undefined || (bytes instanceof Uint8Array && bytes.buffer instanceof ArrayBuffer))
  )
}
