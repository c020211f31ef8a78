/**
 * The queue of a mailbox that is not plainly first in, first out: messages of a higher priority go first, and those
 * that a definition declares re-entrant can be taken out of turn. Each message is in a lane with its number of arrival.
 *
 * ```text
 *   front      what was put back: before everything
 *   lanes      by priority, the highest first; of one priority in order of arrival
 *   barriers   stops and death notices: after all that arrived before them, before all that arrived after
 * ```
 */
import { Deque } from './deque.ts'
import { type Envelope, EnvelopeKind } from './envelope.ts'

interface Numbered {
  readonly number: number
  readonly envelope: Envelope
}

interface Lane {
  readonly priority: number
  readonly isReentrant: boolean
  readonly items: Deque<Numbered>
}

/** What tells messages apart, by their names. */
export interface LaneOptions {
  /** Default of a name: 0. */
  readonly priority: Readonly<Record<string, number>>
  readonly reentrant: ReadonlySet<string>
}

export class LaneQueue extends Deque<Envelope> {
  readonly #options: LaneOptions
  /** By priority, the highest first; of one priority there may be two. */
  readonly #lanes: Lane[] = []
  readonly #barriers = new Deque<Numbered>()
  readonly #front = new Deque<Envelope>()
  #arrived = 0
  #reentrant = 0

  constructor(options: LaneOptions) {
    super()
    this.#options = options
  }

  /** Messages that can be taken out of turn. */
  get reentrant(): number {
    return this.#reentrant
  }

  override push(envelope: Envelope): void {
    const item = { number: this.#arrived++, envelope }
    this.length++
    if (isBarrier(envelope)) {
      this.#barriers.push(item)
      return
    }
    const isReentrant = this.#isReentrant(envelope)
    if (isReentrant) this.#reentrant++
    this.#lane(this.#priorityOf(envelope), isReentrant).items.push(item)
  }

  override unshift(envelope: Envelope): void {
    this.length++
    this.#front.unshift(envelope)
  }

  override peek(): Envelope | undefined {
    if (this.#front.length > 0) return this.#front.peek()
    return (this.#next()?.items ?? this.#barriers).peek()?.envelope
  }

  override shift(): Envelope | undefined {
    if (this.length === 0) return undefined
    if (this.#front.length > 0) {
      this.length--
      return this.#front.shift()
    }
    const lane = this.#next()
    if (lane !== undefined) return this.#take(lane)
    this.length--
    return this.#barriers.shift()?.envelope
  }

  /** The next message that may be handled while a turn is held. */
  shiftReentrant(): Envelope | undefined {
    if (this.#reentrant === 0) return undefined
    const lane = this.#lanes.find(({ isReentrant, items }) => isReentrant && items.length > 0)
    return lane === undefined ? undefined : this.#take(lane)
  }

  /**
   * Makes room for `envelope`: the oldest message of the lowest priority goes, and is returned; `envelope` itself when
   * all that wait have a higher one.
   */
  displaceOldest(envelope: Envelope): Envelope | undefined {
    const lowest = this.#lanes.findLast(({ items }) => firstMessage(items) !== undefined)
    if (lowest !== undefined && lowest.priority > this.#priorityOf(envelope)) return envelope
    const oldest = lowest === undefined ? undefined : this.#takeMessage(this.#oldestOf(lowest.priority) ?? lowest)
    this.push(envelope)
    return oldest
  }

  /** Takes the first message out of a lane; timers and answers, which are never dropped, stay where they are. */
  #takeMessage(lane: Lane): Envelope | undefined {
    const kept: Numbered[] = []
    let item = lane.items.shift()
    for (; item !== undefined && item.envelope.kind !== EnvelopeKind.message; item = lane.items.shift()) kept.push(item)
    for (const numbered of kept.reverse()) lane.items.unshift(numbered)
    this.length--
    if (lane.isReentrant) this.#reentrant--
    return item?.envelope
  }

  /** What waits: what was put back, then by priority, then the barriers. */
  override *[Symbol.iterator](): Iterator<Envelope> {
    yield* this.#front
    for (const { items } of this.#lanes) for (const { envelope } of items) yield envelope
    for (const { envelope } of this.#barriers) yield envelope
  }

  #take(lane: Lane): Envelope | undefined {
    this.length--
    if (lane.isReentrant) this.#reentrant--
    return lane.items.shift()?.envelope
  }

  /** The lane of the next message that no barrier holds back. */
  #next(): Lane | undefined {
    const barrier = this.#barriers.peek()?.number ?? Number.POSITIVE_INFINITY
    let chosen: Lane | undefined
    for (const lane of this.#lanes) {
      if (chosen !== undefined && lane.priority < chosen.priority) break
      const number = lane.items.peek()?.number
      if (number === undefined || number > barrier) continue
      if (chosen === undefined || number < (chosen.items.peek() as Numbered).number) chosen = lane
    }
    return chosen
  }

  #oldestOf(priority: number): Lane | undefined {
    let oldest: Lane | undefined
    for (const lane of this.#lanes) {
      const number = lane.priority === priority ? firstMessage(lane.items)?.number : undefined
      if (number === undefined) continue
      if (oldest === undefined || number < (firstMessage(oldest.items) as Numbered).number) oldest = lane
    }
    return oldest
  }

  #lane(priority: number, isReentrant: boolean): Lane {
    const found = this.#lanes.find((lane) => lane.priority === priority && lane.isReentrant === isReentrant)
    if (found !== undefined) return found
    const lane: Lane = { priority, isReentrant, items: new Deque() }
    const index = this.#lanes.findIndex((other) => other.priority < priority)
    this.#lanes.splice(index < 0 ? this.#lanes.length : index, 0, lane)
    return lane
  }

  #priorityOf({ name, kind }: Envelope): number {
    const { priority } = this.#options
    return kind !== EnvelopeKind.pull && Object.hasOwn(priority, name) ? (priority[name] as number) : 0
  }

  #isReentrant({ name, kind }: Envelope): boolean {
    return kind === EnvelopeKind.message && this.#options.reentrant.has(name)
  }
}

function firstMessage(items: Deque<Numbered>): Numbered | undefined {
  for (const item of items) if (item.envelope.kind === EnvelopeKind.message) return item
  return undefined
}

function isBarrier({ kind }: Envelope): boolean {
  return kind === EnvelopeKind.stop || kind === EnvelopeKind.terminated
}
