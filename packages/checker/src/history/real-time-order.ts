/**
 * The order of real time: an operation may come next while none that is not taken yet returned before its call.
 *
 * Calls and returns form a doubly linked list in the order of time, from which a taken operation's two events are
 * lifted (Wing and Gong 1993; Lowe 2017). What may come next are then the calls before the first return.
 */
import type { Operation } from './operation.ts'
import { type OperationOrder, TakenOperations } from './operation-order.ts'

/** Head of the list; the events of the history have the numbers from 1. */
const head = 0

export class RealTimeOrder implements OperationOrder {
  remaining = 0
  readonly #taken: TakenOperations
  readonly #callOf: Int32Array
  /** The event of its return, or 0 for an operation that never returned. */
  readonly #returnOf: Int32Array
  /** The operation that an event calls, or -1 for a return. */
  readonly #called: Int32Array
  readonly #next: Int32Array
  readonly #previous: Int32Array
  /** An earlier call of the same class that returns no later, or -1. */
  readonly #twin: Int32Array

  /** `classes` has equal numbers for operations with equal input and output. Times that are equal overlap. */
  constructor(operations: readonly Operation[], classes: Int32Array) {
    const events: { time: number; operation: number; isReturn: boolean }[] = []
    operations.forEach(({ calledAt, returnedAt }, operation) => {
      events.push({ time: calledAt, operation, isReturn: false })
      if (returnedAt !== undefined) events.push({ time: returnedAt, operation, isReturn: true })
    })
    events.sort((left, right) => left.time - right.time || Number(left.isReturn) - Number(right.isReturn))
    this.#taken = new TakenOperations(operations)
    this.#callOf = new Int32Array(operations.length)
    this.#returnOf = new Int32Array(operations.length)
    this.#called = new Int32Array(events.length + 1).fill(-1)
    this.#next = new Int32Array(events.length + 1)
    this.#previous = new Int32Array(events.length + 1)
    this.#previous[head] = events.length
    events.forEach(({ operation, isReturn }, index) => {
      this.#next[index] = index + 1
      this.#previous[index + 1] = index
      if (isReturn) {
        this.#returnOf[operation] = index + 1
        this.remaining++
      } else {
        this.#callOf[operation] = index + 1
        this.#called[index + 1] = operation
      }
    })
    this.#twin = this.#twins(classes)
  }

  get writtenMax(): number {
    return this.#taken.writtenMax
  }

  first(): number {
    return this.#callFrom(this.#next[head] as number)
  }

  after(operation: number): number {
    return this.#callFrom(this.#next[this.#callOf[operation] as number] as number)
  }

  take(operation: number): void {
    this.#taken.flip(operation)
    this.#lift(this.#callOf[operation] as number)
    const returned = this.#returnOf[operation] as number
    if (returned === 0) return
    this.#lift(returned)
    this.remaining--
  }

  putBack(operation: number): void {
    const returned = this.#returnOf[operation] as number
    if (returned !== 0) {
      this.#putBack(returned)
      this.remaining++
    }
    this.#putBack(this.#callOf[operation] as number)
    this.#taken.flip(operation)
  }

  /** The first return whose operation is not taken. */
  progress(): number {
    let event = this.#next[head] as number
    while (event !== head && this.#called[event] !== -1) event = this.#next[event] as number
    return event === head ? this.#next.length : event
  }

  write(target: Int32Array, start: number): number {
    return this.#taken.write(target, start)
  }

  /** The first call at `event` or behind it that comes before any return and is not to wait for its twin. */
  #callFrom(event: number): number {
    for (let at = event; at !== head; at = this.#next[at] as number) {
      const operation = this.#called[at] as number
      if (operation === -1) return -1
      // Of two equal operations that could both come next, the one that returns first can always be the first: swap
      // them in any order where it is not, and both still lie within their time.
      const twin = this.#twin[operation] as number
      if (twin === -1 || this.#taken.has(twin)) return operation
    }
    return -1
  }

  #lift(event: number): void {
    const next = this.#next[event] as number
    const previous = this.#previous[event] as number
    this.#next[previous] = next
    this.#previous[next] = previous
  }

  #putBack(event: number): void {
    this.#next[this.#previous[event] as number] = event
    this.#previous[this.#next[event] as number] = event
  }

  #twins(classes: Int32Array): Int32Array {
    const twins = new Int32Array(classes.length).fill(-1)
    const earlier = new Map<number, number[]>()
    const end = (operation: number) => (this.#returnOf[operation] as number) || Number.POSITIVE_INFINITY
    for (const operation of this.#called) {
      if (operation === -1) continue
      const equal = earlier.get(classes[operation] as number) ?? []
      twins[operation] = equal.findLast((other) => end(other) <= end(operation)) ?? -1
      equal.push(operation)
      earlier.set(classes[operation] as number, equal)
    }
    return twins
  }
}
