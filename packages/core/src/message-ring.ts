/**
 * A ring of waiting messages, which grows to a bound. A plain message takes three places of one array, its name, payload
 * and sender, and becomes an envelope when it is taken out: what waits is then one array, and not as many objects as
 * messages, which the garbage collector would have to copy. Anything else is kept as the envelope that it is.
 */
import type { Ref } from './actor-ref.ts'
import { Envelope, EnvelopeKind, refill } from './envelope.ts'

const placesEach = 3
/** Messages that a ring begins with, and that it can have. */
const capacityMin = 4
export const ringCapacityMax = 1_024

export class MessageRing implements Iterable<Envelope> {
  #places: unknown[]
  capacity: number
  #head = 0
  length = 0
  /** The ring behind this one, for {@link MessageQueue}. */
  next: MessageRing | undefined = undefined

  constructor(capacity = capacityMin) {
    this.capacity = capacity
    this.#places = new Array(capacity * placesEach)
  }

  /** True when nothing more goes in. */
  get isFull(): boolean {
    return this.length === ringCapacityMax
  }

  /** A message that nobody waits for the reply to. There must be room. */
  pushMessage(name: string, payload: unknown, sender: Ref | undefined): void {
    const places = this.#places
    const index = ((this.#head + this.length) & (this.capacity - 1)) * placesEach
    places[index] = name
    places[index + 1] = payload
    places[index + 2] = sender
    this.length++
  }

  push(envelope: Envelope): void {
    this.#places[((this.#head + this.length) & (this.capacity - 1)) * placesEach] = envelope
    this.length++
  }

  unshift(envelope: Envelope): void {
    if (this.length === this.capacity) this.grow()
    this.#head = (this.#head - 1) & (this.capacity - 1)
    this.#places[this.#head * placesEach] = envelope
    this.length++
  }

  /** Takes out the next; `spare` becomes the envelope of a plain message. */
  shift(spare: Envelope): Envelope | undefined {
    if (this.length === 0) return undefined
    const places = this.#places
    const index = this.#head * placesEach
    const name = places[index]
    this.#head = (this.#head + 1) & (this.capacity - 1)
    this.length--
    if (typeof name !== 'string') {
      places[index] = undefined
      return name as Envelope
    }
    const payload = places[index + 1]
    // A name is the definition's, and a reference is small: the next message may write over them.
    if (typeof payload !== 'number') places[index + 1] = undefined
    refill(spare, name, payload, places[index + 2] as Ref | undefined, undefined)
    return spare
  }

  peek(): Envelope | undefined {
    return this.length === 0 ? undefined : this.#at(this.#head)
  }

  /** The messages, the next to leave first. */
  *[Symbol.iterator](): Iterator<Envelope> {
    for (let index = 0; index < this.length; index++) yield this.#at((this.#head + index) & (this.capacity - 1))
  }

  #at(position: number): Envelope {
    const places = this.#places
    const index = position * placesEach
    const name = places[index]
    return typeof name === 'string' ? plainEnvelope(name, places[index + 1], places[index + 2]) : (name as Envelope)
  }

  /** Makes room for as many again. */
  grow(): void {
    const grown = new Array(this.#places.length * 2)
    this.#moveTo(grown)
    this.#places = grown
    this.capacity *= 2
    this.#head = 0
  }

  /** What is in a smaller ring, which is as full as it is large, is in this empty one from now on. */
  takeOver(smaller: MessageRing): void {
    smaller.#moveTo(this.#places)
    this.#head = 0
    this.length = smaller.length
  }

  /**
   * Moves the messages, all the places of a full ring. None stays behind: an array that nobody needs, but that is old, keeps
   * alive what it holds until a full collection, which the bytes of large messages then cause.
   */
  #moveTo(target: unknown[]): void {
    const places = this.#places
    const from = this.#head * placesEach
    let to = 0
    for (let index = from; index < places.length; index++) target[to++] = places[index]
    for (let index = 0; index < from; index++) target[to++] = places[index]
    places.fill(undefined)
  }
}

/** The envelope of a message that nobody waits for the reply to. */
export function plainEnvelope(name: string, payload: unknown, sender: unknown): Envelope {
  return new Envelope(EnvelopeKind.message, name, payload, sender as Ref | undefined, undefined)
}

/** An envelope for {@link Envelope.refill}. */
export function emptyEnvelope(): Envelope {
  return plainEnvelope('', undefined, undefined)
}
