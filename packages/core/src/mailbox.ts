/** An actor's mailbox: bounded, first in first out. What must never be dropped goes in past the bound. */
import { Deque } from './deque.ts'
import { type Envelope, EnvelopeKind } from './envelope.ts'
import type { MailboxOptions } from './spawn-options.ts'

const capacityDefault = 100_000
const stashCapacityDefault = 1_000

export class Mailbox {
  readonly queue = new Deque<Envelope>()
  readonly capacity: number
  readonly dropsOldest: boolean
  /** Messages that the actor may put aside. */
  readonly stashCapacity: number

  constructor(options: MailboxOptions | undefined) {
    this.capacity = options?.capacity ?? capacityDefault
    this.dropsOldest = options?.overflow === 'drop-oldest'
    this.stashCapacity = options?.stashCapacity ?? stashCapacityDefault
  }

  /** Puts the envelope in and returns the one that had to go instead, if the mailbox is full. */
  offer(envelope: Envelope): Envelope | undefined {
    const { queue } = this
    if (queue.length < this.capacity) {
      queue.push(envelope)
      return undefined
    }
    if (!this.dropsOldest) return envelope
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
}
