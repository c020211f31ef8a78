/**
 * The last events of a run, for failure messages. Turns and frames, which are nearly all of them, are kept taken apart in
 * slots that are used again and again: an event is put together when somebody looks at it.
 */
import type { ActorCell, Envelope, Ref } from '@troupe/core/host'
import type { TracedFrame } from './frame-facts.ts'
import type { NewTraceEvent, TraceEvent } from './trace.ts'

/** Events that are kept. */
const eventsMax = 40

/** One event, of one of three kinds: those fields that are not its own are left from an earlier one. */
interface Slot {
  kind: 'turn' | 'frame' | 'other'
  atMs: number
  step: number
  /** Of a turn. */
  actor: string
  cell: ActorCell | undefined
  behavior: string | undefined
  message: string
  sender: Ref | undefined
  payload: unknown
  /** Of a frame. */
  type: 'sent' | 'delivered'
  node: string
  frame: TracedFrame | undefined
  /** Of all else. */
  other: NewTraceEvent | undefined
}

export class TraceRing {
  readonly #slots = Array.from({ length: eventsMax }, emptySlot)
  #taken = 0
  /** Where the next event is taken down. */
  #place = 0

  turn(atMs: number, step: number, actor: string, cell: ActorCell, envelope: Envelope, payload: unknown): void {
    const slot = this.#next('turn', atMs, step)
    slot.actor = actor
    slot.cell = cell
    slot.behavior = cell.behavior
    // The envelope itself is used again for the next message.
    slot.message = envelope.name
    slot.sender = envelope.sender
    slot.payload = payload
  }

  frame(atMs: number, step: number, type: Slot['type'], node: string, frame: TracedFrame): void {
    const slot = this.#next('frame', atMs, step)
    slot.type = type
    slot.node = node
    slot.frame = frame
  }

  other(atMs: number, step: number, event: NewTraceEvent): void {
    this.#next('other', atMs, step).other = event
  }

  /** The event that was taken down last. */
  last(): TraceEvent {
    return eventOf(this.#slots[(this.#place + eventsMax - 1) % eventsMax] as Slot)
  }

  /** The events that are kept, oldest first. */
  events(): TraceEvent[] {
    const start = this.#place
    const slots = [...this.#slots.slice(start), ...this.#slots.slice(0, start)]
    return slots.slice(Math.max(0, eventsMax - this.#taken)).map(eventOf)
  }

  #next(kind: Slot['kind'], atMs: number, step: number): Slot {
    const slot = this.#slots[this.#place] as Slot
    this.#taken++
    this.#place = this.#place === eventsMax - 1 ? 0 : this.#place + 1
    slot.kind = kind
    slot.atMs = atMs
    slot.step = step
    return slot
  }
}

function emptySlot(): Slot {
  return {
    kind: 'other',
    // A number with a fraction, so that the field is made for such.
    atMs: 0.5,
    step: 0,
    actor: '',
    cell: undefined,
    behavior: undefined,
    message: '',
    sender: undefined,
    payload: undefined,
    type: 'sent',
    node: '',
    frame: undefined,
    other: undefined,
  }
}

function eventOf(slot: Slot): TraceEvent {
  const { atMs, step, node } = slot
  if (slot.kind === 'turn') {
    const { ref, definition, options } = slot.cell as ActorCell
    const { actor, behavior, message, payload, sender } = slot
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
  if (slot.kind === 'frame') {
    const { frame, from, to, target, message, payload, sender } = (slot.frame as TracedFrame).facts
    return { type: slot.type, node, frame, from, to, target, message, payload, sender, atMs, step }
  }
  return Object.assign({}, slot.other, { atMs, step }) as TraceEvent
}
