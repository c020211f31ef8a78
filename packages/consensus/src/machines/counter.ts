/** A replicated counter of whole numbers, exact beyond 2^53. */
import { shownValue } from '@troupe/core/host'
import { replicate } from '../log/replicate.ts'
import type { StateMachine } from '../log/state-machine.ts'
import { requireOperation } from './command-check.ts'

/** Adds, and tells the new value. `by` may be negative; a number is a whole one. */
export type CounterCommand = { readonly op: 'add'; readonly by: bigint | number }

const operations = ['add'] as const

/** The machine by itself, for definitions with other options. */
export const counterMachine: StateMachine<{ value: bigint }, CounterCommand, bigint, 'value', bigint> = {
  initial: () => ({ value: 0n }),
  apply(state, command) {
    requireOperation(command, operations)
    const { by } = command
    if (typeof by !== 'bigint' && !Number.isInteger(by))
      throw new RangeError(`by must be a bigint or a whole number, got ${shownValue(by)}`)
    state.value += BigInt(by)
    return state.value
  },
  query({ value }, query) {
    if (query !== 'value') throw new RangeError(`the only query is 'value', got ${shownValue(query)}`)
    return value
  },
}

/** Start it with `startReplicated`; its one query is `'value'`. */
export const Counter = replicate({ name: 'Counter', module: import.meta.url }, counterMachine)
