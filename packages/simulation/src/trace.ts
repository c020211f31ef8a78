/**
 * The trace: what happened in a run, event by event. Each goes into the running hash, into a bounded ring for failure
 * messages and to the observers; all of them are kept only when asked for.
 *
 *     turn, sent, delivered ... ──> hash                    numbers that are known already, and the payload
 *                              └──> the ring, in parts ──> a TraceEvent, if somebody observes or keeps events
 */
import { type ActorRef, ConfigurationError } from '@troupe/core'
import { type Envelope, EnvelopeKind, isPrepared, requireOption, type VirtualClock } from '@troupe/core/host'
import { Flight } from './flight.ts'
import { LastCopy } from './last-copy.ts'
import { type MessageKind, MessageKinds } from './message-kinds.ts'
import type { PayloadShape } from './message-shapes.ts'
import { LocalMessage, type SentMessage } from './sent-message.ts'
import { formatEvent } from './trace-format.ts'
import { TraceHash } from './trace-hash.ts'
import { type ListenersOfType, type MessageListeners, TraceListeners } from './trace-listeners.ts'
import { type TracedActor, TraceRing } from './trace-ring.ts'
import { type TraceWay, textHash } from './trace-words.ts'

/** When and where. */
interface TracePlace {
  /** Virtual milliseconds since the start of the run. */
  readonly atMs: number
  /** The step during which it happened: 0 before the first. */
  readonly step: number
  /** The node that it happened on; for what concerns the whole network, an empty name. */
  readonly node: string
}

/** What a frame between two nodes is. */
export type FrameName =
  | 'tell'
  | 'ask'
  | 'reply'
  | 'replyError'
  | 'watch'
  | 'unwatch'
  | 'terminated'
  | 'stop'
  | 'forward'
  | 'link'
  | 'unlink'
  | 'linkEnded'
  | 'kill'
  | 'streamOpen'
  | 'streamItem'
  | 'streamEnd'
  | 'streamCredit'
  | 'streamCancel'
  | 'cancel'
  | 'offer'
  | 'waitProbe'

/** Why a frame did not arrive. `quarantine`: its sender had been declared down before it arrived. */
export type DropReason = 'loss' | 'partition' | 'crash' | 'node-down' | 'quarantine'

/** A message on its way. Payloads are frozen. */
interface MessageFacts {
  readonly frame: FrameName
  readonly from: string
  readonly to: string
  /** The actor that it is for; `undefined` in a reply. */
  readonly target: ActorRef | undefined
  /** The message's name; for a frame that is no message, the frame's. */
  readonly message: string
  readonly payload: unknown
  /** The actor that sent it; `undefined` when it came from the program, and in a reply. */
  readonly sender: ActorRef | undefined
}

/** An actor takes a turn. */
export interface TurnEvent extends TracePlace {
  readonly type: 'turn'
  /** The actor's path. */
  readonly actor: string
  readonly ref: ActorRef
  readonly definition: string
  readonly durableId: string | undefined
  /** The behavior in which it takes the message; `undefined`: `on` alone. */
  readonly behavior: string | undefined
  /** The message's name, or `started`, `terminated`. */
  readonly message: string
  readonly payload: unknown
  readonly sender: ActorRef | undefined
}

/**
 * A message was let out: to another node, or, with `from` and `to` the same, on one node. What a durable actor sends is
 * let out once its events are synced, so that whatever such a message says is durable there by then (but for
 * `ctx.tellEarly`).
 */
export interface SentEvent extends TracePlace, MessageFacts {
  readonly type: 'sent'
}

/** A frame from another node arrived. */
export interface DeliveredEvent extends TracePlace, MessageFacts {
  readonly type: 'delivered'
}

/** A frame will not arrive. */
export interface DroppedEvent extends TracePlace, MessageFacts {
  readonly type: 'dropped'
  readonly reason: DropReason
}

/** A frame will arrive twice, or out of order. */
export interface DistortedEvent extends TracePlace, MessageFacts {
  readonly type: 'duplicated' | 'reordered'
}

/** Something became of a node. `downSeen`: `node` learned that the node in `detail` is down. */
export interface NodeEvent extends TracePlace {
  readonly type: 'started' | 'crashed' | 'paused' | 'resumed' | 'downSeen' | 'clockJumped'
  readonly epoch: number
  readonly detail: string
}

/** The network was cut or healed, or something else began or ended that lasts; `detail` says what and where. */
export interface NetworkEvent extends TracePlace {
  readonly type: 'partitioned' | 'healed' | 'faultBegan' | 'faultEnded' | 'faultPoint'
  readonly detail: string
}

/** A disk operation began, or a fault of the disk was injected. */
export interface DiskTraceEvent extends TracePlace {
  readonly type: 'disk'
  readonly kind: string
  readonly file: string
  readonly offset: number
}

/** A turn failed. */
export interface ActorFailureEvent extends TracePlace {
  readonly type: 'failure'
  readonly actor: string
  readonly message: string
  readonly error: Error
  readonly directive: string
}

/** One thing that happened in a run. */
export type TraceEvent =
  | TurnEvent
  | SentEvent
  | DeliveredEvent
  | DroppedEvent
  | DistortedEvent
  | NodeEvent
  | NetworkEvent
  | DiskTraceEvent
  | ActorFailureEvent

type WithoutPlace<Event> = Event extends TraceEvent ? Omit<Event, 'atMs' | 'step'> : never
/** An event as it is recorded: when it happened is known to the trace. */
export type NewTraceEvent = WithoutPlace<Exclude<TraceEvent, TurnEvent | SentEvent | DeliveredEvent>>
type OtherTraceEvent = Exclude<NewTraceEvent, { readonly type: 'disk' }>

/** Called with each event as it happens. What it throws fails the run. */
export type TraceListener = (event: TraceEvent) => void

const eventTypes: Readonly<Record<TraceEvent['type'], true>> = {
  turn: true,
  sent: true,
  delivered: true,
  dropped: true,
  duplicated: true,
  reordered: true,
  started: true,
  crashed: true,
  paused: true,
  resumed: true,
  downSeen: true,
  clockJumped: true,
  partitioned: true,
  healed: true,
  faultBegan: true,
  faultEnded: true,
  faultPoint: true,
  disk: true,
  failure: true,
}

/** What a listener is told of. */
export interface ObserveOptions {
  /** Only events of these types: others need not be put together for it. Default: all. */
  readonly only?: readonly TraceEvent['type'][]
  /** Of events that have a `message`, only those of these names. Default: all. */
  readonly messages?: readonly string[]
}

/** A name with its own hash, which {@link TraceHash.name} would put in. */
export interface HashedName {
  readonly text: string
  readonly word: number
}

const diskWord = textHash('disk')

function isSent(envelope: Envelope): envelope is Flight | LocalMessage {
  return envelope instanceof Flight || envelope instanceof LocalMessage
}

export class Trace {
  /** Steps begun so far. */
  step = 0
  /** Frames that have arrived from another node. */
  deliveries = 0
  /** All events, when they are kept. */
  readonly events: TraceEvent[] | undefined
  /** The messages that were seen, with the shapes of their payloads. */
  readonly kinds = new MessageKinds()
  /** The payload that was held back last before it is sent. */
  readonly copies = new LastCopy()
  readonly #clock: VirtualClock
  readonly #hash = new TraceHash()
  readonly #ring = new TraceRing()
  readonly #listeners: TraceListeners
  readonly #turnListeners: ListenersOfType
  readonly #sentListeners: ListenersOfType
  readonly #deliveredListeners: ListenersOfType
  readonly #diskListeners: ListenersOfType
  /** How many listen. */
  #listening = 0

  constructor(clock: VirtualClock, keepsAll: boolean) {
    this.#clock = clock
    this.events = keepsAll ? [] : undefined
    this.#listeners = new TraceListeners(keepsAll)
    this.#turnListeners = this.#listeners.of('turn')
    this.#sentListeners = this.#listeners.of('sent')
    this.#deliveredListeners = this.#listeners.of('delivered')
    this.#diskListeners = this.#listeners.of('disk')
  }

  get digest(): string {
    return this.#hash.digest
  }

  /** Throws a `ConfigurationError` for a type of events that there is not, and for `messages` that are no list. */
  observe(listener: TraceListener, { only, messages }: ObserveOptions = {}): void {
    requireOption(messages === undefined || Array.isArray(messages), 'messages of observe', 'a list of names', messages)
    const unknown = only?.find((type) => !Object.hasOwn(eventTypes, type))
    if (unknown !== undefined) {
      throw new ConfigurationError(
        `observe: there are no events of type ${unknown}; the types are ${Object.keys(eventTypes).join(', ')}`,
      )
    }
    this.#listeners.add(listener, only, messages)
    this.#listening++
  }

  /** The actor takes a turn. What was sent is in the hash already: which of its way it was says what it is. */
  turn(actor: TracedActor, envelope: Envelope): void {
    if (isSent(envelope) && actor.cell.behavior === undefined) {
      const hash = this.#hash
      hash.event(this.#clock, actor.word, envelope.way.traceWay.handledWord)
      hash.word(envelope.number)
      this.#ring.turnOfSent(this.#clock, this.step, actor, envelope)
      this.#tell(this.#listenersOf(envelope.message).turn)
    } else this.#otherTurn(actor, envelope)
  }

  #otherTurn(actor: TracedActor, envelope: Envelope): void {
    const hash = this.#hash
    const kind = isSent(envelope) ? envelope.message : this.kinds.of(envelope.name)
    const { behavior } = actor.cell
    // A pull has no payload of its own, but the stream itself.
    const payload = envelope.kind === EnvelopeKind.pull ? undefined : envelope.payload
    if (isSent(envelope)) {
      hash.event(this.#clock, actor.word, envelope.way.traceWay.handledWord)
      hash.word(envelope.number)
    } else {
      hash.event(this.#clock, actor.word, kind.word)
      hash.shapedPayload(payload, kind.shapeOf(payload))
    }
    if (behavior !== undefined) hash.name(behavior)
    this.#ring.turn(this.#clock, this.step, actor, behavior, envelope, payload)
    this.#tell(this.#listenersOf(kind).turn)
  }

  /**
   * A message is being sent: it goes into the hash, and {@link left} follows. Returns the frozen copy of its payload that is
   * sent; if not an object, {@link sendingOther} says what is sent instead.
   */
  sending(way: TraceWay, kind: MessageKind, payload: unknown): object | null | undefined {
    const hash = this.#hash
    hash.event(this.#clock, way.sentWord, kind.word)
    return isPrepared(payload) ? undefined : kind.send(payload, hash)
  }

  sendingOther(payload: unknown, shape: PayloadShape | undefined): void {
    if (this.copies.isShared(payload)) this.#hash.sharedPayload(payload as object, shape)
    else this.#hash.shapedPayload(payload, shape)
  }

  left(message: SentMessage): void {
    this.#ring.sent(this.#clock, this.step, message)
    this.#tell(this.#listenersOf(message.message).sent)
  }

  /** All of it at once. `shape`: that of the payload, if it has one. */
  sent(message: SentMessage, shape: PayloadShape | undefined): void {
    const hash = this.#hash
    const clock = this.#clock
    hash.event(clock, message.way.traceWay.sentWord, message.message.word)
    hash.shapedPayload(message.payload, shape)
    this.#ring.sent(clock, this.step, message)
    this.#tell(this.#listenersOf(message.message).sent)
  }

  delivered(message: SentMessage): void {
    this.deliveries++
    const hash = this.#hash
    const clock = this.#clock
    hash.event(clock, message.way.traceWay.deliveredWord, message.number)
    this.#ring.delivered(clock, this.step, message)
    this.#tell(this.#listenersOf(message.message).delivered)
  }

  /** An operation of the disk of `node` begins, or a fault of it is injected. */
  disk(node: HashedName, kind: string, file: HashedName, offset: number): void {
    const hash = this.#hash
    hash.event(this.#clock, diskWord, node.word)
    hash.name(kind)
    hash.word(file.word)
    hash.number(offset)
    this.#ring.other(this.#clock, this.step, { type: 'disk', node: node.text, kind, file: file.text, offset })
    this.#tell(this.#diskListeners.of(''))
  }

  /** Everything else. */
  record(event: OtherTraceEvent): void {
    const message = this.#mix(event)
    this.#ring.other(this.#clock, this.step, event)
    this.#tell(this.#listeners.of(event.type).of(message))
  }

  /** The schedule chose; its choice is part of what a run is. */
  chose(index: number): void {
    this.#hash.word(index)
  }

  /** The last events as lines of text, oldest first. */
  lastEvents(): string[] {
    return this.#ring.events().map(formatEvent)
  }

  /** Who is told of a message's events, found out once: a name is looked for more slowly than all else here. */
  #listenersOf(kind: MessageKind): MessageListeners {
    return kind.listenedBy === this.#listening ? (kind.listeners as MessageListeners) : this.#findListeners(kind)
  }

  #findListeners(kind: MessageKind): MessageListeners {
    const { name } = kind
    const turn = this.#turnListeners.of(name)
    const sent = this.#sentListeners.of(name)
    const delivered = this.#deliveredListeners.of(name)
    kind.listenedBy = this.#listening
    kind.listeners = { turn, sent, delivered }
    return kind.listeners
  }

  /** Keeps the event that was taken down last, and tells it to the observers, if there are any. */
  #tell(listeners: readonly TraceListener[] | undefined): void {
    if (listeners === undefined) return
    const event = this.#ring.last()
    if (this.events !== undefined) this.events.push(event)
    for (let index = 0; index < listeners.length; index++) (listeners[index] as TraceListener)(event)
  }

  /** Returns the message that the event is about, an empty name where there is none. */
  #mix(event: OtherTraceEvent): string {
    const hash = this.#hash
    hash.time(this.#clock.now())
    hash.name(event.type)
    hash.name(event.node)
    switch (event.type) {
      case 'duplicated':
      case 'reordered':
        hash.name(event.from)
        hash.name(event.message)
        return event.message
      case 'dropped':
        hash.name(event.from)
        hash.name(event.message)
        hash.name(event.reason)
        return event.message
      case 'failure':
        hash.name(event.actor)
        hash.name(event.error.message)
        return event.message
      default:
        hash.name(event.detail)
        return ''
    }
  }
}
