/**
 * The sending end of a channel: encodes, writes, queues what does not fit, publishes in batches.
 *
 * The order of the steps in `send` is what keeps the codec's two ends in step: whether the message can be accepted at
 * all is decided before it is encoded, because what was encoded must be decoded.
 */
import assert from 'node:assert/strict'
import type { MessagePort } from 'node:worker_threads'
import type { ChannelSender, SenderDescriptor } from './channel.ts'
import { aligned, type Codec, createEncoding, ENCODING_START, type Encoding } from './codec.ts'
import { Doorbell } from './doorbell.ts'
import { OutboundQueue, type QueuedFrame } from './outbound-queue.ts'
import { compose } from './portable.ts'
import { FrameKind } from './ring.ts'
import { RingWriter } from './ring-writer.ts'
import { ShapeCodec } from './shape-codec.ts'
import { PostSender } from './side-port.ts'

/**
 * Unpublished bytes after which `send` publishes by itself, so that a long turn and its receivers overlap. While the
 * receiver is awake that is a store: few at first, so that it can begin, and more as the turn goes on.
 */
const PUBLISH_BYTES_MIN = 256
const PUBLISH_BYTES_MAX = 2 * 1024
/** To wake the receiver costs as much as many messages: it takes more bytes each time that it was needed, up to these. */
const RING_BYTES_MAX = 64 * 1024
/**
 * Bytes of a message that are copied through the ring, at most. More are copied once into memory that is transferred: the
 * receiver would copy them a second time, and the ring would push all else out of the processor's cache.
 */
const BULK_IN_RING_MAX = 16 * 1024
/** Room that is left for the rest of a message beside its bulk. */
const STRUCTURE_BYTES = 1_024
/** What a message that is only transferred counts for, in unpublished bytes: the receiver has more to do than to read it. */
const POST_WEIGHT_BYTES = 128

/** Opens the sending end, on the thread that sends. Both ends of a channel need the same kind of codec. */
export function openSender(descriptor: SenderDescriptor, codec: Codec = new ShapeCodec()): ChannelSender {
  return new RingSender(descriptor, codec)
}

class RingSender implements ChannelSender {
  readonly #writer: RingWriter
  readonly #port: MessagePort
  readonly #receiverDoorbell: Doorbell
  readonly #codec: Codec
  readonly #queue: OutboundQueue
  readonly #encoding = createEncoding()
  /** The largest `end` of a message that is a frame by itself. */
  readonly #plainEndMax: number
  /** Bytes that may wait for the receiver outside of the ring. */
  readonly #outboundBytesMax: number
  readonly #posts: PostSender
  /** Unpublished bytes that are worth waking the receiver for, and those after which it is looked whether it is awake. */
  #ringBytes = PUBLISH_BYTES_MAX
  #lookBytes = PUBLISH_BYTES_MIN
  sentMessages = 0
  #closed = false

  constructor(descriptor: SenderDescriptor, codec: Codec) {
    assert(Number.isInteger(descriptor.outboundCapacity) && descriptor.outboundCapacity >= 1)
    assert(Number.isInteger(descriptor.outboundBytesMax) && descriptor.outboundBytesMax >= 1)
    this.#writer = new RingWriter(descriptor.ring)
    this.#port = descriptor.port
    this.#port.unref()
    this.#posts = new PostSender(descriptor.port)
    const { payloadBytesMax } = this.#writer.memory
    this.#plainEndMax = ENCODING_START + payloadBytesMax
    const bulkMax = Math.min(BULK_IN_RING_MAX, payloadBytesMax / 2)
    // What must wait for room would be copied once more, and what has structure needs room beside it.
    this.#encoding.bulkRoom = () =>
      this.#queue.size > 0 ? 0 : Math.min(bulkMax, this.#writer.roomBytes - STRUCTURE_BYTES)
    this.#receiverDoorbell = new Doorbell(descriptor.receiverDoorbell, descriptor.bell)
    this.#codec = codec
    this.#queue = new OutboundQueue(descriptor.outboundCapacity)
    this.#outboundBytesMax = descriptor.outboundBytesMax
  }

  get pending(): number {
    return this.#queue.size
  }

  get waits(): boolean {
    return this.#queue.size > 0 || this.#isLaden()
  }

  get flushable(): boolean {
    return this.waits && !this.#writer.memory.waiting
  }

  get waking(): boolean {
    return this.#receiverDoorbell.waking
  }

  get sleeping(): boolean {
    return this.#receiverDoorbell.parked
  }

  get sentBytes(): number {
    return this.#writer.writtenBytes
  }

  get capacityBytes(): number {
    return this.#writer.memory.capacityBytes
  }

  get closed(): boolean {
    return this.#closed || this.#writer.memory.seenClosedByConsumer
  }

  send(value: unknown, moved?: ReadonlySet<ArrayBufferLike>): boolean {
    if (this.closed) return false
    if ((this.#queue.size > 0 || this.#posts.underWay.bytes > 0) && !this.#makeRoom()) return false
    const encoding = this.#encoding
    this.#codec.encode(value, encoding, moved)
    const { bytes, end, bulkLength, handles } = encoding
    if (bulkLength > 0 || handles.length > 0 || end > this.#plainEndMax) this.#sendComposed(encoding)
    else this.#write(FrameKind.message, bytes, ENCODING_START, end)
    this.sentMessages++
    if (this.#unpublishedBytes() >= this.#lookBytes) this.#publishEarly()
    return true
  }

  flush(): void {
    if (this.#closed) return
    this.#lookBytes = PUBLISH_BYTES_MIN
    this.#drainQueue()
    this.#publish()
    if (!this.waits) return
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
    if (this.#queue.isFull || this.#isLaden()) this.flush()
    return !this.#queue.isFull && !this.#isLaden()
  }

  /** True when as many bytes as may be wait for the receiver outside of the ring. */
  #isLaden(): boolean {
    return this.#queue.bytes + this.#posts.underWay.bytes >= this.#outboundBytesMax
  }

  #write(kind: FrameKind, bytes: Uint8Array, start: number, end: number): void {
    if (this.#queue.size === 0) {
      if (this.#writer.write(kind, bytes, start, end)) return
      // What is written so far must be seen, or the consumer would never make room.
      this.#publish()
    }
    this.#enqueue({ kind, payload: copyOf(bytes, start, end), summed: end - start })
  }

  #enqueue(frame: QueuedFrame): void {
    this.#queue.push(frame)
    if (this.#queue.size === 1) this.flush()
  }

  /** A message that is more than bytes, or more bytes than a frame has. */
  #sendComposed({ bytes, end, bulk, bulkLength, handles, transfer }: Encoding): void {
    try {
      const summed = aligned(end)
      writeWord(bytes, 0, summed)
      writeWord(bytes, 4, end - ENCODING_START)
      writeWord(bytes, 8, 0)
      writeWord(bytes, 12, 0)
      if (summed + bulkLength > this.#writer.memory.payloadBytesMax) {
        const all = compose(bytes, end, bulk, bulkLength)
        const number = this.#posts.add({ handles: [...handles], bytes: all }, [...transfer, all.buffer])
        this.#write(FrameKind.aside, new Uint8Array(Int32Array.of(number).buffer), 0, 4)
        return
      }
      if (handles.length > 0) writeWord(bytes, 8, this.#post(handles, transfer))
      if (this.#queue.size === 0) {
        if (this.#writer.writeComposed(bytes, summed, bulk, bulkLength)) return
        this.#publish()
      }
      this.#enqueue({ kind: FrameKind.composed, payload: compose(bytes, end, bulk, bulkLength), summed })
    } finally {
      empty(bulk)
      empty(handles)
      empty(transfer)
      this.#encoding.bulkLength = 0
    }
  }

  /** The number of the post with these handles. Most have one, which is transferred. */
  #post(handles: readonly unknown[], transfer: readonly ArrayBuffer[]): number {
    const [buffer] = transfer
    if (buffer !== undefined && handles.length === 1 && handles[0] === buffer) return this.#posts.addBuffer(buffer)
    return this.#posts.add({ handles: [...handles] }, transfer)
  }

  #drainQueue(): void {
    for (let frame = this.#queue.peek(); frame !== undefined; frame = this.#queue.peek()) {
      if (!this.#writeQueued(frame)) return
      this.#queue.shift()
    }
  }

  #writeQueued({ kind, payload, summed }: QueuedFrame): boolean {
    if (kind !== FrameKind.composed) return this.#writer.write(kind, payload, 0, payload.length)
    return this.#writer.writeComposed(payload, summed, [payload.subarray(summed)], payload.length - summed)
  }

  #unpublishedBytes(): number {
    return this.#writer.unpublishedBytes + this.#posts.waiting * POST_WEIGHT_BYTES
  }

  /** In the middle of a turn: what is written so far can be read meanwhile, if the receiver is awake or worth waking. */
  #publishEarly(): void {
    const bytes = this.#ringBytes
    if (this.#receiverDoorbell.parked && this.#unpublishedBytes() < bytes) {
      this.#lookBytes = bytes
      return
    }
    const largest = Math.min(RING_BYTES_MAX, this.capacityBytes >> 3)
    this.#ringBytes = this.#publish() ? Math.min(bytes * 2, largest) : Math.max(bytes >> 1, PUBLISH_BYTES_MAX)
    this.#lookBytes = Math.min(this.#lookBytes * 2, PUBLISH_BYTES_MAX)
  }

  /** True when the receiver had to be woken. */
  #publish(): boolean {
    // What lies beside the ring is there before the frame that means it can be seen.
    this.#posts.flush()
    const { underWay } = this.#posts
    if (underWay.bytes > 0) underWay.taken(this.#writer.memory.loadPostsTaken())
    return this.#writer.publish() && this.#receiverDoorbell.ring()
  }
}

function writeWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word
  bytes[at + 1] = word >> 8
  bytes[at + 2] = word >> 16
  bytes[at + 3] = word >> 24
}

/** Takes all out of a list, which mostly has an item or none. To set its length would be a call into the runtime. */
function empty(list: unknown[]): void {
  while (list.length > 0) list.pop()
}

function copyOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return Uint8Array.prototype.slice.call(bytes, start, end)
}
