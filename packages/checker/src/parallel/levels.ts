/**
 * The levels of a search, as its threads go through them. A level is a range of rows of the table, of which each thread takes
 * a few at a time. A thread that finds none left rests; the last one to do so begins the next level, or has all pause for
 * the coordinator to look:
 *
 *     take, take, take, rest ... --- the last one: next level --- take, take, rest ...
 *
 * All of it is in shared memory: a message to each thread would cost more than a small level takes, and leave threads
 * waiting at the end of each large one.
 */
import { rowsTakenMax } from '../state-table.ts'
import { Control } from './control.ts'

/** How long a resting thread looks for the next level before it sleeps: to be woken takes about as long. */
const lookMs = 0.1
/** Looks between two looks at the clock. */
const looksPerClock = 64
/** How long a thread sleeps before it lets other work of its own in. */
const sleepMs = 2
/** A level is taken in so many parts, if it is small. */
const partsOfLevel = 16

export class Levels {
  readonly #control: Int32Array

  constructor(control: Int32Array) {
    this.#control = control
  }

  /** The first state of the level, and the first beyond it. */
  get start(): number {
    return Atomics.load(this.#control, Control.levelStart)
  }

  get end(): number {
    return Atomics.load(this.#control, Control.levelEnd)
  }

  /** How many states of it a thread takes at a time; new states get rows so many at a time, too. */
  get chunk(): number {
    return Math.max(1, Math.min(rowsTakenMax, Math.ceil((this.end - this.start) / partsOfLevel)))
  }

  /** The depth of its states. */
  get depth(): number {
    return Atomics.load(this.#control, Control.depth)
  }

  /** How many levels have ended. */
  get ended(): number {
    return Atomics.load(this.#control, Control.ended)
  }

  /** Begins the level of the rows from where the last one ended to `end`. While all threads are at rest. */
  begin(end: number): void {
    const control = this.#control
    const start = this.end
    Atomics.store(control, Control.levelStart, start)
    Atomics.store(control, Control.cursor, start)
    Atomics.store(control, Control.levelEnd, end)
    Atomics.add(control, Control.depth, 1)
  }

  /** Lets threads go on that have all paused. */
  resume(): void {
    for (const word of [Control.isPaused, Control.resting, Control.isWanted]) Atomics.store(this.#control, word, 0)
  }

  /** Takes `chunk` states of the level: the first of them, which is beyond the level when none is left. */
  take(chunk: number): number {
    return Atomics.add(this.#control, Control.cursor, chunk)
  }

  /**
   * This thread has nothing left to do in the level. The last of so many `threads` asks `next` for the end of the next one,
   * or has all pause where that is undefined or somebody wants it.
   */
  rest(threads: number, next: () => number | undefined): void {
    const control = this.#control
    if (Atomics.add(control, Control.resting, 1) < threads - 1) return
    Atomics.store(control, Control.resting, 0)
    const end = Atomics.load(control, Control.isWanted) === 1 ? undefined : next()
    if (end === undefined) Atomics.store(control, Control.isPaused, 1)
    else this.begin(end)
    Atomics.add(control, Control.ended, 1)
    Atomics.notify(control, Control.ended)
  }

  /** Waits until more than `ended` levels have ended; false when that takes so long that other work is to be let in. */
  wait(ended: number): boolean {
    const until = performance.now() + lookMs
    do {
      for (let looks = 0; looks < looksPerClock; looks++) {
        if (this.ended !== ended || this.isInterrupted) return true
      }
    } while (performance.now() < until)
    Atomics.wait(this.#control, Control.ended, ended, sleepMs)
    return this.ended !== ended
  }

  /** Whether all are to pause between two levels. */
  get isPaused(): boolean {
    return Atomics.load(this.#control, Control.isPaused) === 1
  }

  /** Whether all are to pause at once: the table is full, or the search stopped. */
  get isInterrupted(): boolean {
    return Atomics.load(this.#control, Control.isFull) + Atomics.load(this.#control, Control.isStopped) > 0
  }

  /** Has all pause when the level has ended. */
  want(): void {
    Atomics.store(this.#control, Control.isWanted, 1)
  }
}
