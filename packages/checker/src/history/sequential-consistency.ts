/**
 * Sequential consistency: whether all operations can be put into one order that keeps the order within each process
 * (Lamport 1979). Unlike linearizability it does not follow from that of the parts, so partitions are searched together.
 */
import { refuseUnknownOptions } from '@troupe/core/host'
import { verifyModel } from './checked-model.ts'
import { partitions } from './linearizability.ts'
import type { ObjectModel } from './object-model.ts'
import { ModelStates, PartitionedStates } from './object-states.ts'
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
import { ProcessOrder } from './process-order.ts'

/**
 * Decides whether `history` is sequentially consistent. The operations of a process are ordered by their calls. One
 * that never returned takes effect after what its process did before it, or never. `stepsMax` bounds the whole.
 */
export function checkSequentiallyConsistent<State, Input, Output>(
  model: ObjectModel<State, Input, Output>,
  history: readonly Operation<Input, Output>[],
  options: OrderCheckOptions = {},
): OrderCheckResult<State, Input, Output> {
  refuseUnknownOptions('checkSequentiallyConsistent', options, knownOfOrderCheck)
  const { stepsMax = stepsMaxDefault } = options
  verifyModel('checkSequentiallyConsistent', model)
  verifyOperations(history)
  verifyStepsMax(stepsMax)
  const parts = partitions(model, history)
  const operations = parts.flatMap(([, own]) => own)
  const partOf = parts.flatMap(([, own], part) => own.map(() => part))
  const partStates = parts.map(([, own]) => new ModelStates(model, own))
  const states = new PartitionedStates(partStates, partOf)
  const makeOrder = () => new ProcessOrder(operations, states.classes)
  const search = new OrderSearch(makeOrder(), states, (index) => operations[index]?.returnedAt === undefined)
  const found = search.run(stepsMax)
  const stateOf = (state: number, part: number) =>
    (partStates[part] as ModelStates<State, Input, Output>).state(states.partState(state, part))
  let counterexample: OrderCounterexample<State, Input, Output> | undefined
  if (found === false) {
    counterexample = counterexampleOf('sequentially consistent', undefined, operations, {
      search,
      order: makeOrder(),
      stateOf: (state, operation) => stateOf(state, partOf[operation] as number),
      deadEnds: (state) => (parts.length === 1 ? [stateOf(state, 0)] : []),
    })
  }
  return { verdict: found ?? 'unknown', steps: search.steps, counterexample }
}
