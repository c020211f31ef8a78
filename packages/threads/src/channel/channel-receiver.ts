/**
 * The receiving end of a channel: takes frames, decodes them, gives the space back in batches.
 */
import type { MessagePort } from 'node:worker_threads'
import type { ChannelReceiver, ReceiverDescriptor } from './channel.ts'
import { type Codec, ENCODING_START, type Encoded } from './codec.ts'
import { Doorbell } from './doorbell.ts'
import { FrameError } from './errors.ts'
import { COMPOSED_BYTES, FrameKind } from './ring.ts'
import { RingReader } from './ring-reader.ts'
import { ShapeCodec } from './shape-codec.ts'
import { PostReceiver } from './side-port.ts'

/** Opens the receiving end, on the thread that receives. Both ends of a channel need the same kind of codec. */
export function openReceiver(descriptor: ReceiverDescriptor, codec: Codec = new ShapeCodec()): ChannelReceiver {
  return new RingReceiver(descriptor, codec)
}

class RingReceiver implements ChannelReceiver {
  readonly #reader: RingReader
  readonly #port: MessagePort
  readonly #senderDoorbell: Doorbell
  readonly #codec: Codec
  /** Space taken after which it is given back within one `drain`, so that the sender can go on meanwhile. */
  readonly #releaseBytes: number
  readonly #posts: PostReceiver
  /** A message without bulk and handles, as it is passed to the codec. */
  readonly #encoded: Encoded
  /** The number of the last post of which the sender was told that it is taken. */
  #postsReleased = 0
  receivedMessages = 0
  #failure: FrameError | undefined
  #closed = false

  constructor(descriptor: ReceiverDescriptor, codec: Codec) {
    this.#reader = new RingReader(descriptor.ring)
    this.#port = descriptor.port
    this.#port.unref()
    this.#posts = new PostReceiver(descriptor.port)
    const { payload } = this.#reader
    this.#encoded = { bytes: payload, start: 0, end: 0, bulk: payload, bulkStart: 0, bulkEnd: 0, handles: [] }
    this.#senderDoorbell = new Doorbell(descriptor.senderDoorbell)
    this.#codec = codec
    this.#releaseBytes = this.#reader.memory.capacityBytes >> 3
  }

  get closed(): boolean {
    // The flag first: it is set after the last publication, so nothing can come after it was seen.
    return this.#closed || (this.#reader.memory.closedByProducer && !this.#reader.hasNext())
  }

  get receivedBytes(): number {
    return this.#reader.takenBytes
  }

  hasMessages(): boolean {
    return !this.#closed && this.#reader.hasNext()
  }

  drain(deliver: (value: unknown) => void, limit: number): number {
    if (this.#failure !== undefined) throw this.#failure
    let count = 0
    try {
      while (count < limit && !this.#closed) {
        const value = this.#next()
        if (value === NONE) break
        count++
        this.receivedMessages++
        deliver(value)
        if (this.#reader.unreleasedBytes >= this.#releaseBytes) this.#release()
      }
    } finally {
      this.#release()
    }
    return count
  }

  close(): void {
    if (this.#closed) return
    this.#closed = true
    this.#reader.memory.closeAsConsumer()
    // A sender that waits for room must not wait for ever.
    if (this.#reader.memory.takeWaiting()) this.#senderDoorbell.ring()
    this.#port.close()
  }

  /** The next message, or `NONE`. A failure closes the channel for good. */
  #next(): unknown {
    try {
      return this.#reader.next() ? this.#decode() : NONE
    } catch (error) {
      this.#failure = error instanceof FrameError ? error : new FrameError(String(error), { cause: error })
      this.close()
      throw this.#failure
    }
  }

  #decode(): unknown {
    const { kind, payload, length } = this.#reader
    const from = this.#encoded
    if (kind === FrameKind.message) {
      from.end = length
      return this.#codec.decode(from)
    }
    if (kind === FrameKind.composed) return this.#decodeComposed()
    if (length !== 4) throw new FrameError('a message beside the ring has no number')
    const { handles, bytes } = this.#posts.take(readWord(payload, 0))
    if (bytes === undefined || bytes.length < COMPOSED_BYTES)
      throw new FrameError('the bytes beside the ring are missing')
    const summed = readWord(bytes, 0)
    const end = ENCODING_START + readWord(bytes, 4)
    if (!(summed <= bytes.length && end <= summed)) throw new FrameError('the bytes beside the ring are no message')
    return this.#codec.decode({
      bytes,
      start: ENCODING_START,
      end,
      bulk: bytes,
      bulkStart: summed,
      bulkEnd: bytes.length,
      handles,
    })
  }

  #decodeComposed(): unknown {
    const { payload, length, bulkStart, bulkEnd, memory } = this.#reader
    const messageLength = readWord(payload, 4)
    if (messageLength < 0 || COMPOSED_BYTES + messageLength > length) {
      throw new FrameError(`a composed message of ${messageLength} bytes in ${length}`)
    }
    const number = readWord(payload, 8)
    return this.#codec.decode({
      bytes: payload,
      start: COMPOSED_BYTES,
      end: COMPOSED_BYTES + messageLength,
      bulk: memory.bytes,
      bulkStart,
      bulkEnd,
      handles: number === 0 ? [] : this.#posts.take(number).handles,
    })
  }

  #release(): void {
    const { taken } = this.#posts
    if (taken !== this.#postsReleased) {
      this.#postsReleased = taken
      this.#reader.memory.storePostsTaken(taken)
    }
    if (this.#reader.release() && this.#reader.memory.takeWaiting()) this.#senderDoorbell.ring()
  }
}

/** What `#next` returns when there is no message; `undefined` is one. */
const NONE = Symbol('none')

function readWord(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
}
