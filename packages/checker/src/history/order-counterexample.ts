/** Why no order explains a history, for people: how far one can be explained, and what does not fit there. */
import { answerOf, verifyModel } from './checked-model.ts'
import type { ObjectModel } from './object-model.ts'
import { type Operation, outputOf } from './operation.ts'
import type { OperationOrder } from './operation-order.ts'
import type { OrderSearch } from './order-search.ts'

/** An operation in its place of an order. */
export interface OrderedOperation<State, Input, Output> {
  readonly operation: Operation<Input, Output>
  /** The state after it; with partitions, of its partition. */
  readonly state: State
}

/** What could not be explained. */
export interface OrderCounterexample<State, Input, Output> {
  /** Which property fails. */
  readonly property: 'linearizable' | 'sequentially consistent'
  /** The partition that fails; `undefined` for a model without, and where partitions are checked together. */
  readonly partition: string | undefined
  /** All operations that were looked at: of the failing partition, or of the whole history. */
  readonly operations: readonly Operation<Input, Output>[]
  /** The longest order found: of all those that come as far in time, one. */
  readonly order: readonly OrderedOperation<State, Input, Output>[]
  /** The states in which an order comes as far as any, at most 16; empty where partitions are checked together. */
  readonly states: readonly State[]
  /** The operations that could come next in time and have returned, and that fit in none of those states. */
  readonly blocked: readonly Operation<Input, Output>[]
}

/** Reads the furthest order from a search that failed. `order` is as it was before the search. */
export function counterexampleOf<State, Input, Output>(
  property: OrderCounterexample<State, Input, Output>['property'],
  partition: string | undefined,
  operations: readonly Operation<Input, Output>[],
  {
    search,
    order,
    stateOf,
    deadEnds,
  }: {
    search: OrderSearch
    order: OperationOrder
    stateOf: (state: number, operation: number) => State
    deadEnds: (state: number) => State[]
  },
): OrderCounterexample<State, Input, Output> {
  const { furthest } = search
  const at = (index: number) => operations[index] as Operation<Input, Output>
  for (const index of furthest.operations) order.take(index)
  const blocked: Operation<Input, Output>[] = []
  for (let index = order.first(); index !== -1; index = order.after(index)) {
    if (at(index).returnedAt !== undefined) blocked.push(at(index))
  }
  return {
    property,
    partition,
    operations,
    order: furthest.operations.map((index, place) => ({
      operation: at(index),
      state: stateOf(furthest.states[place] as number, index),
    })),
    states: furthest.deadEnds.flatMap(deadEnds),
    blocked,
  }
}

/** How many operations of the order are shown before those that do not fit, and how many states. */
const shownMax = 12
const shownStatesMax = 4

/** A counterexample as text: the end of the longest order found, and what cannot follow. */
export function formatOrderCounterexample<State, Input, Output>(
  model: ObjectModel<State, Input, Output>,
  counterexample: OrderCounterexample<State, Input, Output>,
): string {
  verifyModel('formatOrderCounterexample', model)
  const { property, partition, operations, order, states, blocked } = counterexample
  const where = partition === undefined ? '' : ` at ${JSON.stringify(partition)}`
  const lines = [
    `not ${property}: ${model.name}${where}`,
    `the longest order explains ${order.length} of ${operations.length} operations${order.length > shownMax ? ', it ends' : ''}:`,
  ]
  const shown = order.slice(-shownMax)
  const width = Math.max(
    0,
    ...[...shown.map(({ operation }) => operation), ...blocked].map((operation) => describe(model, operation).length),
  )
  for (const { operation, state } of shown) {
    lines.push(`  ${describe(model, operation).padEnd(width)}  ${span(operation)}  then ${show(state)}`)
  }
  lines.push(`here none of these can come next${inStates(states)}:`)
  for (const operation of blocked) lines.push(`  ${describe(model, operation).padEnd(width)}  ${span(operation)}`)
  return lines.join('\n')
}

function describe<State, Input, Output>(
  model: ObjectModel<State, Input, Output>,
  operation: Operation<Input, Output>,
): string {
  return `process ${operation.process}: ${describeOperation(model, operation)}`
}

/** What was asked and answered, as the model says it. */
export function describeOperation<State, Input, Output>(
  model: ObjectModel<State, Input, Output>,
  operation: Operation<Input, Output>,
): string {
  const output = outputOf(operation)
  if (model.describe !== undefined) return answerOf(model, 'describe', model.describe(operation.input, output))
  return `${show(operation.input)} = ${typeof output === 'symbol' ? 'unanswered' : show(output)}`
}

function inStates(states: readonly unknown[]): string {
  if (states.length === 0) return ''
  const others = states.length - shownStatesMax
  const shown = states.slice(0, shownStatesMax).map(show).join(' or ')
  return `, in state ${shown}${others > 0 ? ` or one of ${others} others` : ''}`
}

function span({ calledAt, returnedAt }: Operation): string {
  return `[${calledAt}, ${returnedAt ?? 'never'}]`
}

/** JSON, with Maps and Sets as arrays. */
function show(value: unknown): string {
  const text = JSON.stringify(value, (_key, part) => {
    if (part instanceof Map || part instanceof Set) return [...part]
    return typeof part === 'bigint' ? `${part}n` : part
  })
  return text ?? String(value)
}
