/**
 * Linearizability: whether all operations can be put into one order in which each takes effect at one moment between
 * its call and its return (Herlihy and Wing 1990). Partitions are decided one by one, each with a budget of its own:
 * one may refute the history at once while another explodes.
 */
import { refuseUnknownOptions } from '@troupe/core/host'
import { answerOf, verifyModel } from './checked-model.ts'
import type { ObjectModel } from './object-model.ts'
import { ModelStates } from './object-states.ts'
import type { Operation } from './operation.ts'
import {
  knownOfOrderCheck,
  type OrderCheckOptions,
  type OrderCheckResult,
  stepsMaxDefault,
  verifyOperations,
  verifyStepsMax,
} from './order-check.ts'
import { counterexampleOf, type OrderCounterexample } from './order-counterexample.ts'
import { OrderSearch } from './order-search.ts'
import { RealTimeOrder } from './real-time-order.ts'

/** With this share of its budget every partition is tried, before those still undecided get all of it. */
const firstShare = 1 / 64

/**
 * Decides whether `history` is linearizable. An operation that never returned may have taken effect at any time after
 * its call, or never. Equal times overlap. Throws a {@link HistoryError} for times that make no sense,
 * and a `ConfigurationError` for a model that is none, or whose functions return what they must not.
 *
 * The search takes its steps in a fixed order: equal histories give equal results.
 */
export function checkLinearizable<State, Input, Output>(
  model: ObjectModel<State, Input, Output>,
  history: readonly Operation<Input, Output>[],
  options: OrderCheckOptions = {},
): OrderCheckResult<State, Input, Output> {
  refuseUnknownOptions('checkLinearizable', options, knownOfOrderCheck)
  const { stepsMax = stepsMaxDefault } = options
  verifyModel('checkLinearizable', model)
  verifyOperations(history)
  verifyStepsMax(stepsMax)
  let undecided = [...partitions(model, history)]
  let steps = 0
  for (const budget of [Math.ceil(stepsMax * firstShare), stepsMax]) {
    const open: typeof undecided = []
    for (const partition of undecided) {
      const result = checkPartition(model, partition, budget)
      steps += result.steps
      if (result.counterexample !== undefined) return { verdict: false, steps, counterexample: result.counterexample }
      if (result.verdict === 'unknown') open.push(partition)
    }
    undecided = open
  }
  return { verdict: undecided.length === 0 ? true : 'unknown', steps, counterexample: undefined }
}

type Partition<Input, Output> = readonly [key: string | undefined, operations: Operation<Input, Output>[]]

/** The operations of each partition, in the order of their first calls. */
export function partitions<State, Input, Output>(
  model: ObjectModel<State, Input, Output>,
  history: readonly Operation<Input, Output>[],
): Partition<Input, Output>[] {
  const byCall = history.toSorted((left, right) => left.calledAt - right.calledAt)
  if (model.partition === undefined) return [[undefined, byCall]]
  return [...Map.groupBy(byCall, ({ input }) => answerOf(model, 'partition', model.partition?.(input) as string))]
}

function checkPartition<State, Input, Output>(
  model: ObjectModel<State, Input, Output>,
  [key, operations]: Partition<Input, Output>,
  stepsMax: number,
): OrderCheckResult<State, Input, Output> {
  const states = new ModelStates(model, operations)
  const makeOrder = () => new RealTimeOrder(operations, states.classes)
  const search = new OrderSearch(makeOrder(), states, (index) => operations[index]?.returnedAt === undefined)
  const found = search.run(stepsMax)
  let counterexample: OrderCounterexample<State, Input, Output> | undefined
  if (found === false) {
    counterexample = counterexampleOf('linearizable', key, operations, {
      search,
      order: makeOrder(),
      stateOf: (state) => states.state(state),
      deadEnds: (state) => [states.state(state)],
    })
  }
  return { verdict: found ?? 'unknown', steps: search.steps, counterexample }
}
