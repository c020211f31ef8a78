/**
 * The links of one node: a channel out and a channel in for each other node, and the transport port over them.
 *
 * A tell or an ask that finds a channel's queue full is refused. A send waits behind the queue, and so does what the
 * runtime itself says (replies, watches, notices of death, stops), which is never dropped: tells are refused until it is
 * through, so that the order holds.
 */

import type { MessagePort } from 'node:worker_threads'
import { MalformedFrameError, type PeerMetrics } from '@troupe/core'
import {
  buffersMoved,
  checkFrame,
  cloneValue,
  type Frame,
  FrameKind,
  frameOf,
  freezeMessage,
  Ref,
  type Refusal,
  type Transport,
  WireMessage,
  WireReply,
} from '@troupe/core/host'
import {
  type ChannelReceiver,
  type ChannelSender,
  EncodeError,
  FrameError,
  openReceiver,
  openSender,
  type ReceiverDescriptor,
  type SenderDescriptor,
} from './channel/index.ts'
import './value-extensions.ts'
import { isForwardedEvent } from './event-forwarding.ts'
import { FrameCodec } from './frame-codec.ts'
import { describeFrame, notSendable, payloadIndexOf } from './frame-payload.ts'

/** Another node, and both channels to it: what a thread needs to be connected. Its ports are transferred. */
export interface PeerDescriptor {
  readonly node: string
  readonly epoch: number
  readonly sender: SenderDescriptor
  readonly receiver: ReceiverDescriptor
  /** Where either node rings the other one. */
  readonly bell: MessagePort
}

/** Frames that may wait behind one channel's queue when a send comes; beyond, it fails. */
const sendsWaitingMax = 10_000

/** The first element of a value that is no frame but an event of the other node. */
const eventMark = -1

interface Link {
  readonly node: string
  readonly epoch: number
  readonly sender: ChannelSender
  readonly receiver: ChannelReceiver
  readonly bell: MessagePort
  readonly deliver: (value: unknown) => void
  /** Frames of the runtime's own that wait for room. */
  readonly waiting: Frame[]
  /** True while the link is among those to flush. */
  dirty: boolean
  /** True once the channel in held what no sender writes. */
  broken: boolean
}

/** What links tell their node. */
export interface NodeLinksListener {
  /** A frame came from `from`; throws a `MalformedFrameError` when it is none. */
  receive(from: { readonly node: string; readonly epoch: number }, frame: Frame): void
  /** A tell or an ask came from `from`, whose parts are to be taken at once. */
  receiveMessage(from: { readonly node: string; readonly epoch: number }, message: WireMessage): void
  /** A reply came, whose parts are to be taken at once. */
  receiveReply(from: { readonly node: string; readonly epoch: number }, reply: WireReply): void
  /** An event of the other node came. */
  event(name: string, data: unknown): void
  /** The channel from `node` holds what no sender writes; nothing more comes from it. */
  broken(node: string, error: Error): void
  /** Something was sent: `flush` is to be called soon. */
  wake(): void
  /** Another node rang. */
  readonly rung: () => void
}

export class NodeLinks implements Transport {
  readonly #node: string
  readonly #listener: NodeLinksListener
  readonly #development: boolean
  readonly #links = new Map<string, Link>()
  #list: readonly Link[] = []
  /** Links with something to publish, in the order in which it was sent. */
  #dirty: Link[] = []

  /** What is sent by {@link NodeLinks.sendMessage}. */
  readonly #message = new WireMessage(new Ref('', -1, -1, -1))
  /** What is sent by {@link NodeLinks.sendReply}. */
  readonly #reply = new WireReply()
  /** Where the last message went, and by which very text. */
  #latestNode: string | undefined = undefined
  #latest: Link | undefined = undefined

  constructor(options: { readonly node: string; readonly listener: NodeLinksListener; readonly development: boolean }) {
    this.#node = options.node
    this.#listener = options.listener
    this.#development = options.development
  }

  /** Opens both channels to a node. */
  connect({ node, epoch, sender, receiver, bell }: PeerDescriptor): void {
    bell.on('message', this.#listener.rung)
    bell.unref()
    const link: Link = {
      node,
      epoch,
      sender: openSender({ ...sender, bell }, new FrameCodec(node)),
      receiver: openReceiver(receiver, new FrameCodec(this.#node)),
      bell,
      deliver: (value) => this.#deliver(link, value),
      waiting: [],
      dirty: false,
      broken: false,
    }
    this.#links.set(node, link)
    this.#listLinks()
    this.#listener.wake()
  }

  /** Delivers all that a dead node had published, and closes its channels. False when it was not connected. */
  disconnect(node: string, epoch: number): boolean {
    const link = this.#links.get(node)
    if (link?.epoch !== epoch) return false
    this.#links.delete(node)
    this.#listLinks()
    while (this.#drain(link, Number.POSITIVE_INFINITY) > 0);
    link.sender.close()
    link.receiver.close()
    link.bell.close()
    return true
  }

  close(): void {
    for (const { sender, receiver, bell } of this.#list) {
      sender.close()
      receiver.close()
      bell.close()
    }
    this.#links.clear()
    this.#listLinks()
    this.#dirty = []
  }

  #listLinks(): void {
    this.#list = [...this.#links.values()]
    this.#latestNode = this.#latest = undefined
  }

  /** Most messages go where the one before went. */
  #linkTo(node: string): Link | undefined {
    if (node === this.#latestNode) return this.#latest
    this.#latest = this.#links.get(node)
    this.#latestNode = node
    return this.#latest
  }

  /** See {@link Transport}. */
  send(node: string, frame: Frame): Refusal | undefined {
    const link = this.#links.get(node)
    if (link === undefined || link.sender.closed) return 'node-down'
    if (this.#development) this.#freezePayload(node, frame)
    this.#touch(link)
    if (link.waiting.length === 0 && this.#write(link, frame)) return undefined
    if (link.sender.closed) return 'node-down'
    if (frame[0] === FrameKind.offer ? link.waiting.length >= sendsWaitingMax : payloadIndexOf(frame) === 6) {
      return 'overload'
    }
    link.waiting.push(cloneValue(frame))
    return undefined
  }

  /** See {@link Transport}. */
  sendMessage(to: Ref, name: string, payload: unknown, from: Ref | undefined, askId: number): Refusal | undefined {
    const link = this.#linkTo(to.node)
    if (link === undefined) return 'node-down'
    const message = this.#message
    message.to = to
    message.name = name
    message.payload = payload
    message.sender = from
    message.askId = askId
    if (this.#development) this.#freeze(payload, () => describeFrame(to.node, frameOf(message)))
    if (!link.dirty) this.#touch(link)
    try {
      if (link.waiting.length === 0 && link.sender.send(message, buffersMoved())) return undefined
    } catch (error) {
      throw error instanceof EncodeError ? notSendable(error, to.node, frameOf(message), 'payload') : error
    }
    return link.sender.closed ? 'node-down' : 'overload'
  }

  /** See {@link Transport}. */
  sendReply(node: string, epoch: number, askId: number, value: unknown): Refusal | undefined {
    const link = this.#linkTo(node)
    if (link === undefined) return 'node-down'
    if (link.waiting.length > 0) return this.send(node, [FrameKind.reply, epoch, askId, value])
    if (this.#development) this.#freeze(value, () => describeFrame(node, [FrameKind.reply, epoch, askId, value]))
    if (!link.dirty) this.#touch(link)
    const reply = this.#reply
    reply.epoch = epoch
    reply.askId = askId
    reply.payload = value
    try {
      if (link.sender.send(reply, buffersMoved())) return undefined
    } catch (error) {
      if (!(error instanceof EncodeError)) throw error
      throw notSendable(error, node, [FrameKind.reply, epoch, askId, value], 'payload')
    }
    // What finds no room waits for it, as a frame.
    return this.send(node, [FrameKind.reply, epoch, askId, value])
  }

  /** Sends an event to a node when there is room; false when it was dropped. Throws an `EncodeError` for odd data. */
  sendEvent(node: string, name: string, data: unknown): boolean {
    const link = this.#links.get(node)
    if (link === undefined || link.waiting.length > 0 || link.sender.pending > 0) return false
    this.#touch(link)
    return link.sender.send([eventMark, name, data])
  }

  /** Delivers up to `limit` messages of each channel; how many in all. */
  drain(limit: number): number {
    let count = 0
    for (const link of this.#list) if (link.receiver.hasMessages()) count += this.#drain(link, limit)
    return count
  }

  /**
   * Publishes what was sent, and sends what waits as far as there is room; first on the channel first written to, so
   * that who hears of a message from its receiver rarely hears too soon.
   */
  flush(): void {
    if (this.#dirty.length === 0) return
    const dirty = this.#dirty
    this.#dirty = []
    for (const link of dirty) {
      const { sender, waiting } = link
      sender.flush()
      if (waiting.length > 0) this.#sendWaiting(link)
      link.dirty = (sender.waits || waiting.length > 0) && !sender.closed
      if (link.dirty) this.#dirty.push(link)
    }
  }

  /** True when a channel has something to deliver, or room again for what waits. */
  hasWork(): boolean {
    for (const { receiver, sender } of this.#list) if (receiver.hasMessages() || sender.flushable) return true
    return false
  }

  /** True when a thread that something was sent to was rung for and is not up yet. */
  get waking(): boolean {
    for (const { sender } of this.#list) if (sender.waking) return true
    return false
  }

  /** Messages that were accepted and are not in a ring yet. */
  get pending(): number {
    return this.#list.reduce((count, { sender, waiting }) => count + sender.pending + waiting.length, 0)
  }

  /** What went through the channels to and from each node. */
  get traffic(): PeerMetrics[] {
    return this.#list.map(({ node, sender, receiver, waiting }) => ({
      node,
      messagesOut: sender.sentMessages,
      bytesOut: sender.sentBytes,
      messagesIn: receiver.receivedMessages,
      bytesIn: receiver.receivedBytes,
      pending: sender.pending + waiting.length,
    }))
  }

  #touch(link: Link): void {
    if (link.dirty) return
    link.dirty = true
    this.#dirty.push(link)
    this.#listener.wake()
  }

  #sendWaiting({ sender, waiting }: Link): void {
    let sent = 0
    while (sent < waiting.length && sender.send(waiting[sent])) sent++
    if (sent === 0) return
    waiting.splice(0, sent)
    sender.flush()
  }

  #write(link: Link, frame: Frame): boolean {
    try {
      return link.sender.send(frame, buffersMoved())
    } catch (error) {
      throw error instanceof EncodeError ? notSendable(error, link.node, frame) : error
    }
  }

  #drain(link: Link, limit: number): number {
    try {
      return link.receiver.drain(link.deliver, limit)
    } catch (error) {
      if (!(error instanceof FrameError)) throw error
      link.receiver.close()
      if (!link.broken) {
        link.broken = true
        this.#listener.broken(link.node, error)
      }
      return 0
    }
  }

  #deliver(link: Link, value: unknown): void {
    if (value instanceof WireMessage) {
      if (this.#development) this.#freeze(value.payload, () => describeFrame(link.node, frameOf(value)))
      this.#listener.receiveMessage(link, value)
      value.payload = undefined
      return
    }
    if (value instanceof WireReply) {
      if (this.#development) this.#freeze(value.payload, () => `a reply of node ${link.node}`)
      this.#listener.receiveReply(link, value)
      value.payload = undefined
      return
    }
    if (Array.isArray(value) && value[0] === eventMark) {
      if (value.length !== 3 || !isForwardedEvent(value[1], value[2])) {
        throw new FrameError(`${link.node} sent an event that is none of those that nodes send`)
      }
      this.#listener.event(value[1], value[2])
      return
    }
    try {
      const frame = value as Frame
      if (this.#development) this.#freezePayload(link.node, checkFrame(frame))
      this.#listener.receive(link, frame)
    } catch (error) {
      if (!(error instanceof MalformedFrameError)) throw error
      throw new FrameError(`${link.node} sent what is no frame: ${error.message}`, { cause: error })
    }
  }

  #freezePayload(node: string, frame: Frame): void {
    const index = payloadIndexOf(frame)
    if (index !== undefined) this.#freeze(frame[index], () => describeFrame(node, frame))
  }

  /** Freezes in place; what cannot be frozen need not be copied, since the channel does. */
  #freeze(payload: unknown, describe: () => string): void {
    if (typeof payload === 'object' && payload !== null) freezeMessage(payload, describe)
  }
}
