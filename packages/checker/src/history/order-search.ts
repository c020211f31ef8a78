/**
 * The search for one order of operations that a sequential object could have answered so: depth first over what may
 * come next, remembering every (set of operations taken, state) that it has been in (Wing and Gong 1993; Lowe 2017;
 * as Porcupine does). Two more cuts keep it small:
 *
 * - An operation that never changes the state is taken as soon as it fits, for good: in any order that exists it can be
 *   moved to here.
 * - An operation that never returned is not taken where it would change nothing: it need not be taken at all.
 */
import { TupleTable } from '../tuple-table.ts'
import type { ObjectStates } from './object-states.ts'
import type { OperationOrder } from './operation-order.ts'

/** The furthest that a search came. */
export interface FurthestOrder {
  /** The operations in order, and the state after each. */
  readonly operations: readonly number[]
  readonly states: readonly number[]
  /** The states in which some order came as far; at most 16. */
  readonly deadEnds: readonly number[]
}

/** How many states a search remembers of those in which it could go no further. */
const deadEndsMax = 16

/** The operations taken, with the state before each and the choice made among several states after it. */
interface Path {
  readonly operations: number[]
  readonly states: number[]
  /** The index of the state chosen, or -1 where there was nothing to choose. */
  readonly choices: number[]
}

export class OrderSearch {
  /** How many times the model was asked whether an operation fits. */
  steps = 0
  readonly #order: OperationOrder
  readonly #states: ObjectStates
  readonly #isOpen: (operation: number) => boolean
  readonly #seen = new TupleTable()
  readonly #tuple: Int32Array
  readonly #path: Path = { operations: [], states: [], choices: [] }
  #state: number
  /** Which of the states after an operation `#nextState` returned. */
  #chosen = 0
  #progress = -1
  #furthest: FurthestOrder = { operations: [], states: [], deadEnds: [] }

  /** `isOpen` says of which operations it is not known whether they took effect. */
  constructor(order: OperationOrder, states: ObjectStates, isOpen: (operation: number) => boolean) {
    this.#order = order
    this.#states = states
    this.#isOpen = isOpen
    this.#state = states.initial
    this.#tuple = new Int32Array(order.writtenMax + 1)
  }

  /** The furthest order; of a search that succeeded, the whole of it. */
  get furthest(): FurthestOrder {
    return this.#furthest
  }

  /** Searches for at most `stepsMax` steps. True when an order was found, false when there is none, undefined when the steps ran out. */
  run(stepsMax: number): boolean | undefined {
    this.#takeReadOnly()
    let operation = this.#order.first()
    let choice = 0
    for (;;) {
      if (this.#order.remaining === 0) {
        this.#keep(this.#order.progress())
        return true
      }
      if (this.steps >= stepsMax) {
        this.#deadEnd()
        return undefined
      }
      if (operation === -1) {
        this.#deadEnd()
        operation = this.#backtrack()
        if (operation === -1) return false
        choice = (this.#path.choices.pop() as number) + 1
      }
      const after = this.#nextState(operation, choice)
      if (after === -1) {
        operation = this.#order.after(operation)
        choice = 0
      } else if (this.#enter(operation, after)) {
        this.#path.choices.push(this.#chosen)
        this.#takeReadOnly()
        operation = this.#order.first()
        choice = 0
      } else {
        choice = this.#chosen + 1
      }
    }
  }

  /** The state after `operation`, from choice number `choice` on, or -1; the number that it has is `#chosen`. */
  #nextState(operation: number, choice: number): number {
    const operationClass = this.#states.classes[operation] as number
    // Had it fitted, it would have been taken already.
    if (this.#states.readOnly(operationClass)) return -1
    if (choice === 0) this.steps++
    const after = this.#states.next(this.#state, operationClass)
    for (let index = choice; index < after.length; index++) {
      if (after[index] === this.#state && this.#isOpen(operation)) continue
      this.#chosen = index
      return after[index] as number
    }
    return -1
  }

  /** Takes `operation`, unless the search has been there before. */
  #enter(operation: number, after: number): boolean {
    this.#order.take(operation)
    this.#tuple[0] = after
    const length = this.#order.write(this.#tuple, 1)
    const size = this.#seen.size
    if (this.#seen.intern(this.#tuple, length) < size) {
      this.#order.putBack(operation)
      return false
    }
    this.#path.operations.push(operation)
    this.#path.states.push(this.#state)
    this.#state = after
    return true
  }

  /** Takes every operation that may come next, fits and never changes the state. */
  #takeReadOnly(): void {
    const { classes } = this.#states
    let operation = this.#order.first()
    while (operation !== -1) {
      const operationClass = classes[operation] as number
      let took = false
      if (this.#states.readOnly(operationClass)) {
        this.steps++
        took = this.#states.next(this.#state, operationClass).length > 0
      }
      if (!took) {
        operation = this.#order.after(operation)
        continue
      }
      this.#order.take(operation)
      this.#path.operations.push(operation)
      this.#path.states.push(this.#state)
      this.#path.choices.push(-1)
      operation = this.#order.first()
    }
  }

  /** Puts back operations until one that had a choice, and returns it; -1 when there is none. */
  #backtrack(): number {
    const { operations, states, choices } = this.#path
    for (;;) {
      const operation = operations.pop()
      if (operation === undefined) return -1
      this.#order.putBack(operation)
      this.#state = states.pop() as number
      if (choices.at(-1) !== -1) return operation
      choices.pop()
    }
  }

  #deadEnd(): void {
    const progress = this.#order.progress()
    if (progress > this.#progress) this.#keep(progress)
    else if (progress === this.#progress) {
      const { deadEnds } = this.#furthest
      if (deadEnds.length >= deadEndsMax || deadEnds.includes(this.#state)) return
      this.#furthest = { ...this.#furthest, deadEnds: [...deadEnds, this.#state] }
    }
  }

  #keep(progress: number): void {
    this.#progress = progress
    this.#furthest = {
      operations: [...this.#path.operations],
      states: [...this.#path.states.slice(1), this.#state],
      deadEnds: [this.#state],
    }
  }
}
