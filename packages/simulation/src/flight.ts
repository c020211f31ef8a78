/**
 * A frame under way from one node to another. A tell or an ask, which nearly all are, is what the receiver finds in its
 * mailbox, too: no frame is made of it, and sending one makes one object beside the copy of its payload.
 */
import type { ReplyToken } from '@troupe/core'
import { EnvelopeKind, type Frame, isMessageFrame, type Ref } from '@troupe/core/host'
import type { Arrival, Chain } from './agenda.ts'
import { type FrameFacts, factsOf } from './frame-facts.ts'
import type { MessageKind } from './message-kinds.ts'
import type { CountedWay, SentMessage } from './sent-message.ts'

/** The way of a flight, and who hears that it is over. */
export interface FlightWay extends CountedWay {
  readonly from: { readonly name: string; readonly epoch: number }
  /** The epoch of the receiver as the sender believes. */
  readonly toEpoch: number
  /** `chain`: what it kept its place in; that of its link, or for what is out of order one of its own. */
  arrived(flight: Flight, chain: Chain): void
}

/** One frame under way; one that arrives twice is two. */
export class Flight implements Arrival, SentMessage {
  declare readonly name: string
  declare readonly payload: unknown
  declare readonly sender: Ref | undefined
  declare readonly asker: ReplyToken | undefined
  declare atUs: number
  declare readonly way: FlightWay
  declare readonly number: number
  declare readonly message: MessageKind
  /**
   * Before it is on the agenda, how long it takes in milliseconds, unless something is wrong with it or its link; then see
   * {@link Arrival}. A number with a fraction, so that the field is made for such and a new one need not be.
   */
  declare atMs: number
  declare order: number
  /** The epoch of the sender, and that of the receiver as the sender believes: no other hears the frame. */
  declare readonly epoch: number
  declare readonly toEpoch: number
  /** `undefined` for a tell or an ask, which is its parts. */
  declare readonly frame: Frame | undefined
  declare readonly target: Ref | undefined
  /** That of a frame that is no tell and no ask, which may fly twice. */
  declare latencyMs: number | undefined

  /** Begins now. `target`, `sender` and `replyTo` are of a tell or an ask, `frame` is of all others. */
  constructor(
    way: FlightWay,
    message: MessageKind,
    payload: unknown,
    number: number,
    target: Ref | undefined,
    sender: Ref | undefined,
    replyTo: ReplyToken | undefined,
    frame: Frame | undefined,
  ) {
    // All fields are set here, and none where it is declared, which would be one more call.
    this.name = message.name
    this.payload = payload
    this.sender = sender
    this.asker = replyTo
    this.atUs = 0
    this.way = way
    this.number = number
    this.message = message
    this.atMs = 0.5
    this.order = 0
    this.epoch = way.from.epoch
    this.toEpoch = way.toEpoch
    this.frame = frame
    this.target = target
    this.latencyMs = undefined
  }

  get kind(): EnvelopeKind {
    return EnvelopeKind.message
  }

  /** Nobody writes over it. */
  get isKept(): boolean {
    return true
  }

  keep(): void {}

  get askId(): number {
    return this.asker === undefined ? 0 : this.asker.askId
  }

  get replyTo(): ReplyToken | undefined {
    return this.asker
  }

  /** The same frame once more, at the time at which it was sent. */
  again(): Flight {
    const { way, message, payload, number, target, sender, replyTo, frame } = this
    return new Flight(way, message, payload, number, target, sender, replyTo, frame)
  }

  /** The node of the sender. */
  get node(): string {
    return this.way.from.name
  }

  /** True for what actors say to each other, which a network may lose. */
  get isMessage(): boolean {
    return this.frame === undefined || isMessageFrame(this.frame)
  }

  get facts(): FrameFacts {
    const { way, name, payload, frame, target, sender, replyTo } = this
    if (frame !== undefined) return factsOf(frame, way)
    const from = way.from.name
    return {
      frame: replyTo === undefined ? 'tell' : 'ask',
      from,
      to: way.to.name,
      target,
      message: name,
      payload,
      sender,
    }
  }

  run(chain: Chain): void {
    this.way.arrived(this, chain)
  }
}
