/**
 * An actor's mailbox: bounded, and what happens at the bound. What must never be dropped goes in past it. Who waits for
 * room stands in a line before the mailbox, bounded too.
 *
 * Most mailboxes hold one message at a time, so the first one lies in the mailbox itself; a queue is made for a second.
 */
import type { Ref, ReplyToken } from './actor-ref.ts'
import { Deque } from './deque.ts'
import { Envelope, EnvelopeKind, refill } from './envelope.ts'
import { type LaneOptions, LaneQueue } from './lane-queue.ts'
import { MessageQueue } from './message-queue.ts'
import { emptyEnvelope } from './message-ring.ts'
import type { MailboxOptions } from './spawn-options.ts'

const capacityDefault = 100_000
const stashCapacityDefault = 1_000
const waitingCapacityDefault = 10_000
/** The limit of a mailbox without a bound: more than memory holds, and a number that compares fast. */
const unbounded = 2 ** 31 - 1

/** A message that waits for room. */
export interface WaitingMessage {
  readonly envelope: Envelope
  /** Of the send that is told once its message was taken; an ask is told by its reply. */
  readonly offer: ReplyToken | undefined
}

/** What actors that are spawned alike share: the options of their mailboxes, every default filled in. */
export interface MailboxPolicy {
  readonly capacity: number
  readonly overflow: NonNullable<MailboxOptions['overflow']>
  /** Messages that the actor may put aside. */
  readonly stashCapacity: number
  readonly waitingCapacity: number
  /** Set when the mailbox is not plainly first in, first out. */
  readonly lanes: LaneOptions | undefined
}

/** `reentrant`: the names of the messages that need not wait for the turn under way. */
export function mailboxPolicy(options: MailboxOptions, reentrant: ReadonlySet<string>): MailboxPolicy {
  const { capacity = capacityDefault, overflow = 'drop-newest', priority } = options
  return {
    capacity,
    overflow,
    stashCapacity: options.stashCapacity ?? stashCapacityDefault,
    waitingCapacity: options.waitingCapacity ?? waitingCapacityDefault,
    lanes: priority === undefined && reentrant.size === 0 ? undefined : { priority: priority ?? {}, reentrant },
  }
}

export class Mailbox implements Iterable<Envelope> {
  readonly policy: MailboxPolicy
  /** The bound for who comes now: none comes in while others wait for room. */
  limit: number
  length = 0
  /** The message that came while the mailbox was empty: its name, or the envelope of what is no plain message. */
  #first: string | Envelope | undefined = undefined
  #payload: unknown = undefined
  #sender: Ref | undefined = undefined
  #replyTo: ReplyToken | undefined = undefined
  /** The messages behind it; with lanes, all of them. */
  #queue: MessageQueue | LaneQueue | undefined = undefined
  /** Who waits for room; `undefined` when nobody does. */
  waiting: Deque<WaitingMessage> | undefined = undefined

  constructor(policy: MailboxPolicy) {
    this.policy = policy
    this.limit = Math.min(policy.capacity, unbounded)
    if (policy.lanes !== undefined) this.#queue = new LaneQueue(policy.lanes)
  }

  get capacity(): number {
    return this.policy.capacity
  }

  get overflow(): MailboxPolicy['overflow'] {
    return this.policy.overflow
  }

  /** The queue, when it has lanes. */
  get lanes(): LaneQueue | undefined {
    return this.policy.lanes === undefined ? undefined : (this.#queue as LaneQueue)
  }

  /** Puts in a message that nobody waits for the reply to, behind all others of its priority. */
  pushMessage(name: string, payload: unknown, sender: Ref | undefined): void {
    if (this.length === 0 && this.policy.lanes === undefined) {
      this.#first = name
      this.#payload = payload
      this.#sender = sender
    } else {
      this.#queue ??= new MessageQueue()
      this.#queue.pushMessage(name, payload, sender)
    }
    this.length++
  }

  /** The same of a message whose sender waits for the reply. */
  pushAsk(name: string, payload: unknown, sender: Ref | undefined, replyTo: ReplyToken): void {
    if (this.length > 0 || this.policy.lanes !== undefined) {
      this.push(new Envelope(EnvelopeKind.message, name, payload, sender, replyTo))
      return
    }
    this.#first = name
    this.#payload = payload
    this.#sender = sender
    this.#replyTo = replyTo
    this.length = 1
  }

  push(envelope: Envelope): void {
    if (this.length === 0 && this.policy.lanes === undefined) this.#first = envelope
    else {
      this.#queue ??= new MessageQueue()
      this.#queue.push(envelope)
    }
    this.length++
  }

  /** Puts an envelope before all others. */
  unshift(envelope: Envelope): void {
    if (this.policy.lanes === undefined) {
      if (this.#first !== undefined) {
        this.#queue ??= new MessageQueue()
        this.#queue.unshift(this.peek() as Envelope)
        this.#forgetFirst()
      }
      this.#first = envelope
    } else this.#queue?.unshift(envelope)
    this.length++
  }

  /** Takes out the next; `spare` becomes the envelope of a plain message. */
  shift(spare: Envelope = emptyEnvelope()): Envelope | undefined {
    if (this.length === 0) return undefined
    this.length--
    const first = this.#first
    if (first === undefined) return this.#takeQueued(spare)
    this.#first = undefined
    if (typeof first !== 'string') return first
    refill(spare, first, this.#payload, this.#sender, this.#replyTo)
    this.#forgetFirst()
    return spare
  }

  /** Takes out the next message that may be handled while a turn is held. */
  shiftReentrant(): Envelope | undefined {
    const envelope = this.lanes?.shiftReentrant()
    if (envelope !== undefined) this.length--
    return envelope
  }

  peek(): Envelope | undefined {
    const first = this.#first
    if (first === undefined) return this.#queue?.peek()
    if (typeof first !== 'string') return first
    return new Envelope(EnvelopeKind.message, first, this.#payload, this.#sender, this.#replyTo)
  }

  /** What waits, the next to leave first; with lanes as they are. */
  *[Symbol.iterator](): Iterator<Envelope> {
    if (this.#first !== undefined) yield this.peek() as Envelope
    if (this.#queue !== undefined) yield* this.#queue
  }

  #forgetFirst(): void {
    this.#payload = undefined
    this.#sender = undefined
    this.#replyTo = undefined
  }

  #takeQueued(spare: Envelope): Envelope | undefined {
    if (this.policy.lanes !== undefined) return (this.#queue as LaneQueue).shift()
    const queue = this.#queue as MessageQueue
    const envelope = queue.shift(spare)
    if (this.length === 0 && queue.giveBack()) this.#queue = undefined
    return envelope
  }

  /** Puts the envelope into a full mailbox, or not: returns the one that had to go, if one had. */
  displace(envelope: Envelope): Envelope | undefined {
    if (this.overflow !== 'drop-oldest') return envelope
    const { lanes } = this
    if (lanes !== undefined) {
      const dropped = lanes.displaceOldest(envelope)
      this.length = lanes.length
      return dropped
    }
    // The oldest plain message makes room; a stop or a termination notice is never dropped.
    const kept: Envelope[] = []
    let oldest = this.shift()
    while (oldest !== undefined && oldest.kind !== EnvelopeKind.message) {
      kept.push(oldest)
      oldest = this.shift()
    }
    for (const envelopeKept of kept.reverse()) this.unshift(envelopeKept)
    this.push(envelope)
    return oldest
  }

  /** Puts a message into the line before the full mailbox; false when that is full too. */
  wait(message: WaitingMessage): boolean {
    this.waiting ??= new Deque()
    if (this.waiting.length >= this.policy.waitingCapacity) return false
    this.waiting.push(message)
    this.limit = 0
    return true
  }

  /** The first in line, when there is room for it. Once nobody waits, the mailbox is open again. */
  nextWaiting(): WaitingMessage | undefined {
    if (this.length >= this.capacity) return undefined
    const next = this.waiting?.shift()
    if (next === undefined) {
      this.waiting = undefined
      this.limit = Math.min(this.capacity, unbounded)
    }
    return next
  }
}
