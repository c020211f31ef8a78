/**
 * The messages of a mailbox behind the first: one ring while they are few, a list of rings when they are many, so that a
 * long mailbox neither copies itself when it grows nor keeps its room when it was emptied.
 */
import type { Ref } from './actor-ref.ts'
import type { Envelope } from './envelope.ts'
import { MessageRing, ringCapacityMax } from './message-ring.ts'

/** Messages that an empty queue keeps room for. */
const capacityKept = 64

export class MessageQueue implements Iterable<Envelope> {
  #head = new MessageRing()
  #tail = this.#head

  /** True when it is empty and took so much room that it is better made anew. */
  get isSpent(): boolean {
    return this.#head.length === 0 && this.#head.capacity > capacityKept
  }

  /** A message that nobody waits for the reply to. */
  pushMessage(name: string, payload: unknown, sender: Ref | undefined): void {
    if (this.#tail.isFull) this.#lengthen()
    this.#tail.pushMessage(name, payload, sender)
  }

  push(envelope: Envelope): void {
    if (this.#tail.isFull) this.#lengthen()
    this.#tail.push(envelope)
  }

  unshift(envelope: Envelope): void {
    if (this.#head.isFull) {
      const ring = new MessageRing()
      ring.next = this.#head
      this.#head = ring
    }
    this.#head.unshift(envelope)
  }

  /** Takes out the next; `spare` becomes the envelope of a plain message. */
  shift(spare?: Envelope): Envelope | undefined {
    const envelope = this.#head.shift(spare)
    if (this.#head.length === 0 && this.#head.next !== undefined) this.#head = this.#head.next
    return envelope
  }

  peek(): Envelope | undefined {
    return this.#head.peek()
  }

  /** The messages, the next to leave first. */
  *[Symbol.iterator](): Iterator<Envelope> {
    for (let ring: MessageRing | undefined = this.#head; ring !== undefined; ring = ring.next) yield* ring
  }

  #lengthen(): void {
    const ring = new MessageRing(ringCapacityMax)
    this.#tail.next = ring
    this.#tail = ring
  }
}
