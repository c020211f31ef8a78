/**
 * Timers over one timer of the platform: in the order in which they are due, and none before its time.
 *
 * The platform keeps a list for each length, and a list that came late may run before a shorter one. So the order is
 * kept here: a heap by due time, where all that was scheduled without a return to the event loop or the microtask queue
 * counts as scheduled at one instant. A timer that is not due yet holds back those behind it, for as long as that took.
 */
import type { ScheduledTask } from '@troupe/core'

/** What a queue runs over. */
export interface PlatformTimers {
  /** Milliseconds, with fractions, that never go backwards. */
  now(): number
  /** Runs `run` once, about `delayMs` milliseconds from now. */
  start(delayMs: number, run: () => void): ScheduledTask
}

interface Timer extends ScheduledTask {
  /** When it is to run, as if it had been scheduled when its round began. */
  readonly place: number
  readonly order: number
  /** Not before this. */
  readonly due: number
  readonly run: () => void
  /** Where in the heap it is; -1 once it ran or was cancelled. */
  index: number
}

/** The longest delay that platforms keep; a longer one would fire at once. */
const delayMsMax = 2 ** 31 - 1

export class TimerQueue {
  readonly #platform: PlatformTimers
  readonly #heap: Timer[] = []
  #order = 0
  /** When the round began in which the last timer was scheduled; `undefined` in a new round. */
  #round: number | undefined
  #armed: ScheduledTask | undefined
  /** What is armed: the head and the time for which it was. */
  #armedFor = Number.NaN

  constructor(platform: PlatformTimers) {
    this.#platform = platform
  }

  /** Timers that wait. */
  get size(): number {
    return this.#heap.length
  }

  /** Runs `run` once, not before `delayMs` milliseconds have passed, behind all that are due before. */
  schedule(delayMs: number, run: () => void): ScheduledTask {
    const now = this.#platform.now()
    if (this.#round === undefined) {
      this.#round = now
      void Promise.resolve().then(() => {
        this.#round = undefined
      })
    }
    const delay = Math.max(0, delayMs)
    const timer: Timer = {
      place: this.#round + delay,
      order: this.#order++,
      due: now + delay,
      run,
      index: this.#heap.length,
      cancel: () => {
        if (timer.index >= 0) this.#remove(timer)
      },
    }
    this.#heap.push(timer)
    this.#siftUp(timer.index)
    if (timer.index === 0) this.#arm()
    return timer
  }

  /** Has the platform call when the head is due. */
  #arm(): void {
    const head = this.#heap[0]
    if (head?.due === this.#armedFor) return
    this.#armed?.cancel()
    this.#armed = undefined
    this.#armedFor = Number.NaN
    if (head === undefined) return
    this.#armedFor = head.due
    const delayMs = Math.min(delayMsMax, Math.max(0, Math.ceil(head.due - this.#platform.now())))
    this.#armed = this.#platform.start(delayMs, () => this.#runDue())
  }

  #runDue(): void {
    this.#armed = undefined
    this.#armedFor = Number.NaN
    const now = this.#platform.now()
    try {
      for (let head = this.#heap[0]; head !== undefined && head.due <= now; head = this.#heap[0]) {
        this.#remove(head, false)
        head.run()
      }
    } finally {
      this.#arm()
    }
  }

  #remove(timer: Timer, arms = true): void {
    const heap = this.#heap
    const { index } = timer
    const last = heap.pop() as Timer
    timer.index = -1
    if (last !== timer) {
      this.#put(last, index)
      this.#siftDown(index)
      this.#siftUp(last.index)
    }
    // One that is armed in vain costs a look; arming for each that is cancelled would cost more.
    if (arms && heap.length === 0) this.#arm()
  }

  #siftUp(from: number): void {
    let index = from
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!this.#before(index, parent)) return
      this.#swap(index, parent)
      index = parent
    }
  }

  #siftDown(from: number): void {
    let index = from
    for (;;) {
      const left = 2 * index + 1
      if (left >= this.#heap.length) return
      const right = left + 1
      const child = right < this.#heap.length && this.#before(right, left) ? right : left
      if (!this.#before(child, index)) return
      this.#swap(index, child)
      index = child
    }
  }

  #before(left: number, right: number): boolean {
    const a = this.#heap[left] as Timer
    const b = this.#heap[right] as Timer
    return a.place < b.place || (a.place === b.place && a.order < b.order)
  }

  #swap(left: number, right: number): void {
    const timer = this.#heap[left] as Timer
    this.#put(this.#heap[right] as Timer, left)
    this.#put(timer, right)
  }

  #put(timer: Timer, index: number): void {
    this.#heap[index] = timer
    timer.index = index
  }
}
