/**
 * A clock that moves only when told to: an ordered set of tasks, by time, then by the order of scheduling.
 *
 * Most of what is set comes soon. So the next tasks stand in a short list that is sorted, the very next one last, where a
 * new one finds its place after a few steps; all that come after them are in a heap of four children a node, which few
 * ever see. Both hold numbers alone, times and the places of the tasks, so that finding a place reads numbers side by side
 * and moves no objects. Of equal times, the order of the tasks says which came first.
 *
 *     heap: all that comes later   ──(the list is empty)──>   list: 12 9 4 2   ──> the next
 *                                  <──(the list is full)───
 */
import type { Clock, ScheduledTask } from './ports/clock.ts'

const capacityFirst = 64
/** How many the list holds, and how many it gets from the heap, or gives to it, at once. */
const nearMax = 32
const nearMoved = 16
/** Cancelled tasks below this number are left until their time comes. */
const cancelledMin = 1_024

/**
 * What a clock does at a time. Hosts that set many have kinds of their own, which need no function for each. A clock keeps
 * nothing in a task and reads nothing of it but `run`: with up to four kinds, each is called without a search.
 */
export interface ClockTask {
  run(): void
}

/** A task that is a function, and may be cancelled. */
class FunctionTask implements ClockTask, ScheduledTask {
  /** Where it stands in the clock's list; where another one may stand once it has run. */
  place = -1
  readonly #owner: TaskOwner
  #run: (() => void) | undefined

  constructor(owner: TaskOwner, run: () => void) {
    this.#owner = owner
    this.#run = run
  }

  run(): void {
    const run = this.#run as () => void
    this.#run = undefined
    run()
  }

  cancel(): void {
    if (this.#run === undefined) return
    this.#run = undefined
    this.#owner.taskCancelled(this.place)
  }
}

interface TaskOwner {
  taskCancelled(place: number): void
}

export class VirtualClock implements Clock {
  /** The list of the next, all of them before those in the heap: times, and the places of the tasks; the next is the last. */
  #nearLength = 0
  readonly #nearTimes = new Float64Array(nearMax)
  readonly #near = new Int32Array(nearMax)
  /** The heap: the same. */
  #length = 0
  #times = new Float64Array(capacityFirst)
  #heap = new Int32Array(capacityFirst)
  /** By place: the tasks, `undefined` where one was cancelled, and how many were set before each. */
  readonly #tasks: (ClockTask | undefined)[] = []
  #orders = new Float64Array(capacityFirst)
  /** The places that are free; the next to be taken is the last. */
  #freeLength = 0
  #free = new Int32Array(capacityFirst)
  /** Tasks that were cancelled and are still here. */
  #cancelled = 0
  /** A number from the start: a field that was `undefined` once gets a new object for each number with a fraction. */
  #now = 0
  #order = 0
  #settingAt = 0
  readonly #owner: TaskOwner = {
    taskCancelled: (place) => {
      this.#tasks[place] = undefined
      this.#cancelled++
      if (this.#cancelled > cancelledMin && this.#cancelled > this.#length / 2) this.#dropCancelled()
    },
  }

  constructor(startMs = 0) {
    this.#now = startMs
  }

  now(): number {
    return this.#now
  }

  /** The same: nobody sets this clock back. */
  monotonicNow(): number {
    return this.#now
  }

  schedule(delayMs: number, run: () => void): ScheduledTask {
    const task = new FunctionTask(this.#owner, run)
    this.#settingAt = this.timeIn(delayMs)
    task.place = this.#insert(this.takeOrder(), task)
    return task
  }

  /** Lets `task` run in `delayMs` milliseconds. */
  set(delayMs: number, task: ClockTask): void {
    this.setAt(this.timeIn(delayMs), this.takeOrder(), task)
  }

  /** The time in `delayMs` milliseconds. */
  timeIn(delayMs: number): number {
    return delayMs > 0 ? this.#now + delayMs : this.#now
  }

  /** The place of a task among those of one time, for {@link VirtualClock.setAt}. */
  takeOrder(): number {
    return this.#order++
  }

  /**
   * Lets `task` run at `time`, which has not passed, as if it had been set when `order` was taken: for those who hold back
   * tasks that come after others of theirs, so that fewer stand here.
   */
  setAt(time: number, order: number, task: ClockTask): void {
    this.#settingAt = time
    this.#insert(order, task)
  }

  /**
   * {@link setAt} for the time in `#settingAt`: a number that is passed on to so long a function would be put on the heap.
   * Returns where the task stands.
   */
  #insert(order: number, task: ClockTask): number {
    const time = this.#settingAt
    const place = this.#placeFor(task)
    const orders = this.#orders
    orders[place] = order
    let index = this.#nearLength
    if (index === nearMax || (this.#length > 0 && (this.#times[0] as number) <= time)) {
      if (!this.#makeNear(time, order)) {
        this.#sink(time, place)
        return place
      }
      index = this.#nearLength
    }
    const times = this.#nearTimes
    const near = this.#near
    this.#nearLength = index + 1
    while (index > 0) {
      const other = times[index - 1] as number
      if (other > time) break
      const otherPlace = near[index - 1] as number
      if (other === time && (orders[otherPlace] as number) > order) break
      times[index] = other
      near[index] = otherPlace
      index--
    }
    times[index] = time
    near[index] = place
    return place
  }

  /** Whether a task is to come before all in the heap, for which there is room in the list then. */
  #makeNear(time: number, order: number): boolean {
    if (this.#length > 0 && this.#isFirstBefore(time, order)) return false
    if (this.#nearLength < nearMax) return true
    const times = this.#nearTimes
    const near = this.#near
    for (let index = 0; index < nearMoved; index++) this.#sink(times[index] as number, near[index] as number)
    times.copyWithin(0, nearMoved)
    near.copyWithin(0, nearMoved)
    this.#nearLength -= nearMoved
    return !this.#isFirstBefore(time, order)
  }

  /** Fills the list, which is empty, from the heap; false when that is empty, too. */
  #fetchNear(): boolean {
    const count = Math.min(nearMoved, this.#length)
    for (let index = count - 1; index >= 0; index--) {
      this.#nearTimes[index] = this.#times[0] as number
      this.#near[index] = this.#heap[0] as number
      this.#pop()
    }
    this.#nearLength = count
    return count > 0
  }

  /** The time of the next task, `undefined` when there is none. */
  get nextTime(): number | undefined {
    while (this.#nearLength > 0 || this.#fetchNear()) {
      const index = this.#nearLength - 1
      const place = this.#near[index] as number
      if (this.#tasks[place] !== undefined) return this.#nearTimes[index]
      this.#nearLength = index
      this.#cancelled--
      this.#giveBack(place)
    }
    return undefined
  }

  /** Moves to the next task's time, if that is at most `limitMs`, and runs it; false when there was none. */
  runNext(limitMs = Number.POSITIVE_INFINITY): boolean {
    while (this.#nearLength > 0 || this.#fetchNear()) {
      const index = this.#nearLength - 1
      const place = this.#near[index] as number
      const time = this.#nearTimes[index] as number
      const task = this.#tasks[place]
      if (task !== undefined) {
        if (time > limitMs) return false
        this.#nearLength = index
        this.#tasks[place] = undefined
        this.#giveBack(place)
        this.#now = time
        task.run()
        return true
      }
      this.#nearLength = index
      this.#cancelled--
      this.#giveBack(place)
    }
    return false
  }

  /** Moves to `timeMs`, which no task precedes. */
  moveTo(timeMs: number): void {
    this.#now = Math.max(this.#now, timeMs)
  }

  /** True when the first in the heap comes before a task with this time and order. */
  #isFirstBefore(time: number, order: number): boolean {
    const first = this.#times[0] as number
    return first < time || (first === time && (this.#orders[this.#heap[0] as number] as number) < order)
  }

  /** Asks end long before their timeouts: without this, cancelled ones would be most of what is in the heap. */
  #dropCancelled(): void {
    const length = this.#length
    const times = this.#times
    const heap = this.#heap
    this.#times = new Float64Array(times.length)
    this.#heap = new Int32Array(heap.length)
    this.#length = 0
    for (let index = 0; index < length; index++) {
      const place = heap[index] as number
      if (this.#tasks[place] !== undefined) this.#sink(times[index] as number, place)
      else {
        this.#cancelled--
        this.#giveBack(place)
      }
    }
  }

  /** The place is free, and nothing is in it. */
  #giveBack(place: number): void {
    this.#free[this.#freeLength++] = place
  }

  #placeFor(task: ClockTask): number {
    if (this.#freeLength === 0) return this.#newPlaceFor(task)
    const place = this.#free[--this.#freeLength] as number
    this.#tasks[place] = task
    return place
  }

  #newPlaceFor(task: ClockTask): number {
    const place = this.#tasks.push(task) - 1
    if (place === this.#orders.length) this.#grow()
    return place
  }

  /** Puts a place into the heap. */
  #sink(time: number, place: number): void {
    const times = this.#times
    const heap = this.#heap
    const orders = this.#orders
    let index = this.#length++
    while (index > 0) {
      const parent = (index - 1) >> 2
      const parentTime = times[parent] as number
      if (parentTime < time) break
      const parentPlace = heap[parent] as number
      if (parentTime === time && (orders[parentPlace] as number) < (orders[place] as number)) break
      times[index] = parentTime
      heap[index] = parentPlace
      index = parent
    }
    times[index] = time
    heap[index] = place
  }

  /** Takes the first one out; its place stays its own. */
  #pop(): void {
    const times = this.#times
    const heap = this.#heap
    const orders = this.#orders
    const length = --this.#length
    if (length === 0) return
    const time = times[length] as number
    const place = heap[length] as number
    let index = 0
    for (;;) {
      let child = 4 * index + 1
      if (child >= length) break
      const end = Math.min(child + 4, length)
      let least = times[child] as number
      for (let other = child + 1; other < end; other++) {
        const otherTime = times[other] as number
        if (otherTime > least || (otherTime === least && this.#isLater(other, child))) continue
        least = otherTime
        child = other
      }
      const childPlace = heap[child] as number
      if (least > time || (least === time && (orders[childPlace] as number) > (orders[place] as number))) break
      times[index] = least
      heap[index] = childPlace
      index = child
    }
    times[index] = time
    heap[index] = place
  }

  /** True when the task at `one` in the heap was set after that at `other`. */
  #isLater(one: number, other: number): boolean {
    return (this.#orders[this.#heap[one] as number] as number) > (this.#orders[this.#heap[other] as number] as number)
  }

  /** There are never more in the heap than there are places. */
  #grow(): void {
    const capacity = this.#orders.length * 2
    const times = new Float64Array(capacity)
    times.set(this.#times)
    this.#times = times
    const heap = new Int32Array(capacity)
    heap.set(this.#heap)
    this.#heap = heap
    const orders = new Float64Array(capacity)
    orders.set(this.#orders)
    this.#orders = orders
    // None is free now.
    this.#free = new Int32Array(capacity)
  }
}
