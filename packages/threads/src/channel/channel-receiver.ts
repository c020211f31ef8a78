/**
 * The receiving end of a channel: takes frames, decodes them, gives the space back in batches.
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import type { ChannelReceiver, ReceiverDescriptor } from './channel.ts'
import type { Codec } from './codec.ts'
import { Doorbell } from './doorbell.ts'
import { FrameError } from './errors.ts'
import { MsgpackCodec } from './msgpack-codec.ts'
import { FrameKind } from './ring.ts'
import { RingReader } from './ring-reader.ts'

/** Opens the receiving end, on the thread that receives. Both ends of a channel need the same kind of codec. */
export function openReceiver(descriptor: ReceiverDescriptor, codec: Codec = new MsgpackCodec()): ChannelReceiver {
  return new RingReceiver(descriptor, codec)
}

class RingReceiver implements ChannelReceiver {
  readonly #reader: RingReader
  readonly #port: MessagePort
  readonly #senderDoorbell: Doorbell
  readonly #codec: Codec
  /** Space taken after which it is given back within one `drain`, so that the sender can go on meanwhile. */
  readonly #releaseBytes: number
  receivedMessages = 0
  #receivedCount = 0
  #failure: FrameError | undefined
  #closed = false

  constructor(descriptor: ReceiverDescriptor, codec: Codec) {
    this.#reader = new RingReader(descriptor.ring)
    this.#port = descriptor.port
    this.#port.unref()
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
    if (kind === FrameKind.message) return this.#codec.decode(payload, length)
    const posted = this.#takePosted(payload, length)
    if (kind === FrameKind.messageAside) return this.#codec.decodeAside(posted)
    if (!(posted instanceof Uint8Array && posted.buffer instanceof ArrayBuffer))
      throw new FrameError('what lies beside the ring is not the bytes it should be')
    return this.#codec.decode(posted, posted.length)
  }

  /** Takes the message that a marker frame stands for; the sender posted it before it wrote the marker. */
  #takePosted(payload: Uint8Array, length: number): unknown {
    this.#receivedCount = (this.#receivedCount + 1) | 0
    const number = length === 4 ? new DataView(payload.buffer).getInt32(0, true) : undefined
    const received = receiveMessageOnPort(this.#port)?.message as unknown
    if (!Array.isArray(received) || received[0] !== number || number !== this.#receivedCount)
      throw new FrameError(`message ${this.#receivedCount} beside the ring is missing or not the one its marker names`)
    return received[1]
  }

  #release(): void {
    if (this.#reader.release() && this.#reader.memory.takeWaiting()) this.#senderDoorbell.ring()
  }
}

/** What `#next` returns when there is no message; `undefined` is one. */
const NONE = Symbol('none')
