/** What both checks of histories share: options, verdicts, the history verified, one search with its budget. */
import { type KnownOptions, requireOption, shownValue } from '@troupe/core/host'
import { HistoryError } from './history-error.ts'
import type { Operation } from './operation.ts'
import type { OrderCounterexample } from './order-counterexample.ts'

/** Options of a check of a history. */
export interface OrderCheckOptions {
  /**
   * How many times the model may be asked, in each partition; beyond it the verdict is `'unknown'`. Memory grows with
   * it, by up to a hundred bytes a step. Default 4,000,000.
   */
  readonly stepsMax?: number
}

/** The options that a check of a history knows. */
export const knownOfOrderCheck: KnownOptions<OrderCheckOptions> = { stepsMax: true }

/** Default of {@link OrderCheckOptions.stepsMax}. */
export const stepsMaxDefault = 4_000_000

/** What a check found. */
export interface OrderCheckResult<State, Input, Output> {
  /** Whether an order exists that explains the history; `'unknown'` only when the steps ran out. */
  readonly verdict: boolean | 'unknown'
  /** How many times the model was asked, in all partitions together. */
  readonly steps: number
  /** What could not be explained, when the verdict is false. */
  readonly counterexample: OrderCounterexample<State, Input, Output> | undefined
}

/** Throws a {@link HistoryError} for what is no list of operations, and for an operation whose times make no sense. */
export function verifyOperations(operations: readonly Operation[]): void {
  if (!Array.isArray(operations))
    throw new HistoryError(`a history is a list of operations, got ${shownValue(operations)}`, {})
  operations.forEach((operation: Operation, index) => {
    if (typeof operation !== 'object' || operation === null)
      throw new HistoryError(`operation ${index} is no operation, got ${shownValue(operation)}`, { index })
    const { calledAt, returnedAt, process } = operation
    if (
      Number.isFinite(calledAt) &&
      (returnedAt === undefined || (Number.isFinite(returnedAt) && returnedAt >= calledAt))
    ) {
      return
    }
    throw new HistoryError(
      `operation ${index} of process ${process} is called at ${calledAt} and returns at ${returnedAt}: times are finite numbers, and the return does not come first`,
      { index, calledAt, returnedAt },
    )
  })
}

/** Throws a `ConfigurationError` for a budget that is no positive integer. */
export function verifyStepsMax(stepsMax: number): void {
  requireOption(Number.isSafeInteger(stepsMax) && stepsMax > 0, 'stepsMax', 'a whole number from 1', stepsMax)
}
