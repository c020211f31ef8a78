/** A frame under way from one node to another, and the list of those that will arrive. */
import type { Frame } from '@troupe/core/host'
import { type FrameFacts, factsOf, messageOf, payloadOf, type TracedFrame, type Way } from './frame-facts.ts'

/** When a frame was sent, as it were: see the fields of {@link Flight}. */
type Sending = Pick<Flight, 'epoch' | 'toEpoch' | 'number' | 'latencyMs'>

/** One frame under way. */
export class Flight implements TracedFrame {
  readonly frame: Frame
  readonly message: string
  readonly payload: unknown
  /** The node of the sender. */
  readonly node: string
  /** The epoch of the sender, and that of the receiver as the sender believes: no other hears the frame. */
  readonly epoch: number
  readonly toEpoch: number
  readonly number: number
  /** How long it takes, in milliseconds, unless something is wrong with it or its link. */
  readonly latencyMs: number
  readonly #way: Way
  #facts: FrameFacts | undefined

  constructor(frame: Frame, way: Way, sending: Sending) {
    this.frame = frame
    this.message = messageOf(frame)
    this.payload = payloadOf(frame)
    this.node = way.from.name
    this.epoch = sending.epoch
    this.toEpoch = sending.toEpoch
    this.number = sending.number
    this.latencyMs = sending.latencyMs
    this.#way = way
  }

  get facts(): FrameFacts {
    this.#facts ??= factsOf(this.frame, this.#way)
    return this.#facts
  }
}

/** One arrival to come of a flight; one that arrives twice has two. */
export class Passage {
  readonly flight: Flight
  before: Passage | undefined
  after: Passage | undefined = undefined

  constructor(flight: Flight, before: Passage | undefined) {
    this.flight = flight
    this.before = before
  }
}

/** Arrivals to come, in the order in which they left. */
export class Passages {
  #first: Passage | undefined
  #last: Passage | undefined

  add(flight: Flight): Passage {
    const passage = new Passage(flight, this.#last)
    if (this.#last === undefined) this.#first = passage
    else this.#last.after = passage
    this.#last = passage
    return passage
  }

  remove({ before, after }: Passage): void {
    if (before === undefined) this.#first = after
    else before.after = after
    if (after === undefined) this.#last = before
    else after.before = before
  }

  *[Symbol.iterator](): Iterator<Flight> {
    for (let passage = this.#first; passage !== undefined; passage = passage.after) yield passage.flight
  }
}
