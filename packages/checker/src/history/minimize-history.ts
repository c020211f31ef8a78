/**
 * Fewer operations that still cannot be linearized. Each change only allows more: leaving out an operation that changes
 * nothing, forgetting what another returned and when. So what remains refutes the whole history.
 */

import { refuseUnknownOptions } from '@troupe/core/host'
import { verifyModel } from './checked-model.ts'
import { checkLinearizable } from './linearizability.ts'
import type { ObjectModel } from './object-model.ts'
import { type Operation, outputOf } from './operation.ts'
import { knownOfOrderCheck } from './order-check.ts'

/** Options of {@link minimizeHistory}. */
export interface MinimizeOptions {
  /** How many steps one attempt may take; a change that needs more is not made. Default 20,000. */
  readonly stepsMax?: number
}

/**
 * A part of `history` that is not linearizable, given that `history` is not: up to the first return that it needs,
 * without the reads that do not matter, and with operations that never returned where their results do not matter.
 * Deterministic; makes up to four checks for each operation. A history that is linearizable comes back as it is.
 */
export function minimizeHistory<State, Input, Output>(
  model: ObjectModel<State, Input, Output>,
  history: readonly Operation<Input, Output>[],
  options: MinimizeOptions = {},
): readonly Operation<Input, Output>[] {
  refuseUnknownOptions('minimizeHistory', options, knownOfOrderCheck)
  const { stepsMax = 20_000 } = options
  verifyModel('minimizeHistory', model)
  const fails = (operations: readonly Operation<Input, Output>[]) =>
    checkLinearizable(model, operations, { stepsMax }).counterexample
  const failed = fails(history)
  if (failed === undefined) return history
  let operations: readonly Operation<Input, Output>[] = failed.operations
  const firstReturn = Math.min(...failed.blocked.map(({ returnedAt }) => returnedAt as number))
  const cut = operations
    .filter(({ calledAt }) => calledAt <= firstReturn)
    .map((operation) => ({
      ...operation,
      returnedAt: (operation.returnedAt ?? Number.POSITIVE_INFINITY) <= firstReturn ? operation.returnedAt : undefined,
    }))
  if (fails(cut) !== undefined) operations = cut
  // Reads go first: a write that returned says more to people than one that somebody read.
  for (const change of [withoutReads, forgotten] as const) {
    for (let size = operations.length; size >= 1; size = Math.floor(size / 2)) {
      for (let start = 0; start < operations.length; ) {
        const end = Math.min(start + size, operations.length)
        const changed = change(model, operations.slice(start, end))
        const weaker = changed && [...operations.slice(0, start), ...changed, ...operations.slice(end)]
        if (weaker !== undefined && fails(weaker) !== undefined) {
          operations = weaker
          start += changed?.length ?? 0
        } else {
          start += size
        }
      }
    }
  }
  return operations
}

/** A change of some operations; undefined when it has nothing to change. */
type Change = <State, Input, Output>(
  model: ObjectModel<State, Input, Output>,
  operations: readonly Operation<Input, Output>[],
) => Operation<Input, Output>[] | undefined

/** Without the operations that change nothing. */
const withoutReads: Change = (model, operations) => {
  const rest = operations.filter((operation) => model.readOnly?.(operation.input, outputOf(operation)) !== true)
  return rest.length < operations.length ? rest : undefined
}

/** As if none had returned. */
const forgotten: Change = (_model, operations) => {
  if (operations.every(({ returnedAt }) => returnedAt === undefined)) return undefined
  return operations.map(({ process, input, calledAt }) => ({ process, input, calledAt }))
}
