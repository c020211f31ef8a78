/**
 * A frame under way from one node to another. A flight is what the clock has of its arrival, too, so that sending one
 * makes one object and no function. Of tells and asks, which are nearly all, it holds the parts, and no frame is made.
 */
import { type Frame, isMessageFrame, type Ref } from '@troupe/core/host'
import type { Arrival, Chain } from './agenda.ts'
import { type FrameFacts, factsOf, type TracedFrame, type Way } from './frame-facts.ts'
import type { MessageKind, PayloadShape } from './message-shapes.ts'

/** The way of a flight, and who hears that it is over. */
export interface FlightWay extends Way {
  readonly from: { readonly name: string; readonly epoch: number }
  /** The epoch of the receiver as the sender believes. */
  readonly toEpoch: number
  arrived(flight: Flight): void
}

/** One frame under way; one that arrives twice is two. */
export class Flight implements Arrival, TracedFrame {
  isSet = false
  place = -1
  readonly isKept = false
  /** See {@link Arrival}; a number with a fraction, so that the field is made for such. */
  atMs = 0.5
  order = 0
  after: Arrival | undefined = undefined
  readonly way: FlightWay
  readonly kind: MessageKind
  readonly payload: unknown
  readonly shape: PayloadShape | undefined
  /** The epoch of the sender, and that of the receiver as the sender believes: no other hears the frame. */
  readonly epoch: number
  readonly toEpoch: number
  /** Which of its link it is, from 1. */
  readonly number: number
  /** How long it takes, in milliseconds, unless something is wrong with it or its link. */
  readonly latencyMs: number
  /** `undefined` for a tell or an ask, which has the parts below. */
  frame: Frame | undefined = undefined
  target: Ref | undefined = undefined
  sender: Ref | undefined = undefined
  /** -1 in a tell. */
  askId = -1
  /** What it keeps its place in: that of its link, or for what is out of order one of its own. */
  chain: Chain | undefined = undefined

  /** Begins now; the frame, or its parts, are put in then. */
  constructor(
    way: FlightWay,
    kind: MessageKind,
    payload: unknown,
    shape: PayloadShape | undefined,
    number: number,
    latencyMs: number,
  ) {
    this.way = way
    this.kind = kind
    this.payload = payload
    this.shape = shape
    this.epoch = way.from.epoch
    this.toEpoch = way.toEpoch
    this.number = number
    this.latencyMs = latencyMs
  }

  /** The same frame once more, at the time at which it was sent. */
  again(): Flight {
    const copy = new Flight(this.way, this.kind, this.payload, this.shape, this.number, this.latencyMs)
    copy.frame = this.frame
    copy.target = this.target
    copy.sender = this.sender
    copy.askId = this.askId
    return copy
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
    const { way, kind, payload, frame, target, sender, askId } = this
    if (frame !== undefined) return factsOf(frame, way)
    const from = way.from.name
    return { frame: askId < 0 ? 'tell' : 'ask', from, to: way.to.name, target, message: kind.name, payload, sender }
  }

  run(): void {
    this.way.arrived(this)
  }
}
