/**
 * The last events of a run, for failure messages. Turns and frames, which are nearly all of them, are kept taken apart: an
 * event is put together when somebody looks at it.
 *
 * What events consist of goes into lists that are new each time when one is full. A list that was there for long would be
 * old to the garbage collector, which takes down every new object that is put into an old one.
 */
import type { ActorCell, Envelope, Ref } from '@troupe/core/host'
import type { SentMessage } from './sent-message.ts'
import type { NewTraceEvent, TraceEvent } from './trace.ts'
import type { TraceName } from './trace-hash.ts'

/** Events that are kept. */
const eventsMax = 40
/** Places of one event in the list: of a turn its actor and what it handles, of all else one thing. */
const placesEach = 2
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
  readonly kinds = new Uint8Array(eventsMax)
  readonly times = new Float64Array(eventsMax)
  readonly steps = new Float64Array(eventsMax)
  things: unknown[] = noThings.slice()
  length = 0
}

export class TraceRing {
  /** The one that is being filled, and the full one before it. */
  #current = new Stretch()
  #before = new Stretch()

  /** `envelope` may be used again for the next message. */
  turn(
    atMs: number,
    step: number,
    actor: TracedActor,
    behavior: string | undefined,
    envelope: Envelope,
    payload: unknown,
  ): void {
    const { name, sender } = envelope
    const handled: Handled = { behavior, name, payload, sender }
    const stretch = this.#next(EventKind.turn, atMs, step)
    const place = (stretch.length - 1) * placesEach
    stretch.things[place] = actor
    stretch.things[place + 1] = handled
  }

  turnOfSent(atMs: number, step: number, actor: TracedActor, message: SentMessage): void {
    const stretch = this.#next(EventKind.turnOfSent, atMs, step)
    const place = (stretch.length - 1) * placesEach
    stretch.things[place] = actor
    stretch.things[place + 1] = message
  }

  sent(atMs: number, step: number, message: SentMessage): void {
    const stretch = this.#next(EventKind.sent, atMs, step)
    stretch.things[(stretch.length - 1) * placesEach] = message
  }

  delivered(atMs: number, step: number, message: SentMessage): void {
    const stretch = this.#next(EventKind.delivered, atMs, step)
    stretch.things[(stretch.length - 1) * placesEach] = message
  }

  other(atMs: number, step: number, event: NewTraceEvent): void {
    const stretch = this.#next(EventKind.other, atMs, step)
    stretch.things[(stretch.length - 1) * placesEach] = event
  }

  /** The event that was taken down last. */
  last(): TraceEvent {
    return eventOf(this.#current, this.#current.length - 1)
  }

  /** The events that are kept, oldest first. */
  events(): TraceEvent[] {
    const kept = [this.#before, this.#current].flatMap((stretch) =>
      Array.from({ length: stretch.length }, (_, index) => eventOf(stretch, index)),
    )
    return kept.slice(-eventsMax)
  }

  /** A new event, which is the last of the stretch then. */
  #next(kind: EventKind, atMs: number, step: number): Stretch {
    if (this.#current.length === eventsMax) this.#turnOver()
    const stretch = this.#current
    const index = stretch.length++
    stretch.kinds[index] = kind
    stretch.times[index] = atMs
    stretch.steps[index] = step
    return stretch
  }

  #turnOver(): void {
    const stretch = this.#before
    this.#before = this.#current
    this.#current = stretch
    stretch.length = 0
    stretch.things = noThings.slice()
  }
}

function eventOf({ kinds, times, steps, things }: Stretch, index: number): TraceEvent {
  const [atMs, step] = [times[index] as number, steps[index] as number]
  const place = index * placesEach
  switch (kinds[index]) {
    case EventKind.turn:
      return turnOf(things[place] as TracedActor, things[place + 1] as Handled, atMs, step)
    case EventKind.turnOfSent: {
      const { name, payload, sender } = things[place + 1] as SentMessage
      return turnOf(things[place] as TracedActor, { behavior: undefined, name, payload, sender }, atMs, step)
    }
    case EventKind.sent:
    case EventKind.delivered: {
      const isSent = kinds[index] === EventKind.sent
      const { frame, from, to, target, message, payload, sender } = (things[place] as SentMessage).facts
      const type = isSent ? 'sent' : 'delivered'
      return { type, node: isSent ? from : to, frame, from, to, target, message, payload, sender, atMs, step }
    }
    default:
      return Object.assign({}, things[place], { atMs, step }) as TraceEvent
  }
}

function turnOf({ cell, text: actor }: TracedActor, handled: Handled, atMs: number, step: number): TraceEvent {
  const { ref, definition, options } = cell
  const { behavior, name: message, payload, sender } = handled
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
