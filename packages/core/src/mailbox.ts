/**
 * An actor's mailbox: bounded, and what happens at the bound. What must never be dropped goes in past it. Who waits for
 * room stands in a line before the mailbox, bounded too.
 */
import type { ReplyToken } from './actor-ref.ts'
import { Deque } from './deque.ts'
import { type Envelope, EnvelopeKind } from './envelope.ts'
import { LaneQueue } from './lane-queue.ts'
import type { MailboxOptions } from './spawn-options.ts'

const capacityDefault = 100_000
const stashCapacityDefault = 1_000
const waitingCapacityDefault = 10_000

/** A message that waits for room. */
export interface WaitingMessage {
  readonly envelope: Envelope
  /** Of the send that is told once its message was taken; an ask is told by its reply. */
  readonly offer: ReplyToken | undefined
}

export class Mailbox {
  readonly queue: Deque<Envelope>
  /** The queue again, when it has lanes. */
  readonly lanes: LaneQueue | undefined
  readonly capacity: number
  /** The bound for who comes now: none comes in while others wait for room. */
  limit: number
  readonly overflow: NonNullable<MailboxOptions['overflow']>
  /** Who waits for room; `undefined` when nobody does. */
  waiting: Deque<WaitingMessage> | undefined = undefined
  readonly #waitingCapacity: number
  /** Messages that the actor may put aside. */
  readonly stashCapacity: number

  /** `reentrant`: the names of the messages that need not wait for the turn under way. */
  constructor(options: MailboxOptions, reentrant: ReadonlySet<string>) {
    const { capacity = capacityDefault, overflow = 'drop-newest', priority } = options
    this.capacity = capacity
    this.limit = capacity
    this.overflow = overflow
    this.stashCapacity = options.stashCapacity ?? stashCapacityDefault
    this.#waitingCapacity = options.waitingCapacity ?? waitingCapacityDefault
    this.lanes =
      priority === undefined && reentrant.size === 0
        ? undefined
        : new LaneQueue({ priority: priority ?? {}, reentrant })
    this.queue = this.lanes ?? new Deque()
  }

  /** Puts the envelope into a full mailbox, or not: returns the one that had to go, if one had. */
  displace(envelope: Envelope): Envelope | undefined {
    if (this.overflow !== 'drop-oldest') return envelope
    if (this.lanes !== undefined) return this.lanes.displaceOldest(envelope)
    const { queue } = this
    // The oldest plain message makes room; a stop or a termination notice is never dropped.
    const kept: Envelope[] = []
    let oldest = queue.shift()
    while (oldest !== undefined && oldest.kind !== EnvelopeKind.message) {
      kept.push(oldest)
      oldest = queue.shift()
    }
    for (const envelopeKept of kept.reverse()) queue.unshift(envelopeKept)
    queue.push(envelope)
    return oldest
  }

  /** Puts a message into the line before the full mailbox; false when that is full too. */
  wait(message: WaitingMessage): boolean {
    this.waiting ??= new Deque()
    if (this.waiting.length >= this.#waitingCapacity) return false
    this.waiting.push(message)
    this.limit = 0
    return true
  }

  /** The first in line, when there is room for it. Once nobody waits, the mailbox is open again. */
  nextWaiting(): WaitingMessage | undefined {
    if (this.queue.length >= this.capacity) return undefined
    const next = this.waiting?.shift()
    if (next === undefined) {
      this.waiting = undefined
      this.limit = this.capacity
    }
    return next
  }
}
