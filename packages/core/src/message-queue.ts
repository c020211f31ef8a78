/**
 * The messages of a mailbox behind the first: one ring while they are few, a list of rings when they are many, so that a
 * long mailbox neither copies itself when it grows nor keeps its room when it was emptied.
 */
import type { Ref } from './actor-ref.ts'
import type { Envelope } from './envelope.ts'
import { MessageRing, ringCapacityMax } from './message-ring.ts'

/** Messages that an empty queue keeps room for. */
const capacityKept = 64
/** Rings of full size, emptied, that wait for the next long mailbox of this thread: making one anew costs as its messages do. */
const spareRings: MessageRing[] = []
const spareRingsMax = 64

export class MessageQueue implements Iterable<Envelope> {
  #head = new MessageRing()
  #tail = this.#head

  /** Gives back the room of a queue that is empty and had taken much; true when it did, and the queue is to be dropped. */
  giveBack(): boolean {
    if (this.#head.length > 0 || this.#head.capacity <= capacityKept) return false
    giveBack(this.#head)
    return true
  }

  /** A message that nobody waits for the reply to. */
  pushMessage(name: string, payload: unknown, sender: Ref | undefined): void {
    if (this.#tail.length >= this.#tail.capacity) this.#makeRoom()
    this.#tail.pushMessage(name, payload, sender)
  }

  push(envelope: Envelope): void {
    if (this.#tail.length >= this.#tail.capacity) this.#makeRoom()
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
  shift(spare: Envelope): Envelope | undefined {
    const head = this.#head
    const envelope = head.shift(spare)
    if (head.length === 0 && head !== this.#tail) this.#dropHead()
    return envelope
  }

  /** True when the next is a plain message. */
  get isPlain(): boolean {
    return this.#head.isPlain
  }

  peek(): Envelope | undefined {
    return this.#head.peek()
  }

  /** The messages, the next to leave first. */
  *[Symbol.iterator](): Iterator<Envelope> {
    for (let ring: MessageRing | undefined = this.#head; ring !== undefined; ring = ring.next) yield* ring
  }

  /** The last ring is as full as it is large: it grows, as a ring that is there already where it would be large, or another follows it. */
  #makeRoom(): void {
    const tail = this.#tail
    if (tail.isFull) this.#lengthen()
    else if (tail.capacity >= capacityKept && tail === this.#head && spareRings.length > 0) {
      const ring = spareRings.pop() as MessageRing
      ring.takeOver(tail)
      this.#head = ring
      this.#tail = ring
    } else tail.grow()
  }

  #dropHead(): void {
    const head = this.#head
    this.#head = head.next as MessageRing
    giveBack(head)
  }

  #lengthen(): void {
    const ring = spareRings.pop() ?? new MessageRing(ringCapacityMax)
    this.#tail.next = ring
    this.#tail = ring
  }
}

/** Keeps an emptied ring of full size for another queue. */
function giveBack(ring: MessageRing): void {
  if (ring.capacity < ringCapacityMax || spareRings.length >= spareRingsMax) return
  ring.next = undefined
  spareRings.push(ring)
}
