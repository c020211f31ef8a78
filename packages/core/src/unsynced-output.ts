/**
 * What a durable actor lets out and may not yet be known of: held in order until the records before it are synced. How
 * much may wait has a bound, by number and by size.
 */
import { Deque } from './deque.ts'
import { type HeldEffect, heldBytes } from './held-effect.ts'

/** What waits until `record` of this actor's records are synced. */
interface Held {
  readonly record: number
  readonly effects: readonly HeldEffect[]
  readonly run: (() => void) | undefined
  /** About how many bytes the effects carry. */
  readonly bytes: number
}

/** Records of one actor, and turns whose output is held, that may wait for syncs at a time. */
export const unsyncedMax = 4_096
/** Bytes of those, about: the last turn before the bound may go past it. */
const unsyncedBytesMax = 8 * 1024 ** 2

export class UnsyncedOutput {
  readonly #release: (effect: HeldEffect) => void
  readonly #held = new Deque<Held>()
  /** Records appended and synced by this incarnation. */
  #appended = 0
  #synced = 0
  /** The size of each record that waits for its sync, and of all that waits. */
  readonly #recordBytes = new Deque<number>()
  #bytes = 0

  /** `release` lets an effect go, and throws nothing. */
  constructor(release: (effect: HeldEffect) => void) {
    this.#release = release
  }

  /** True while so much waits for syncs that the actor takes no more turns. */
  get isFull(): boolean {
    return (
      this.#appended - this.#synced >= unsyncedMax ||
      this.#held.length >= unsyncedMax ||
      this.#bytes >= unsyncedBytesMax
    )
  }

  /** True while nothing waits for a sync. */
  get isSynced(): boolean {
    return this.#held.length === 0 && this.#synced === this.#appended
  }

  /** A record was appended to the journal. */
  appended(bytes: number): void {
    this.#appended++
    this.#recordBytes.push(bytes)
    this.#bytes += bytes
  }

  /** Lets `effects` go once all that was appended so far is synced: at once if it is. */
  hold(effects: readonly HeldEffect[]): void {
    if (this.isSynced) {
      for (const effect of effects) this.#release(effect)
      return
    }
    const bytes = heldBytes(effects)
    this.#bytes += bytes
    this.#held.push({ record: this.#appended, effects, run: undefined, bytes })
  }

  /** Runs `run` once everything that was appended so far is synced, after what is held: at once if nothing is. */
  whenSynced(run: () => void): void {
    if (this.isSynced) run()
    else this.#held.push({ record: this.#appended, effects: [], run, bytes: 0 })
  }

  /** The next record is synced: lets go what waited for it, while `isAlive`. */
  synced(isAlive: () => boolean): void {
    this.#synced++
    this.#bytes -= this.#recordBytes.shift() ?? 0
    let head = this.#held.peek()
    while (head !== undefined && head.record <= this.#synced && isAlive()) {
      this.#held.shift()
      this.#bytes -= head.bytes
      for (const effect of head.effects) this.#release(effect)
      head.run?.()
      head = this.#held.peek()
    }
  }
}
