/**
 * The channel: messages in one direction between two threads, through memory that both share.
 *
 * ```text
 *   sender thread                                                        receiver thread
 *   send(value) -> codec -> [ring writer ====== ring ======> ring reader] -> codec -> deliver(value)
 *                     |          ^ full? outbound queue, retried by flush()      ^
 *                     '-- too large, transferred or shared memory: message port -'
 *   flush(): publish, ring the receiver's doorbell        drain(): release, ring the sender's when it waits
 * ```
 *
 * Messages arrive in the order of the `send` calls, whichever way they took, because what goes over the port leaves a
 * marker in the ring at its place. A sender's death at any instant loses only what was not published. Every queue has
 * a bound: the ring's capacity, then the outbound queue's in messages and in bytes, then `send` says no.
 *
 * The two interfaces are all the host knows, so that the channel can be replaced and measured alone. Neither end holds
 * the process open: no listener is ever put on a port.
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import type { DoorbellDescriptor } from './doorbell.ts'
import { createRing } from './ring.ts'

/** The sending end. */
export interface ChannelSender {
  /**
   * Encodes `value`, as it is now, and writes it to the ring, or to the outbound queue when the ring is full. The
   * receiver may not see it before {@link flush}. False when the outbound queue is full too, or as many bytes as may be
   * wait in it and beside the ring, or the receiver has closed: the message is then not sent, now or later. Throws an `EncodeError` when the value cannot be sent. The buffers
   * of `moved` belong to this message alone: they are transferred, and are detached here afterwards.
   */
  send(value: unknown, moved?: ReadonlySet<ArrayBufferLike>): boolean
  /** Moves what fits from the outbound queue into the ring, publishes, and rings the receiver if it sleeps. */
  flush(): void
  /** Messages in the outbound queue. */
  readonly pending: number
  /**
   * True when messages are pending, or as many bytes as may be wait for the receiver. After a {@link flush} the receiver
   * then rings this thread's doorbell on making room.
   */
  readonly waits: boolean
  /**
   * True when this end {@link waits} and the receiver has made room since the last try. A sending thread that parks must
   * ask this among its work: the ring of the bell alone could come just before it is parked.
   */
  readonly flushable: boolean
  /** True from the ring that wakes the receiving thread until that runs. */
  readonly waking: boolean
  /** True while the receiving thread sleeps, or is about to, and nobody rang for it: the next publication wakes it. */
  readonly sleeping: boolean
  /** The ring's capacity. */
  readonly capacityBytes: number
  /** Messages accepted so far, and the bytes of those that are in the ring already, as frames. */
  readonly sentMessages: number
  readonly sentBytes: number
  /** True when this end or the receiver's has closed. */
  readonly closed: boolean
  /** Flushes, drops what is still pending, and tells the receiver that no more will come. */
  close(): void
}

/** The receiving end. */
export interface ChannelReceiver {
  /**
   * Delivers up to `limit` published messages in order and returns how many. A message counts as delivered when
   * `deliver` was called with it, also if that threw. Throws a `FrameError`, then and ever after, when the ring holds
   * what no sender writes; the channel is closed then.
   */
  drain(deliver: (value: unknown) => void, limit: number): number
  /** Messages delivered so far, and their bytes as frames. */
  readonly receivedMessages: number
  readonly receivedBytes: number
  /** True when something is published that was not delivered; what a parking thread asks, beside `closed`. */
  hasMessages(): boolean
  /** True when no message will come any more: the sender closed and all it published was delivered, or this end closed. */
  readonly closed: boolean
  /** Gives up what was not delivered; the sender's `send` returns false from then on. */
  close(): void
}

/** What `openSender` needs. Plain memory and a port: post it to the sending thread, with its port in the transfer list. */
export interface SenderDescriptor {
  ring: SharedArrayBuffer
  port: MessagePort
  /** The receiving thread's doorbell, rung on publication. */
  receiverDoorbell: DoorbellDescriptor
  /** A port on which the receiving thread listens: rings go over it. Without it the doorbell is notified. */
  bell?: MessagePort
  outboundCapacity: number
  outboundBytesMax: number
}

/** What `openReceiver` needs; transferred like {@link SenderDescriptor}. */
export interface ReceiverDescriptor {
  ring: SharedArrayBuffer
  port: MessagePort
  /** The sending thread's doorbell, rung when room was made that it waits for. */
  senderDoorbell: DoorbellDescriptor
}

/** What a channel connects, and how large it is. */
export interface ChannelOptions {
  senderDoorbell: DoorbellDescriptor
  receiverDoorbell: DoorbellDescriptor
  /** Bytes of frames in the ring, a power of two; 1 MiB by default. Larger messages than a quarter go beside the ring. */
  capacityBytes?: number
  /** Messages that may wait on the sending thread while the ring is full, at least 1; 65,536 by default. */
  outboundCapacity?: number
  /**
   * Bytes that may wait for the receiver in the outbound queue and beside the ring, at least 1; 256 MiB by default. The
   * message that reaches the bound is still accepted, however large it is.
   */
  outboundBytesMax?: number
}

/** The bound of the outbound queue when none is given, in messages. */
export const OUTBOUND_CAPACITY_DEFAULT = 65_536
/** The bound of what waits for the receiver outside of the ring when none is given, in bytes. */
const OUTBOUND_BYTES_DEFAULT = 1 << 28

/** Creates both ends of a channel, as descriptors that can be posted to the threads that open them. */
export function createChannelPair(options: ChannelOptions): { sender: SenderDescriptor; receiver: ReceiverDescriptor } {
  const { senderDoorbell, receiverDoorbell, capacityBytes } = options
  const { outboundCapacity = OUTBOUND_CAPACITY_DEFAULT, outboundBytesMax = OUTBOUND_BYTES_DEFAULT } = options
  const ring = createRing(capacityBytes)
  const { port1, port2 } = new MessageChannel()
  port1.unref()
  port2.unref()
  return {
    sender: { ring, port: port1, receiverDoorbell, outboundCapacity, outboundBytesMax },
    receiver: { ring, port: port2, senderDoorbell },
  }
}
