/**
 * Records what concurrent clients did to a shared object. Clients in a simulation share one recorder, and since all run
 * in one thread its event count is a true order; a run in real or virtual time may give its clock instead.
 */

import { type KnownOptions, refuseUnknownOptions } from '@troupe/core/host'
import { HistoryError } from './history-error.ts'
import type { Operation } from './operation.ts'

/** Options of a {@link HistoryRecorder}. */
export interface HistoryRecorderOptions {
  /**
   * The time of an event, for example `() => world.now()`; must not go back. Two events at one time count as
   * concurrent. Default: the number of events so far, which loses no order.
   */
  readonly now?: () => number
  /** At most this many operations are recorded; the next one throws. Default 1,000,000. */
  readonly operationsMax?: number
}

const known: KnownOptions<HistoryRecorderOptions> = { now: true, operationsMax: true }

/** An operation under way: the number that `invoke` returned. */
export type OperationId = number

interface Recorded<Input, Output> {
  readonly process: number | string
  readonly input: Input
  readonly calledAt: number
  output: Output | undefined
  returnedAt: number | undefined
  state: 'open' | 'returned' | 'abandoned' | 'failed'
}

/** A history while it is made. */
export class HistoryRecorder<Input, Output> {
  readonly #operations: Recorded<Input, Output>[] = []
  /** The open operation of each process. */
  readonly #open = new Map<number | string, OperationId>()
  readonly #now: () => number
  readonly #operationsMax: number
  #time = Number.NEGATIVE_INFINITY

  constructor(options: HistoryRecorderOptions = {}) {
    refuseUnknownOptions('HistoryRecorder', options, known)
    const { now, operationsMax = 1_000_000 } = options
    let events = 0
    this.#now = now ?? (() => events++)
    this.#operationsMax = operationsMax
  }

  /** `process` calls `input`. A process has one operation open at a time; throws a {@link HistoryError} otherwise. */
  invoke(process: number | string, input: Input): OperationId {
    if (this.#open.has(process)) {
      throw new HistoryError(
        `process ${process} calls again before its last operation ended: return, fail or abandon that first`,
        { process },
      )
    }
    const id = this.#operations.length
    if (id >= this.#operationsMax) {
      throw new HistoryError(`the history is full with ${id} operations: raise operationsMax`, { operationsMax: id })
    }
    const calledAt = this.#tick()
    this.#operations.push({ process, input, calledAt, state: 'open', output: undefined, returnedAt: undefined })
    this.#open.set(process, id)
    return id
  }

  /** The operation returned `output`. */
  return(id: OperationId, output: Output): void {
    const operation = this.#end(id, 'returned')
    operation.output = output
    operation.returnedAt = this.#tick()
  }

  /** The operation surely had no effect: it is left out of the history. */
  fail(id: OperationId): void {
    this.#end(id, 'failed')
  }

  /**
   * The caller gave up, and nobody knows whether the operation took effect or still will. The process may go on; its
   * later operations are not ordered behind this one.
   */
  abandon(id: OperationId): void {
    this.#end(id, 'abandoned')
  }

  /** Calls `run` as an operation of `process`: returned when it fulfils; when it rejects, abandoned, and rethrown. */
  async record(process: number | string, input: Input, run: () => PromiseLike<Output>): Promise<Output> {
    const id = this.invoke(process, input)
    try {
      const output = await run()
      this.return(id, output)
      return output
    } catch (error) {
      this.abandon(id)
      throw error
    }
  }

  /** The operations so far in the order of their calls, without those that failed. What is still open never returned. */
  operations(): Operation<Input, Output>[] {
    const operations: Operation<Input, Output>[] = []
    for (const { process, input, output, calledAt, returnedAt, state } of this.#operations) {
      if (state === 'failed') continue
      if (state !== 'returned') operations.push({ process, input, calledAt })
      else operations.push({ process, input, output: output as Output, calledAt, returnedAt })
    }
    return operations
  }

  #end(id: OperationId, state: 'returned' | 'abandoned' | 'failed'): Recorded<Input, Output> {
    const operation = this.#operations[id]
    if (operation?.state !== 'open') {
      throw new HistoryError(`operation ${id} is not open: each ends once, by return, fail or abandon`, { id })
    }
    operation.state = state
    this.#open.delete(operation.process)
    return operation
  }

  #tick(): number {
    const time = this.#now()
    if (!(time >= this.#time)) {
      throw new HistoryError(`the clock went from ${this.#time} to ${time}`, { before: this.#time, after: time })
    }
    this.#time = time
    return time
  }
}
