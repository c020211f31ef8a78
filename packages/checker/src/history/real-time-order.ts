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

  /**
   * `operations` are in the order of their calls; `classes` has equal numbers for those with equal input and output. Times that
   * are equal overlap.
   */
  constructor(operations: readonly Operation[], classes: Int32Array) {
    const returned = byReturn(operations)
    const { length } = operations
    const eventCount = length + returned.length
    this.#taken = new TakenOperations(operations)
    this.#callOf = new Int32Array(length)
    this.#returnOf = new Int32Array(length)
    this.#called = new Int32Array(eventCount + 1).fill(-1)
    this.#next = new Int32Array(eventCount + 1)
    this.#previous = new Int32Array(eventCount + 1)
    this.#previous[head] = eventCount
    this.remaining = returned.length
    let call = 0
    for (let event = 1; event <= eventCount; event++) {
      this.#next[event - 1] = event
      this.#previous[event] = event - 1
      const ended = returned[event - 1 - call]
      if (call < length && (ended === undefined || calledAt(operations, call) <= returnedAt(operations, ended))) {
        this.#callOf[call] = event
        this.#called[event] = call++
      } else this.#returnOf[ended as number] = event
    }
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
    /** Of each class the call before, and of each call that of its class. */
    const last = new Map<number, number>()
    const before = new Int32Array(classes.length).fill(-1)
    const end = (operation: number) => (this.#returnOf[operation] as number) || Number.POSITIVE_INFINITY
    for (let operation = 0; operation < classes.length; operation++) {
      const equal = last.get(classes[operation] as number) ?? -1
      last.set(classes[operation] as number, operation)
      before[operation] = equal
      let twin = equal
      while (twin !== -1 && end(twin) > end(operation)) twin = before[twin] as number
      twins[operation] = twin
    }
    return twins
  }
}

/** The operations that returned, in that order; of equal times, in the order of the calls. */
function byReturn(operations: readonly Operation[]): number[] {
  const returned: number[] = []
  for (let operation = 0; operation < operations.length; operation++) {
    const time = operations[operation]?.returnedAt
    if (time === undefined) continue
    // Behind it are only operations that are open together with it, of which there are few.
    let place = returned.length
    while (place > 0 && returnedAt(operations, returned[place - 1] as number) > time) {
      returned[place] = returned[place - 1] as number
      place--
    }
    returned[place] = operation
  }
  return returned
}

function calledAt(operations: readonly Operation[], operation: number): number {
  return (operations[operation] as Operation).calledAt
}

function returnedAt(operations: readonly Operation[], operation: number): number {
  return (operations[operation] as Operation).returnedAt as number
}
