/**
 * The run queue of a node: who is next to get a batch of turns. It goes by rounds, each as many batches as cells waited
 * when it began: first for actors that never had a turn, the latest first, then for all others, first in, first out.
 *
 * Latest first, because what an actor spawns is mostly a part of its own work: a tree of actors is gone through in depth,
 * where few of them are alive at a time, and not in breadth, where all of them are. Those that one batch spawned keep
 * their order. Now and then the one that has waited longest is taken, so that none waits for ever.
 */
import type { ActorCell } from './actor-cell.ts'
import { Deque } from './deque.ts'

/** Of so many spawned actors that are taken, one is the one that has waited longest. A power of two. */
const oldestOf = 64

export class RunQueue implements Iterable<ActorCell> {
  readonly #queue = new Deque<ActorCell>()
  /** What the latest batch that spawned at all has spawned. */
  readonly #latest = new Deque<ActorCell>()
  /** True once a batch has begun since. */
  #latestIsOver = false
  /** What batches before it spawned, the next to leave last. */
  readonly #earlier = new Deque<ActorCell>()
  /** How many wait in these two. */
  #spawnedCount = 0
  /** What is left of the round, of spawned actors and of others. */
  #spawnedLeft = 0
  #queueLeft = 0
  /** Spawned actors taken so far. */
  #spawnedTaken = 0

  get length(): number {
    return this.#queue.length + this.#spawnedCount
  }

  *[Symbol.iterator](): Iterator<ActorCell> {
    yield* this.#latest
    yield* [...this.#earlier].reverse()
    yield* this.#queue
  }

  /** The cell has something to do. */
  push(cell: ActorCell): void {
    this.#queue.push(cell)
  }

  /** The cell has something to do and never had a turn. */
  pushSpawned(cell: ActorCell): void {
    if (this.#latestIsOver) this.#putLatestAside()
    this.#latest.push(cell)
    this.#spawnedCount++
  }

  /** Takes out the next. */
  shift(): ActorCell | undefined {
    return this.#spawnedCount === 0 ? this.#queue.shift() : this.#shiftInRound()
  }

  #shiftInRound(): ActorCell | undefined {
    const queue = this.#queue
    this.#latestIsOver = true
    if (this.#spawnedLeft === 0 && (this.#queueLeft === 0 || queue.length === 0)) {
      this.#spawnedLeft = this.#spawnedCount
      this.#queueLeft = queue.length
    }
    if (this.#spawnedLeft > 0) {
      this.#spawnedLeft--
      // Nobody counts where there are no spawned actors. One of the others is owed, lest a chain of spawns leaves them out.
      if (--this.#spawnedCount === 0) this.#queueLeft = Math.min(1, this.#queueLeft)
      return this.#shiftSpawned()
    }
    this.#queueLeft--
    return queue.shift()
  }

  #shiftSpawned(): ActorCell | undefined {
    if ((++this.#spawnedTaken & (oldestOf - 1)) === 0 && this.#earlier.length > 0) return this.#earlier.shift()
    return this.#latest.length > 0 ? this.#latest.shift() : this.#earlier.pop()
  }

  #putLatestAside(): void {
    for (let cell = this.#latest.pop(); cell !== undefined; cell = this.#latest.pop()) this.#earlier.push(cell)
    this.#latestIsOver = false
  }

  /**
   * Brings the cell at `index`, where 0 is the next to leave, to the front, exchanging it with the one there. For hosts
   * that choose for themselves and push all cells alike.
   */
  bringToFront(index: number): void {
    this.#queue.bringToFront(index)
  }
}
