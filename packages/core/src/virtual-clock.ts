/**
 * A clock that moves only when told to: an ordered set of tasks, by time, then by the order of scheduling.
 *
 * The set is a heap of four children a node, of numbers alone: times, and the places of the tasks in a list, so that
 * finding a place reads numbers side by side and moves no objects. Of equal times, the order of the tasks says which came
 * first. A task that is set and is the next one, as that of a turn often is, never gets into the heap.
 */
import type { Clock, ScheduledTask } from './ports/clock.ts'

const capacityFirst = 64
/** Cancelled tasks below this number are left until their time comes. */
const cancelledMin = 1_024

/** What a clock does at a time. Hosts that set many have kinds of their own, which need no function for each. */
export interface ClockTask {
  /** True from {@link VirtualClock.set} until it runs or is cancelled; it is set once at a time. */
  isSet: boolean
  run(): void
}

/** A task that is a function, and may be cancelled. */
class FunctionTask implements ClockTask, ScheduledTask {
  isSet = false
  readonly #owner: { taskCancelled(): void }
  #run: (() => void) | undefined

  constructor(owner: { taskCancelled(): void }, run: () => void) {
    this.#owner = owner
    this.#run = run
  }

  run(): void {
    const run = this.#run as () => void
    this.#run = undefined
    run()
  }

  cancel(): void {
    if (!this.isSet) return
    this.isSet = false
    this.#run = undefined
    this.#owner.taskCancelled()
  }
}

export class VirtualClock implements Clock {
  /** The next task, when it is not in the heap: before all that are. */
  #front: ClockTask | undefined
  #frontTime = 0.5
  #frontOrder = 0
  /** The heap: times, and the places of the tasks. */
  #length = 0
  #times = new Float64Array(capacityFirst)
  #heap = new Int32Array(capacityFirst)
  /** By place: the tasks, and how many were set before each. A place that is free is in the list of those. */
  readonly #tasks: (ClockTask | undefined)[] = []
  #orders = new Float64Array(capacityFirst)
  readonly #freePlaces: number[] = []
  /** Tasks that were cancelled and are still here. */
  #cancelled = 0
  #now: number
  #order = 0
  readonly #owner = {
    taskCancelled: () => {
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
    this.set(delayMs, task)
    return task
  }

  /** Lets `task`, which must not be set already, run in `delayMs` milliseconds. */
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
    task.isSet = true
    if (this.#front === undefined) {
      if (this.#length > 0 && this.#isFirstBefore(time, order)) this.#push(time, order, task)
      else this.#setFront(time, order, task)
    } else if (time < this.#frontTime || (time === this.#frontTime && order < this.#frontOrder)) {
      this.#push(this.#frontTime, this.#frontOrder, this.#front)
      this.#setFront(time, order, task)
    } else this.#push(time, order, task)
  }

  #setFront(time: number, order: number, task: ClockTask): void {
    this.#front = task
    this.#frontTime = time
    this.#frontOrder = order
  }

  /** The time of the next task, `undefined` when there is none. */
  get nextTime(): number | undefined {
    if (this.#front !== undefined) {
      if (this.#front.isSet) return this.#frontTime
      this.#front = undefined
      this.#cancelled--
    }
    while (this.#length > 0) {
      if (this.#first().isSet) return this.#times[0]
      this.#pop()
      this.#cancelled--
    }
    return undefined
  }

  /** Moves to the next task's time, if that is at most `limitMs`, and runs it; false when there was none. */
  runNext(limitMs = Number.POSITIVE_INFINITY): boolean {
    const time = this.nextTime
    if (time === undefined || time > limitMs) return false
    let task = this.#front
    if (task === undefined) {
      task = this.#first()
      this.#pop()
    } else this.#front = undefined
    this.#now = time
    task.isSet = false
    task.run()
    return true
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

  #first(): ClockTask {
    return this.#tasks[this.#heap[0] as number] as ClockTask
  }

  /** Asks end long before their timeouts: without this, cancelled ones would be most of what is here. */
  #dropCancelled(): void {
    const length = this.#length
    const times = this.#times
    const heap = this.#heap
    this.#times = new Float64Array(times.length)
    this.#heap = new Int32Array(heap.length)
    this.#length = 0
    this.#cancelled = this.#front !== undefined && !this.#front.isSet ? 1 : 0
    for (let index = 0; index < length; index++) {
      const place = heap[index] as number
      if ((this.#tasks[place] as ClockTask).isSet) this.#sink(times[index] as number, place)
      else this.#free(place)
    }
  }

  #free(place: number): void {
    this.#tasks[place] = undefined
    this.#freePlaces.push(place)
  }

  #push(time: number, order: number, task: ClockTask): void {
    const place = this.#freePlaces.pop() ?? this.#tasks.length
    if (place === this.#tasks.length) this.#tasks.push(task)
    else this.#tasks[place] = task
    if (place === this.#orders.length) this.#grow()
    this.#orders[place] = order
    this.#sink(time, place)
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

  /** Takes the first one out. */
  #pop(): void {
    const times = this.#times
    const heap = this.#heap
    const orders = this.#orders
    this.#free(heap[0] as number)
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
  }
}
