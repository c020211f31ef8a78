/**
 * The sending end of a channel: encodes, writes, queues what does not fit, publishes in batches.
 *
 * The order of the steps in `send` is what keeps the codec's two ends in step: whether the message can be accepted at
 * all is decided before it is encoded, because what was encoded must be decoded.
 */
import assert from 'node:assert/strict'
import type { MessagePort } from 'node:worker_threads'
import type { ChannelSender, SenderDescriptor } from './channel.ts'
import { type Codec, createEncoding } from './codec.ts'
import { Doorbell } from './doorbell.ts'
import { EncodeError } from './errors.ts'
import { MsgpackCodec } from './msgpack-codec.ts'
import { OutboundQueue } from './outbound-queue.ts'
import { FrameKind } from './ring.ts'
import { RingWriter } from './ring-writer.ts'

/** Unpublished bytes after which `send` publishes by itself, so that a long turn and its receivers overlap. */
const PUBLISH_BYTES = 16 * 1024

/** Opens the sending end, on the thread that sends. Both ends of a channel need the same kind of codec. */
export function openSender(descriptor: SenderDescriptor, codec: Codec = new MsgpackCodec()): ChannelSender {
  return new RingSender(descriptor, codec)
}

class RingSender implements ChannelSender {
  readonly #writer: RingWriter
  readonly #port: MessagePort
  readonly #receiverDoorbell: Doorbell
  readonly #codec: Codec
  readonly #queue: OutboundQueue
  readonly #encoding = createEncoding()
  /** The payload of marker frames: which posted message belongs here. */
  readonly #marker = new Uint8Array(4)
  sentMessages = 0
  #postedCount = 0
  #closed = false

  constructor(descriptor: SenderDescriptor, codec: Codec) {
    assert(Number.isInteger(descriptor.outboundCapacity) && descriptor.outboundCapacity >= 1)
    this.#writer = new RingWriter(descriptor.ring)
    this.#port = descriptor.port
    this.#port.unref()
    this.#receiverDoorbell = new Doorbell(descriptor.receiverDoorbell)
    this.#codec = codec
    this.#queue = new OutboundQueue(descriptor.outboundCapacity)
  }

  get pending(): number {
    return this.#queue.size
  }

  get flushable(): boolean {
    return this.#queue.size > 0 && !this.#writer.memory.waiting
  }

  get sentBytes(): number {
    return this.#writer.writtenBytes
  }

  get capacityBytes(): number {
    return this.#writer.memory.capacityBytes
  }

  get closed(): boolean {
    return this.#closed || this.#writer.memory.closedByConsumer
  }

  send(value: unknown): boolean {
    if (this.closed) return false
    if (this.#queue.size > 0 && !this.#makeRoom()) return false
    const encoding = this.#encoding
    this.#codec.encode(value, encoding)
    const { bytes, start, end } = encoding
    if (encoding.isAside) this.#postAside(encoding)
    else if (end - start > this.#writer.memory.payloadBytesMax) this.#postBytes(bytes.slice(start, end))
    else this.#write(FrameKind.message, bytes, start, end)
    this.sentMessages++
    if (this.#writer.unpublishedBytes >= PUBLISH_BYTES) this.#publish()
    return true
  }

  flush(): void {
    if (this.#closed) return
    this.#drainQueue()
    this.#publish()
    if (this.#queue.size === 0) return
    // The consumer may have made room, or closed, just before this announcement and so not ring for it: look again.
    this.#writer.memory.announceWaiting()
    this.#drainQueue()
    this.#publish()
    if (this.#writer.memory.closedByConsumer) this.#queue.clear()
  }

  close(): void {
    if (this.#closed) return
    this.flush()
    this.#closed = true
    this.#queue.clear()
    this.#writer.memory.closeAsProducer()
    this.#receiverDoorbell.ring()
    this.#port.close()
  }

  /** The slow start of `send`: true when the message will be accepted, into the ring or into the queue. */
  #makeRoom(): boolean {
    if (this.#queue.isFull) this.flush()
    return !this.#queue.isFull
  }

  #write(kind: FrameKind, bytes: Uint8Array, start: number, end: number): void {
    if (this.#queue.size === 0) {
      if (this.#writer.write(kind, bytes, start, end)) return
      // What is written so far must be seen, or the consumer would never make room.
      this.#publish()
    }
    this.#queue.push({ kind, payload: Uint8Array.prototype.slice.call(bytes, start, end) })
    if (this.#queue.size === 1) this.flush()
  }

  /** Posts first, then marks the place in the ring: the reader that meets the marker finds the message. */
  #post(kind: FrameKind, message: unknown, transfer?: ArrayBuffer[]): void {
    const number = (this.#postedCount + 1) | 0
    this.#port.postMessage([number, message], transfer)
    this.#postedCount = number
    new DataView(this.#marker.buffer).setInt32(0, number, true)
    this.#write(kind, this.#marker, 0, this.#marker.length)
  }

  #postAside(encoding: { aside: unknown }): void {
    const { aside } = encoding
    encoding.aside = undefined
    try {
      this.#post(FrameKind.messageAside, aside)
    } catch (cause) {
      throw new EncodeError('payload', `could not be cloned: ${cause}`, { cause })
    }
  }

  #postBytes(bytes: Uint8Array): void {
    // The codec's memory may be a Buffer, whose `slice` is a view; what is transferred must be ours alone.
    const own = new Uint8Array(bytes)
    this.#post(FrameKind.messageBytesAside, own, [own.buffer])
  }

  #drainQueue(): void {
    for (let frame = this.#queue.peek(); frame !== undefined; frame = this.#queue.peek()) {
      if (!this.#writer.write(frame.kind, frame.payload, 0, frame.payload.length)) return
      this.#queue.shift()
    }
  }

  #publish(): void {
    if (this.#writer.publish()) this.#receiverDoorbell.ring()
  }
}
