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
  /** The next of the queue when it is the only one: most often the receiver of a single message. */
  private only: ActorCell | undefined = undefined
  private readonly queue = new Deque<ActorCell>()
  /** What the latest batch that spawned at all has spawned. */
  readonly #latest = new Deque<ActorCell>()
  /** True once a batch has begun since. */
  #latestIsOver = false
  /** What batches before it spawned, the next to leave last. */
  readonly #earlier = new Deque<ActorCell>()
  /** How many wait in these two. */
  private spawnedCount = 0
  /** What is left of the round, of spawned actors and of others. */
  #spawnedLeft = 0
  #queueLeft = 0
  /** Spawned actors taken so far. */
  #spawnedTaken = 0

  get length(): number {
    return this.queue.length + this.spawnedCount + (this.only === undefined ? 0 : 1)
  }

  *[Symbol.iterator](): Iterator<ActorCell> {
    yield* this.#latest
    yield* [...this.#earlier].reverse()
    if (this.only !== undefined) yield this.only
    yield* this.queue
  }

  /** The cell has something to do. */
  push(cell: ActorCell): void {
    if (this.only === undefined && this.queue.length === 0) this.only = cell
    else this.pushBehind(cell)
  }

  private pushBehind(cell: ActorCell): void {
    this.#putInLine()
    this.queue.push(cell)
  }

  /** The only one is not that any more, or is to be counted like all others. */
  #putInLine(): void {
    if (this.only === undefined) return
    this.queue.push(this.only)
    this.only = undefined
  }

  /** The cell has something to do and never had a turn. */
  pushSpawned(cell: ActorCell): void {
    if (this.#latestIsOver) this.#putLatestAside()
    this.#latest.push(cell)
    this.spawnedCount++
  }

  /** Takes out the next. */
  shift(): ActorCell | undefined {
    const { only } = this
    if (only === undefined || this.spawnedCount > 0) return this.shiftInLine()
    this.only = undefined
    return only
  }

  private shiftInLine(): ActorCell | undefined {
    if (this.spawnedCount === 0) return this.queue.shift()
    this.#putInLine()
    return this.#shiftInRound()
  }

  #shiftInRound(): ActorCell | undefined {
    const queue = this.queue
    this.#latestIsOver = true
    if (this.#spawnedLeft === 0 && (this.#queueLeft === 0 || queue.length === 0)) {
      this.#spawnedLeft = this.spawnedCount
      this.#queueLeft = queue.length
    }
    if (this.#spawnedLeft > 0) {
      this.#spawnedLeft--
      // Nobody counts where there are no spawned actors. One of the others is owed, lest a chain of spawns leaves them out.
      if (--this.spawnedCount === 0) this.#queueLeft = Math.min(1, this.#queueLeft)
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
    this.#putInLine()
    this.queue.bringToFront(index)
  }
}
