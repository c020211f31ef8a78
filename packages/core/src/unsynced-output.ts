/**
 * What a durable actor lets out and may not yet be known of: held in order until the records before it are synced. How
 * much may wait has a bound, by number and by size.
 */
import { Deque } from './deque.ts'
import { bytesOf, type HeldEffect } from './held-effect.ts'

/** Records of one actor, and turns whose output is held, that may wait for syncs at a time. */
export const unsyncedMax = 4_096
/** Bytes of those, about: the last turn before the bound may go past it. */
const unsyncedBytesMax = 8 * 1024 ** 2

export class UnsyncedOutput {
  readonly #release: (effect: HeldEffect) => void
  readonly #isAlive: () => boolean
  /** What is held of all turns, in order: no object is made for a turn. */
  readonly #held = new Deque<HeldEffect | (() => void)>()
  /** Of each turn: until how many records are synced, how much it holds, and about how many bytes that is. */
  readonly #records = new Deque<number>()
  readonly #counts = new Deque<number>()
  readonly #heldBytes = new Deque<number>()
  /** Records appended and synced by this incarnation. */
  #appended = 0
  #synced = 0
  /** The size of each record that waits for its sync, and of all that waits. */
  readonly #recordBytes = new Deque<number>()
  #bytes = 0

  /** `release` lets an effect go, and throws nothing; no more than is under way goes once `isAlive` is false. */
  constructor(release: (effect: HeldEffect) => void, isAlive: () => boolean) {
    this.#release = release
    this.#isAlive = isAlive
  }

  /** True while so much waits for syncs that the actor takes no more turns. */
  get isFull(): boolean {
    return (
      this.#appended - this.#synced >= unsyncedMax ||
      this.#records.length >= unsyncedMax ||
      this.#bytes >= unsyncedBytesMax
    )
  }

  /** True while nothing waits for a sync. */
  get isSynced(): boolean {
    return this.#records.length === 0 && this.#synced === this.#appended
  }

  /** A record was appended to the journal. */
  appended(bytes: number): void {
    this.#appended++
    this.#recordBytes.push(bytes)
    this.#bytes += bytes
  }

  /** Takes all of `effects`, and lets them go once all that was appended so far is synced: at once if it is. */
  hold(effects: Deque<HeldEffect>): void {
    const { isSynced } = this
    const count = effects.length
    let bytes = 0
    for (let effect = effects.shift(); effect !== undefined; effect = effects.shift()) {
      if (isSynced) this.#release(effect)
      else {
        bytes += bytesOf(effect)
        this.#held.push(effect)
      }
    }
    if (!isSynced) this.#note(count, bytes)
  }

  /** Runs `run` once everything that was appended so far is synced, after what is held: at once if nothing is. */
  whenSynced(run: () => void): void {
    if (this.isSynced) {
      run()
      return
    }
    this.#held.push(run)
    this.#note(1, 0)
  }

  #note(count: number, bytes: number): void {
    this.#records.push(this.#appended)
    this.#counts.push(count)
    this.#heldBytes.push(bytes)
    this.#bytes += bytes
  }

  /** The next record is synced: lets go what waited for it. */
  synced(): void {
    this.#synced++
    this.#bytes -= this.#recordBytes.shift() ?? 0
    for (
      let record = this.#records.peek();
      record !== undefined && record <= this.#synced && this.#isAlive();
      record = this.#records.peek()
    ) {
      this.#records.shift()
      this.#bytes -= this.#heldBytes.shift() as number
      for (let left = this.#counts.shift() as number; left > 0; left--) this.#letGo()
    }
  }

  #letGo(): void {
    const next = this.#held.shift()
    if (typeof next === 'function') next()
    else if (next !== undefined) this.#release(next)
  }
}
