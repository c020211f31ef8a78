/**
 * The last events of a run, for failure messages. Turns and frames, which are nearly all of them, are kept taken apart: an
 * event is put together when somebody looks at it.
 *
 * What events consist of goes into lists that are new each time when one is full. A list that was there for long would be
 * old to the garbage collector, which takes down every new object that is put into an old one.
 */
import type { ActorCell, Envelope, Ref } from '@troupe/core/host'
import type { TracedFrame } from './frame-facts.ts'
import type { NewTraceEvent, TraceEvent } from './trace.ts'
import type { TraceName } from './trace-hash.ts'

/** Events that are kept. */
const eventsMax = 40
/** Places of one event in the list: of a turn its actor, behavior, message, payload and sender; of all else one thing. */
const placesEach = 5

/** The name of an actor in the trace. */
export interface TracedActor extends TraceName {
  readonly cell: ActorCell
}

const EventKind = { turn: 0, sent: 1, delivered: 2, other: 3 } as const
type EventKind = (typeof EventKind)[keyof typeof EventKind]

/** As many events as are kept, one after the other. */
class Stretch {
  readonly kinds = new Uint8Array(eventsMax)
  readonly times = new Float64Array(eventsMax)
  readonly steps = new Float64Array(eventsMax)
  things: unknown[] = []
  length = 0
}

export class TraceRing {
  /** The one that is being filled, and the full one before it. */
  #current = new Stretch()
  #before = new Stretch()

  turn(atMs: number, step: number, actor: TracedActor, envelope: Envelope, payload: unknown): void {
    const stretch = this.#next(EventKind.turn, atMs, step)
    const { things } = stretch
    const place = stretch.length++ * placesEach
    things[place] = actor
    things[place + 1] = actor.cell.behavior
    // The envelope itself is used again for the next message.
    things[place + 2] = envelope.name
    things[place + 3] = payload
    things[place + 4] = envelope.sender
  }

  sent(atMs: number, step: number, frame: TracedFrame): void {
    const stretch = this.#next(EventKind.sent, atMs, step)
    stretch.things[stretch.length++ * placesEach] = frame
  }

  delivered(atMs: number, step: number, frame: TracedFrame): void {
    const stretch = this.#next(EventKind.delivered, atMs, step)
    stretch.things[stretch.length++ * placesEach] = frame
  }

  other(atMs: number, step: number, event: NewTraceEvent): void {
    const stretch = this.#next(EventKind.other, atMs, step)
    stretch.things[stretch.length++ * placesEach] = event
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

  #next(kind: EventKind, atMs: number, step: number): Stretch {
    if (this.#current.length % eventsMax === 0) this.#turnOver()
    const stretch = this.#current
    const { length } = stretch
    stretch.kinds[length] = kind
    stretch.times[length] = atMs
    stretch.steps[length] = step
    return stretch
  }

  #turnOver(): void {
    if (this.#current.length > 0) {
      const full = this.#current
      this.#current = this.#before
      this.#before = full
    }
    this.#current.length = 0
    this.#current.things = new Array(eventsMax * placesEach)
  }
}

function eventOf({ kinds, times, steps, things }: Stretch, index: number): TraceEvent {
  const [atMs, step] = [times[index] as number, steps[index] as number]
  const place = index * placesEach
  switch (kinds[index]) {
    case EventKind.turn:
      return turnOf(things, place, atMs, step)
    case EventKind.sent:
    case EventKind.delivered: {
      const isSent = kinds[index] === EventKind.sent
      const { frame, from, to, target, message, payload, sender } = (things[place] as TracedFrame).facts
      const type = isSent ? 'sent' : 'delivered'
      return { type, node: isSent ? from : to, frame, from, to, target, message, payload, sender, atMs, step }
    }
    default:
      return Object.assign({}, things[place], { atMs, step }) as TraceEvent
  }
}

function turnOf(things: readonly unknown[], place: number, atMs: number, step: number): TraceEvent {
  const { cell, text: actor } = things[place] as TracedActor
  const { ref, definition, options } = cell
  return {
    type: 'turn',
    node: ref.node,
    actor,
    ref,
    definition: definition.name,
    durableId: options.durableId,
    behavior: things[place + 1] as string | undefined,
    message: things[place + 2] as string,
    payload: things[place + 3],
    sender: things[place + 4] as Ref | undefined,
    atMs,
    step,
  }
}
