/** Oracles by trying everything: what the definitions say, for histories of a few operations. */
import { type ObjectModel, type Operation, unknownOutput } from '@troupe/checker'

/** Whether some order of all returned operations and some of the others fits the model and `mayPrecede`. */
function someOrder<State, Input, Output>(
  model: ObjectModel<State, Input, Output>,
  history: readonly Operation<Input, Output>[],
  precedes: (left: Operation, right: Operation) => boolean,
): boolean {
  const extend = (rest: readonly Operation<Input, Output>[], states: ReadonlyMap<string, State>): boolean => {
    if (rest.every(({ returnedAt }) => returnedAt === undefined)) return true
    return rest.some((next) => {
      if (rest.some((other) => other !== next && precedes(other, next))) return false
      const output = next.returnedAt === undefined ? unknownOutput : (next.output as Output)
      const partition = model.partition?.(next.input) ?? ''
      const before = states.has(partition) ? (states.get(partition) as State) : model.init()
      return model.step(before, next.input, output).some((after) =>
        extend(
          rest.filter((other) => other !== next),
          new Map(states).set(partition, after),
        ),
      )
    })
  }
  return extend(history, new Map())
}

export function linearizableByBruteForce<State, Input, Output>(
  model: ObjectModel<State, Input, Output>,
  history: readonly Operation<Input, Output>[],
): boolean {
  return someOrder(model, history, (left, right) => left.returnedAt !== undefined && left.returnedAt < right.calledAt)
}

export function sequentialByBruteForce<State, Input, Output>(
  model: ObjectModel<State, Input, Output>,
  history: readonly Operation<Input, Output>[],
): boolean {
  return someOrder(
    model,
    history,
    (left, right) => left.process === right.process && left.returnedAt !== undefined && left.calledAt < right.calledAt,
  )
}
