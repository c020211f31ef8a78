/**
 * An actor's mailbox: bounded, and what happens at the bound. What must never be dropped goes in past it. Who waits for
 * room stands in a line before the mailbox, bounded too.
 *
 * Most mailboxes hold one message at a time, so the first one lies in the mailbox itself; a queue is made for a second. The
 * fields are private by their types alone, as in the turn loop.
 */
import type { Ref, ReplyToken } from './actor-ref.ts'
import { Deque } from './deque.ts'
import { Envelope, EnvelopeKind, emptyEnvelope, type SpareEnvelope, tokenOf } from './envelope.ts'
import { type LaneOptions, LaneQueue } from './lane-queue.ts'
import { MessageQueue } from './message-queue.ts'
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
  /** True when what must not be dropped may come in as a plain message. */
  readonly keepsAll: boolean
}

/**
 * `reentrant`: the names of the messages that need not wait for the turn under way. `others`: what the options are, part by part,
 * where they say nothing.
 */
export function mailboxPolicy(
  options: MailboxOptions | undefined,
  reentrant: ReadonlySet<string>,
  others?: MailboxOptions,
): MailboxPolicy {
  const capacity = options?.capacity ?? others?.capacity ?? capacityDefault
  const overflow = options?.overflow ?? others?.overflow ?? 'drop-newest'
  const priority = options?.priority ?? others?.priority
  const lanes = priority === undefined && reentrant.size === 0 ? undefined : { priority: priority ?? {}, reentrant }
  return {
    capacity,
    overflow,
    stashCapacity: options?.stashCapacity ?? others?.stashCapacity ?? stashCapacityDefault,
    waitingCapacity: options?.waitingCapacity ?? others?.waitingCapacity ?? waitingCapacityDefault,
    lanes,
    keepsAll: lanes === undefined && overflow !== 'drop-oldest',
  }
}

export class Mailbox implements Iterable<Envelope> {
  readonly policy: MailboxPolicy
  /** Up to how many messages a plain one comes in as its parts; 0 with lanes, and while others wait for room. */
  limit: number
  length = 0
  /** The message that came while the mailbox was empty: its name, or the envelope of what is no plain message. */
  private first: string | Envelope | undefined = undefined
  private payload: unknown = undefined
  private sender: Ref | undefined = undefined
  /** Of an ask, its asker and its number: see {@link Envelope.asker}. */
  private asker: ReplyToken | undefined = undefined
  private askId = 0
  /** The messages behind it; with lanes, all of them. */
  private queue: MessageQueue | LaneQueue | undefined = undefined
  /** Who waits for room; `undefined` when nobody does. */
  waiting: Deque<WaitingMessage> | undefined = undefined

  constructor(policy: MailboxPolicy) {
    this.policy = policy
    this.limit = limitOf(policy)
    if (policy.lanes !== undefined) this.queue = new LaneQueue(policy.lanes)
  }

  /** True when there is room for who comes now: none comes in while others wait for it. */
  get hasRoom(): boolean {
    return this.length < this.policy.capacity && this.waiting === undefined
  }

  get capacity(): number {
    return this.policy.capacity
  }

  get overflow(): MailboxPolicy['overflow'] {
    return this.policy.overflow
  }

  /** The queue, when it has lanes. */
  get lanes(): LaneQueue | undefined {
    return this.policy.lanes === undefined ? undefined : (this.queue as LaneQueue)
  }

  /** Puts in a message that nobody waits for the reply to, behind all others. Not for a mailbox with lanes. */
  pushMessage(name: string, payload: unknown, sender: Ref | undefined): void {
    if (this.length++ === 0) {
      this.first = name
      this.payload = payload
      this.sender = sender
    } else this.#pushQueued(name, payload, sender)
  }

  #pushQueued(name: string, payload: unknown, sender: Ref | undefined): void {
    this.queue ??= new MessageQueue()
    ;(this.queue as MessageQueue).pushMessage(name, payload, sender)
  }

  /** The same of ask `askId` of the node that `asker` is a token of. */
  pushAsk(name: string, payload: unknown, sender: Ref | undefined, asker: ReplyToken, askId: number): void {
    if (this.length > 0) {
      this.push(new Envelope(EnvelopeKind.message, name, payload, sender, tokenOf(asker, askId)))
      return
    }
    this.first = name
    this.payload = payload
    this.sender = sender
    this.asker = asker
    this.askId = askId
    this.length = 1
  }

  push(envelope: Envelope): void {
    if (this.length === 0 && this.policy.lanes === undefined) this.first = envelope
    else {
      this.queue ??= new MessageQueue()
      this.queue.push(envelope)
    }
    this.length++
  }

  /** Puts an envelope before all others. */
  unshift(envelope: Envelope): void {
    if (this.policy.lanes === undefined) {
      if (this.first !== undefined) {
        this.queue ??= new MessageQueue()
        this.queue.unshift(this.peek() as Envelope)
        this.#forgetFirst()
      }
      this.first = envelope
    } else this.queue?.unshift(envelope)
    this.length++
  }

  /** Takes out the next; `spare` becomes the envelope of a plain message. */
  shift(spare: SpareEnvelope = emptyEnvelope()): Envelope | undefined {
    if (this.length === 0) return undefined
    const first = this.first
    if (typeof first === 'string') {
      this.shiftPlain(spare)
      return spare
    }
    this.length--
    if (first === undefined) return this.#takeQueued(spare)
    this.first = undefined
    return first
  }

  /** Takes out the next into `spare`, if it is a plain message; otherwise it stays. */
  shiftPlain(spare: SpareEnvelope): boolean {
    const first = this.first
    if (typeof first !== 'string') return first === undefined && this.#shiftPlainQueued(spare)
    this.length--
    spare.name = first
    spare.payload = this.payload
    spare.sender = this.sender
    this.first = undefined
    this.payload = undefined
    this.sender = undefined
    if (this.asker !== undefined) this.#takeAsker(spare)
    return true
  }

  #takeAsker(spare: SpareEnvelope): void {
    spare.asker = this.asker
    spare.askId = this.askId
    this.asker = undefined
  }

  #shiftPlainQueued(spare: SpareEnvelope): boolean {
    if (this.length === 0 || this.policy.lanes !== undefined) return false
    const queue = this.queue as MessageQueue
    if (!queue.shiftPlain(spare)) return false
    if (--this.length === 0) this.#queueEmptied(queue)
    return true
  }

  #queueEmptied(queue: MessageQueue): void {
    if (queue.emptied()) this.queue = undefined
  }

  /** Takes out the next message that may be handled while a turn is held. */
  shiftReentrant(): Envelope | undefined {
    const envelope = this.lanes?.shiftReentrant()
    if (envelope !== undefined) this.length--
    return envelope
  }

  peek(): Envelope | undefined {
    const first = this.first
    if (first === undefined) return this.queue?.peek()
    if (typeof first !== 'string') return first
    const replyTo = this.asker === undefined ? undefined : tokenOf(this.asker, this.askId)
    return new Envelope(EnvelopeKind.message, first, this.payload, this.sender, replyTo)
  }

  /** What waits, the next to leave first; with lanes as they are. */
  *[Symbol.iterator](): Iterator<Envelope> {
    if (this.first !== undefined) yield this.peek() as Envelope
    if (this.queue !== undefined) yield* this.queue
  }

  #forgetFirst(): void {
    this.payload = undefined
    this.sender = undefined
    this.asker = undefined
  }

  #takeQueued(spare: SpareEnvelope): Envelope | undefined {
    if (this.policy.lanes !== undefined) return (this.queue as LaneQueue).shift()
    const queue = this.queue as MessageQueue
    const envelope = queue.shift(spare)
    if (this.length === 0) this.#queueEmptied(queue)
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
      this.limit = limitOf(this.policy)
    }
    return next
  }
}

function limitOf({ capacity, lanes }: MailboxPolicy): number {
  return lanes === undefined ? Math.min(capacity, unbounded) : 0
}
