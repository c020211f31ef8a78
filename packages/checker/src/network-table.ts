/**
 * The contents of the network, numbered. A network is a tuple of message numbers:
 *
 *     unordered    sorted: a multiset
 *     duplicating  sorted: a set, since a delivery takes nothing away
 *     ordered      by pair of sender and receiver, and for each pair in the order of sending
 *
 * What a step does to it is a *delta*, numbered too, and `apply` is a pure function of two numbers: a direct-mapped cache
 * answers most calls.
 */
import { Interner } from './interner.ts'
import type { MessageTable } from './message-table.ts'
import type { LoggedTable, NumberLog } from './number-log.ts'
import { TupleTable } from './tuple-table.ts'

/** The networks by name. */
export const networkKinds = ['unordered', 'duplicating', 'ordered'] as const

/**
 * `unordered`: a multiset of messages, from which a delivery takes one. `duplicating`: a set of messages, unordered too, each
 * of which may be delivered again and again. `ordered`: first in, first out from each sender to each receiver; a delivery takes
 * the message even when it has no effect.
 */
export type NetworkKind = (typeof networkKinds)[number]

/** What a step takes from the network and adds to it. */
interface Delta {
  /** -1: nothing. */
  readonly removed: number
  /** Message numbers, in the order of a network. */
  readonly added: readonly number[]
  /** The message that was delivered, where the network remembers it; -1: none. */
  readonly delivered: number
}

const cacheBits = 16

export class NetworkTable {
  readonly kind: NetworkKind
  readonly #messages: MessageTable
  readonly #remembersLast: boolean
  /** Integers of a network before its messages. */
  readonly #header: number
  readonly #table = new TupleTable()
  readonly #deltas = new Interner<Delta>()
  readonly #cacheNetworks = new Int32Array(1 << cacheBits).fill(-1)
  readonly #cacheDeltas = new Int32Array(1 << cacheBits)
  readonly #cacheResults = new Int32Array(1 << cacheBits)
  readonly #log: LoggedTable | undefined
  #scratch = new Int32Array(64)

  /** The empty network is number 0. `remembersLast`: the message delivered last is part of it. */
  constructor(kind: NetworkKind, messages: MessageTable, remembersLast = false, log?: NumberLog) {
    this.kind = kind
    this.#messages = messages
    this.#remembersLast = remembersLast
    this.#header = remembersLast ? 1 : 0
    this.#log = log?.open((entry) => {
      this.#table.intern(Int32Array.from(entry === '' ? [] : entry.split(','), Number))
    })
    this.#scratch[0] = -1
    this.#intern(this.#scratch, this.#header)
  }

  /** The delta of a turn that handled message `delivered` (-1: none) and sent `sent`. */
  turnDelta(delivered: number, sent: readonly number[]): number {
    return this.#delta(this.kind === 'duplicating' ? -1 : delivered, sent, this.#remembersLast ? delivered : -1)
  }

  /** The delta of losing one copy of `message`. */
  dropDelta(message: number): number {
    return this.#delta(message, [], -1)
  }

  /** The delta of taking `message` and adding `sent`, whatever network it is. */
  takenDelta(message: number, sent: readonly number[]): number {
    return this.#delta(message, sent, -1)
  }

  /** The number of the network that holds `messages`, those of one pair in the order of sending. */
  of(messages: readonly number[], last = -1): number {
    return this.#merge(0, { removed: -1, added: this.#sorted(messages), delivered: last })
  }

  /** The message delivered last; -1: none, or it is not remembered. */
  last(network: number): number {
    return this.#remembersLast ? (this.#table.pool[this.start(network) - this.#header] as number) : -1
  }

  #delta(removed: number, sent: readonly number[], delivered: number): number {
    const added = this.#sorted(sent)
    return this.#deltas.intern(`${removed}:${added}:${delivered}`, () => ({ removed, added, delivered }))
  }

  #sorted(messages: readonly number[]): number[] {
    return messages.toSorted((left, right) => this.#rank(left) - this.#rank(right))
  }

  /** What a network is sorted by. */
  #rank(message: number): number {
    return this.kind === 'ordered' ? this.#messages.pair(message) : message
  }

  /** The network after `delta`. */
  apply(network: number, delta: number): number {
    const slot = (Math.imul(network, 0x9e3779b1) ^ Math.imul(delta, 0x85ebca6b)) >>> (32 - cacheBits)
    if (this.#cacheNetworks[slot] === network && this.#cacheDeltas[slot] === delta) {
      return this.#cacheResults[slot] as number
    }
    const result = this.#merge(network, this.#deltas.get(delta))
    this.#cacheNetworks[slot] = network
    this.#cacheDeltas[slot] = delta
    this.#cacheResults[slot] = result
    return result
  }

  #merge(network: number, { removed, added, delivered }: Delta): number {
    const table = this.#table
    const isSet = this.kind === 'duplicating'
    let from = this.start(network)
    const end = table.end(network)
    const lengthMax = this.#header + end - from + added.length
    if (this.#scratch.length < lengthMax) this.#scratch = new Int32Array(lengthMax * 2)
    const merged = this.#scratch
    if (this.#remembersLast) merged[0] = delivered >= 0 ? delivered : this.last(network)
    let length = this.#header
    let next = 0
    let toRemove = removed
    while (from < end || next < added.length) {
      const takesHeld =
        next === added.length ||
        (from < end && this.#rank(table.pool[from] as number) <= this.#rank(added[next] as number))
      const message = takesHeld ? (table.pool[from++] as number) : (added[next++] as number)
      if (takesHeld && message === toRemove) toRemove = -1
      else if (!isSet || length === this.#header || merged[length - 1] !== message) merged[length++] = message
    }
    return this.#intern(merged, length)
  }

  #intern(contents: Int32Array, length: number): number {
    if (this.#log === undefined) return this.#table.intern(contents, length)
    const known = this.#table.find(contents, length)
    if (known >= 0) return known
    this.#log.append(contents.subarray(0, length).join(), () => this.#table.find(contents, length) >= 0)
    return this.#table.find(contents, length)
  }

  /** The messages of a network are `messageAt(index)` for `start <= index < end`; equal ones are neighbours where sorted. */
  start(network: number): number {
    // Another thread may have met it first.
    if (network >= this.#table.size) this.#log?.catchUp()
    return this.#table.start(network) + this.#header
  }

  end(network: number): number {
    return this.#table.end(network)
  }

  messageAt(index: number): number {
    return this.#table.pool[index] as number
  }

  /** Whether the message at `index` of a network that starts at `start` may be the next: of equal ones the first may. */
  isDeliverable(index: number, start: number): boolean {
    if (index === start) return true
    const { pool } = this.#table
    const message = pool[index] as number
    const before = pool[index - 1] as number
    return this.kind === 'ordered' ? this.#rank(before) !== this.#rank(message) : before !== message
  }
}
