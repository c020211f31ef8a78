/**
 * The order of each process: an operation may come next once those that its process completed before it are taken.
 * Nothing orders operations of different processes. What never returned comes after what its process did before, and
 * is not awaited by what the process did afterwards.
 */
import type { Operation } from './operation.ts'
import { type OperationOrder, TakenOperations } from './operation-order.ts'

interface ProcessOperations {
  /** The operations that returned, in order. */
  readonly completed: number[]
  /** How many of those are taken. */
  taken: number
}

export class ProcessOrder implements OperationOrder {
  remaining = 0
  readonly #taken: TakenOperations
  readonly #processes: ProcessOperations[] = []
  readonly #processOf: ProcessOperations[] = []
  /** How many operations its process completed before it. */
  readonly #rank: Int32Array
  /** First each process's next operation, then the open ones: the order in which candidates are looked at. */
  readonly #open: number[] = []
  /** For an operation that returned the index of its process, otherwise its index in `#open` behind all processes. */
  readonly #place: Int32Array
  /** An open operation of the same class before it in `#open`. */
  readonly #twin: Int32Array
  readonly #all: number

  constructor(operations: readonly Operation[], classes: Int32Array) {
    this.#all = operations.length
    this.#taken = new TakenOperations(operations)
    this.#rank = new Int32Array(operations.length)
    this.#place = new Int32Array(operations.length)
    this.#twin = new Int32Array(operations.length).fill(-1)
    const byCall = operations.map((_, index) => index)
    byCall.sort((left, right) => (operations[left] as Operation).calledAt - (operations[right] as Operation).calledAt)
    const processes = new Map<number | string, ProcessOperations>()
    const openOfClass = new Map<string, number>()
    for (const index of byCall) {
      const { process, returnedAt } = operations[index] as Operation
      let own = processes.get(process)
      if (own === undefined) {
        own = { completed: [], taken: 0 }
        processes.set(process, own)
        this.#processes.push(own)
      }
      this.#processOf[index] = own
      this.#rank[index] = own.completed.length
      if (returnedAt !== undefined) {
        own.completed.push(index)
        this.remaining++
        continue
      }
      // Two equal open operations of one process: the earlier may come next whenever the later may.
      const key = `${this.#processes.indexOf(own)},${classes[index]}`
      this.#twin[index] = openOfClass.get(key) ?? -1
      openOfClass.set(key, index)
      this.#open.push(index)
    }
    this.#processes.forEach(({ completed }, place) => {
      for (const index of completed) this.#place[index] = place
    })
    this.#open.forEach((index, place) => {
      this.#place[index] = this.#processes.length + place
    })
  }

  get writtenMax(): number {
    return this.#taken.writtenMax
  }

  first(): number {
    return this.#from(0)
  }

  after(operation: number): number {
    return this.#from((this.#place[operation] as number) + 1)
  }

  take(operation: number): void {
    this.#taken.flip(operation)
    if ((this.#place[operation] as number) >= this.#processes.length) return
    ;(this.#processOf[operation] as ProcessOperations).taken++
    this.remaining--
  }

  putBack(operation: number): void {
    this.#taken.flip(operation)
    if ((this.#place[operation] as number) >= this.#processes.length) return
    ;(this.#processOf[operation] as ProcessOperations).taken--
    this.remaining++
  }

  progress(): number {
    return this.#all - this.remaining
  }

  write(target: Int32Array, start: number): number {
    return this.#taken.write(target, start)
  }

  #from(place: number): number {
    for (let at = place; at < this.#processes.length; at++) {
      const { completed, taken } = this.#processes[at] as ProcessOperations
      if (taken < completed.length) return completed[taken] as number
    }
    for (let at = Math.max(place - this.#processes.length, 0); at < this.#open.length; at++) {
      const operation = this.#open[at] as number
      const { taken } = this.#processOf[operation] as ProcessOperations
      if (this.#taken.has(operation) || taken < (this.#rank[operation] as number)) continue
      const twin = this.#twin[operation] as number
      if (twin === -1 || this.#taken.has(twin)) return operation
    }
    return -1
  }
}
