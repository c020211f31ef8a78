/**
 * The last events of a run, for failure messages. Turns and frames, which are nearly all of them, are kept taken apart: an
 * event is put together when somebody looks at it.
 *
 * What events consist of goes into lists that are new each time when one is full. A list that was there for long would be
 * old to the garbage collector, which takes down every new object that is put into an old one.
 */
import type { ActorCell, Envelope, Ref, VirtualClock } from '@troupe/core/host'
import { Flight } from './flight.ts'
import type { SentMessage } from './sent-message.ts'
import type { NewTraceEvent, TraceEvent } from './trace.ts'
import type { TraceName } from './trace-words.ts'

/** Events that are kept. */
const eventsMax = 40
/** Places of one event in the list: of a turn its actor and what it handles, of all else one thing. */
const placesEach = 2
/** More than there are kinds of events. */
const kindsMax = 8
/** What each list begins as, so that all of them are lists of one kind. */
const noThings: readonly unknown[] = new Array(eventsMax * placesEach).fill(undefined)

/** The name of an actor in the trace. */
export interface TracedActor extends TraceName {
  readonly cell: ActorCell
}

const EventKind = { turn: 0, turnOfSent: 1, sent: 2, delivered: 3, other: 4 } as const
type EventKind = (typeof EventKind)[keyof typeof EventKind]

/** What a turn handles, where more is to be said than which message that was sent. */
interface Handled {
  readonly behavior: string | undefined
  readonly name: string
  readonly payload: unknown
  readonly sender: Ref | undefined
}

/** As many events as are kept, one after the other. */
class Stretch {
  /** Of each event when it was, and during which step and of what kind in one number. */
  readonly marks = new Float64Array(eventsMax * placesEach)
  things: unknown[] = noThings.slice()
  /** Places that are taken. */
  length = 0
}

/** Takes down events; the time is read from the clock where it is needed, since a number that is passed on may be put on the heap. */
export class TraceRing {
  /** The one that is being filled, and the full one before it. */
  #current = new Stretch()
  #before = new Stretch()

  /** `envelope` may be used again for the next message. */
  turn(
    clock: VirtualClock,
    step: number,
    actor: TracedActor,
    behavior: string | undefined,
    envelope: Envelope,
    payload: unknown,
  ): void {
    const { name, sender } = envelope
    const handled: Handled = { behavior, name, payload, sender }
    const place = this.#next(EventKind.turn, clock, step)
    const { things } = this.#current
    things[place] = actor
    things[place + 1] = handled
  }

  turnOfSent(clock: VirtualClock, step: number, actor: TracedActor, message: SentMessage): void {
    const place = this.#next(EventKind.turnOfSent, clock, step)
    const { things } = this.#current
    things[place] = actor
    things[place + 1] = message
  }

  sent(clock: VirtualClock, step: number, message: SentMessage): void {
    const place = this.#next(EventKind.sent, clock, step)
    this.#current.things[place] = message
  }

  delivered(clock: VirtualClock, step: number, message: SentMessage): void {
    const place = this.#next(EventKind.delivered, clock, step)
    this.#current.things[place] = message
  }

  other(clock: VirtualClock, step: number, event: NewTraceEvent): void {
    const place = this.#next(EventKind.other, clock, step)
    this.#current.things[place] = event
  }

  /** The event that was taken down last. */
  last(): TraceEvent {
    return eventOf(this.#current, this.#current.length - placesEach)
  }

  /** The events that are kept, oldest first. */
  events(): TraceEvent[] {
    const kept = [this.#before, this.#current].flatMap((stretch) =>
      Array.from({ length: stretch.length / placesEach }, (_, index) => eventOf(stretch, index * placesEach)),
    )
    return kept.slice(-eventsMax)
  }

  /** The place of a new event in the stretch that is current then. */
  #next(kind: EventKind, clock: VirtualClock, step: number): number {
    let stretch = this.#current
    if (stretch.length === noThings.length) stretch = this.#turnOver()
    const { marks, length } = stretch
    marks[length] = clock.now()
    marks[length + 1] = step * kindsMax + kind
    stretch.length = length + placesEach
    return length
  }

  #turnOver(): Stretch {
    const stretch = this.#before
    this.#before = this.#current
    this.#current = stretch
    stretch.length = 0
    stretch.things = noThings.slice()
    return stretch
  }
}

function eventOf({ marks, things }: Stretch, place: number): TraceEvent {
  const atMs = marks[place] as number
  const step = Math.floor((marks[place + 1] as number) / kindsMax)
  const kind = (marks[place + 1] as number) % kindsMax
  switch (kind) {
    case EventKind.turn: {
      const handled = things[place + 1] as Handled
      return turnOf(things[place] as TracedActor, handled.behavior, handled, atMs, step)
    }
    case EventKind.turnOfSent:
      return turnOf(things[place] as TracedActor, undefined, things[place + 1] as SentMessage, atMs, step)
    case EventKind.sent:
    case EventKind.delivered:
      return frameEvent(kind === EventKind.sent, things[place] as SentMessage, atMs, step)
    default:
      return Object.assign({}, things[place], { atMs, step }) as TraceEvent
  }
}

function frameEvent(isSent: boolean, given: SentMessage, atMs: number, step: number): TraceEvent {
  const type = isSent ? 'sent' : 'delivered'
  // Most are tells, whose facts need not be put together first.
  if (given instanceof Flight && given.frame === undefined && given.asker === undefined) {
    const { way, target, name: message, payload, sender } = given
    const from = way.from.name
    const to = way.to.name
    return { type, node: isSent ? from : to, frame: 'tell', from, to, target, message, payload, sender, atMs, step }
  }
  const { frame, from, to, target, message, payload, sender } = given.facts
  return { type, node: isSent ? from : to, frame, from, to, target, message, payload, sender, atMs, step }
}

function turnOf(
  { cell, text: actor }: TracedActor,
  behavior: string | undefined,
  { name: message, payload, sender }: Pick<Handled, 'name' | 'payload' | 'sender'>,
  atMs: number,
  step: number,
): TraceEvent {
  const { ref, definition, options } = cell
  return {
    type: 'turn',
    node: ref.node,
    actor,
    ref,
    definition: definition.name,
    durableId: options.durableId,
    behavior,
    message,
    payload,
    sender,
    atMs,
    step,
  }
}
