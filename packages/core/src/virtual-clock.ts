/**
 * A clock that moves only when told to: an ordered set of tasks, by time, then by the order of scheduling.
 *
 * The set is a heap of four children a node. The times stand in an array of their own, so that finding a place reads
 * numbers side by side and no tasks; of equal times, the tasks say which came first. A task that is set and is the next
 * one, as that of a turn often is, never gets into the heap.
 */
import type { Clock, ScheduledTask } from './ports/clock.ts'

const capacityFirst = 64
/** Cancelled tasks below this number are left until their time comes. */
const cancelledMin = 1_024

class Task implements ScheduledTask {
  readonly order: number
  /** `undefined` once it has run or was cancelled. */
  run: (() => void) | undefined
  readonly #clock: { taskCancelled(): void }

  constructor(clock: { taskCancelled(): void }, order: number, run: () => void) {
    this.#clock = clock
    this.order = order
    this.run = run
  }

  cancel(): void {
    if (this.run === undefined) return
    this.run = undefined
    this.#clock.taskCancelled()
  }
}

export class VirtualClock implements Clock {
  /** The next task, when it is not in the heap: before all that are. */
  #front: Task | undefined
  #frontTime = 0.5
  #tasks: Task[] = []
  #times = new Float64Array(capacityFirst)
  /** Tasks that were cancelled and are still in the heap. */
  #cancelled = 0
  #now: number
  #order = 0
  readonly #owner = {
    taskCancelled: () => {
      this.#cancelled++
      if (this.#cancelled > cancelledMin && this.#cancelled > this.#tasks.length / 2) this.#dropCancelled()
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
    const task = new Task(this.#owner, this.#order++, run)
    const time = delayMs > 0 ? this.#now + delayMs : this.#now
    if (this.#front === undefined) {
      if (this.#tasks.length > 0 && (this.#times[0] as number) <= time) this.#push(time, task)
      else this.#setFront(time, task)
    } else if (time < this.#frontTime) {
      this.#push(this.#frontTime, this.#front)
      this.#setFront(time, task)
    } else this.#push(time, task)
    return task
  }

  #setFront(time: number, task: Task): void {
    this.#front = task
    this.#frontTime = time
  }

  /** The time of the next task, `undefined` when there is none. */
  get nextTime(): number | undefined {
    if (this.#front !== undefined) {
      if (this.#front.run !== undefined) return this.#frontTime
      this.#front = undefined
      this.#cancelled--
    }
    const tasks = this.#tasks
    while (tasks.length > 0 && (tasks[0] as Task).run === undefined) this.#popCancelled()
    return tasks.length > 0 ? this.#times[0] : undefined
  }

  /** Moves to the next task's time, if that is at most `limitMs`, and runs it; false when there was none. */
  runNext(limitMs = Number.POSITIVE_INFINITY): boolean {
    const time = this.nextTime
    if (time === undefined || time > limitMs) return false
    const task = this.#front ?? (this.#tasks[0] as Task)
    const run = task.run as () => void
    if (this.#front === undefined) this.#pop()
    else this.#front = undefined
    this.#now = time
    task.run = undefined
    run()
    return true
  }

  /** Moves to `timeMs`, which no task precedes. */
  moveTo(timeMs: number): void {
    this.#now = Math.max(this.#now, timeMs)
  }

  #popCancelled(): void {
    this.#pop()
    this.#cancelled--
  }

  /** Asks end long before their timeouts: without this, cancelled ones would be most of what is here. */
  #dropCancelled(): void {
    const tasks = this.#tasks
    const times = this.#times
    this.#tasks = []
    this.#times = new Float64Array(times.length)
    this.#cancelled = this.#front !== undefined && this.#front.run === undefined ? 1 : 0
    for (const [index, task] of tasks.entries()) {
      if (task.run !== undefined) this.#push(times[index] as number, task)
    }
  }

  #push(time: number, task: Task): void {
    const tasks = this.#tasks
    let index = tasks.length
    tasks.push(task)
    if (index === this.#times.length) this.#grow()
    const times = this.#times
    while (index > 0) {
      const parent = (index - 1) >> 2
      const parentTime = times[parent] as number
      if (parentTime < time || (parentTime === time && (tasks[parent] as Task).order < task.order)) break
      times[index] = times[parent] as number
      tasks[index] = tasks[parent] as Task
      index = parent
    }
    times[index] = time
    tasks[index] = task
  }

  #pop(): void {
    const tasks = this.#tasks
    const times = this.#times
    const last = tasks.pop() as Task
    const length = tasks.length
    if (length === 0) return
    const time = times[length] as number
    let index = 0
    for (;;) {
      let child = 4 * index + 1
      if (child >= length) break
      const end = Math.min(child + 4, length)
      let least = times[child] as number
      for (let other = child + 1; other < end; other++) {
        const otherTime = times[other] as number
        if (otherTime > least) continue
        if (otherTime === least && (tasks[other] as Task).order > (tasks[child] as Task).order) continue
        least = otherTime
        child = other
      }
      if (least > time || (least === time && (tasks[child] as Task).order > last.order)) break
      times[index] = least
      tasks[index] = tasks[child] as Task
      index = child
    }
    times[index] = time
    tasks[index] = last
  }

  #grow(): void {
    const times = this.#times
    this.#times = new Float64Array(times.length * 2)
    this.#times.set(times)
  }
}
