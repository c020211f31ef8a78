/** A replicated counter of whole numbers, exact beyond 2^53. */
import { replicate } from '../log/replicate.ts'
import type { StateMachine } from '../log/state-machine.ts'

/** Adds, and tells the new value. `by` may be negative. */
export type CounterCommand = { readonly op: 'add'; readonly by: bigint | number }

/** The machine by itself, for definitions with other options. */
export const counterMachine: StateMachine<{ value: bigint }, CounterCommand, bigint, 'value', bigint> = {
  initial: () => ({ value: 0n }),
  apply(state, { by }) {
    state.value += BigInt(by)
    return state.value
  },
  query: ({ value }) => value,
}

/** Start it with `startReplicated`; its one query is `'value'`. */
export const Counter = replicate({ name: 'Counter', module: import.meta.url }, counterMachine)
