/** A clock that moves only when told to: an ordered set of tasks, by time, then by the order of scheduling. */
import type { Clock, ScheduledTask } from './ports/clock.ts'

interface Entry extends ScheduledTask {
  readonly time: number
  readonly order: number
  run: (() => void) | undefined
}

export class VirtualClock implements Clock {
  readonly #heap: Entry[] = []
  #now: number
  #order = 0

  constructor(startMs = 0) {
    this.#now = startMs
  }

  now(): number {
    return this.#now
  }

  schedule(delayMs: number, run: () => void): ScheduledTask {
    const entry: Entry = {
      time: this.#now + Math.max(0, delayMs),
      order: this.#order++,
      run,
      cancel() {
        entry.run = undefined
      },
    }
    this.#heap.push(entry)
    this.#siftUp(this.#heap.length - 1)
    return entry
  }

  /** The time of the next task, `undefined` when there is none. */
  get nextTime(): number | undefined {
    return this.#next()?.time
  }

  /** Moves to the next task's time, if that is at most `limitMs`, and runs it; false when there was none. */
  runNext(limitMs = Number.POSITIVE_INFINITY): boolean {
    const entry = this.#next()
    if (entry === undefined || entry.time > limitMs) return false
    this.#pop()
    this.#now = entry.time
    const { run } = entry
    entry.run = undefined
    run?.()
    return true
  }

  /** Moves to `timeMs`, which no task precedes. */
  moveTo(timeMs: number): void {
    this.#now = Math.max(this.#now, timeMs)
  }

  /** The next task that was not cancelled; cancelled ones are dropped on the way. */
  #next(): Entry | undefined {
    while (this.#heap.length > 0 && this.#heap[0]?.run === undefined) this.#pop()
    return this.#heap[0]
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()
    if (last === undefined || heap.length === 0) return
    heap[0] = last
    let index = 0
    for (;;) {
      const left = 2 * index + 1
      if (left >= heap.length) break
      const right = left + 1
      const child = right < heap.length && this.#before(right, left) ? right : left
      if (!this.#before(child, index)) break
      this.#swap(index, child)
      index = child
    }
  }

  #siftUp(from: number): void {
    let index = from
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!this.#before(index, parent)) break
      this.#swap(index, parent)
      index = parent
    }
  }

  #before(left: number, right: number): boolean {
    const a = this.#heap[left] as Entry
    const b = this.#heap[right] as Entry
    return a.time < b.time || (a.time === b.time && a.order < b.order)
  }

  #swap(left: number, right: number): void {
    const entry = this.#heap[left] as Entry
    this.#heap[left] = this.#heap[right] as Entry
    this.#heap[right] = entry
  }
}
