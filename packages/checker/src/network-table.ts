/**
 * The contents of the network, numbered. A network is a sorted tuple of message numbers: a set when it duplicates (a
 * delivery takes nothing away), a multiset when it does not. What a step does to it is a *delta*, numbered too, and
 * `apply` is a pure function of two numbers: a direct-mapped cache answers most calls.
 */
import { Interner } from './interner.ts'
import { TupleTable } from './tuple-table.ts'

/**
 * Both are unordered. `duplicating`: a set of messages, each of which may be delivered again and again.
 * `non-duplicating`: a multiset, from which a delivery takes the message.
 */
export type NetworkKind = 'duplicating' | 'non-duplicating'

/** What a step takes from the network and adds to it. */
interface Delta {
  /** -1: nothing. */
  readonly removed: number
  /** Message numbers, sorted. */
  readonly added: readonly number[]
}

const cacheBits = 16

export class NetworkTable {
  readonly #kind: NetworkKind
  readonly #table = new TupleTable()
  readonly #deltas = new Interner<Delta>()
  readonly #cacheNetworks = new Int32Array(1 << cacheBits).fill(-1)
  readonly #cacheDeltas = new Int32Array(1 << cacheBits)
  readonly #cacheResults = new Int32Array(1 << cacheBits)
  #scratch = new Int32Array(64)

  /** The empty network is number 0. */
  constructor(kind: NetworkKind) {
    this.#kind = kind
    this.#table.intern(this.#scratch, 0)
  }

  /** The delta of a turn that handled message `delivered` (-1: none) and sent `sent`. */
  turnDelta(delivered: number, sent: readonly number[]): number {
    return this.#delta(this.#kind === 'duplicating' ? -1 : delivered, sent)
  }

  /** The delta of losing one copy of `message`. */
  dropDelta(message: number): number {
    return this.#delta(message, [])
  }

  #delta(removed: number, sent: readonly number[]): number {
    const added = sent.toSorted((left, right) => left - right)
    return this.#deltas.intern(`${removed}:${added}`, () => ({ removed, added }))
  }

  /** The network after `delta`. */
  apply(network: number, delta: number): number {
    const slot = (Math.imul(network, 0x9e3779b1) ^ Math.imul(delta, 0x85ebca6b)) >>> (32 - cacheBits)
    if (this.#cacheNetworks[slot] === network && this.#cacheDeltas[slot] === delta) {
      return this.#cacheResults[slot] as number
    }
    const result = this.#merge(network, this.#deltas.values[delta] as Delta)
    this.#cacheNetworks[slot] = network
    this.#cacheDeltas[slot] = delta
    this.#cacheResults[slot] = result
    return result
  }

  #merge(network: number, { removed, added }: Delta): number {
    const table = this.#table
    const isSet = this.#kind === 'duplicating'
    const end = table.end(network)
    let from = table.start(network)
    if (this.#scratch.length < end - from + added.length)
      this.#scratch = new Int32Array((end - from + added.length) * 2)
    const merged = this.#scratch
    let length = 0
    let next = 0
    let toRemove = removed
    while (from < end || next < added.length) {
      const held = from < end ? (table.pool[from] as number) : Number.POSITIVE_INFINITY
      const sent = next < added.length ? (added[next] as number) : Number.POSITIVE_INFINITY
      if (held <= sent) {
        from++
        if (held === toRemove) {
          toRemove = -1
          continue
        }
      } else next++
      const message = Math.min(held, sent)
      if (isSet && length > 0 && merged[length - 1] === message) continue
      merged[length++] = message
    }
    return table.intern(merged, length)
  }

  /** The messages of a network are `messageAt(index)` for `start <= index < end`, sorted; equal ones are neighbours. */
  start(network: number): number {
    return this.#table.start(network)
  }

  end(network: number): number {
    return this.#table.end(network)
  }

  messageAt(index: number): number {
    return this.#table.pool[index] as number
  }
}
