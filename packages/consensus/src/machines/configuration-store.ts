/**
 * A replicated store of configurations that others act on, such as which shard lives where: each key's value has an
 * epoch, a new value is only taken by who has seen the one before, and epochs never come again.
 */
import { replicate } from '../log/replicate.ts'
import type { StateMachine } from '../log/state-machine.ts'
import { requireCount, requireField, requireObject, requireOperation, requireText } from './command-check.ts'

/** A value with its epoch: 0 and `undefined` for one that was never set. */
export interface Epoched {
  readonly epoch: number
  readonly value: unknown
}

/** Sets the value of `key` when it is of epoch `expected` still; the result is what the key has afterwards. */
export type ConfigurationCommand = {
  readonly op: 'set'
  readonly key: string
  readonly expected: number
  readonly value: unknown
}

/** What the store is asked: one key, or with a prefix all keys that begin so, in order. */
export type ConfigurationQuery = { readonly key: string } | { readonly prefix: string }

/** What came of a command. */
export interface ConfigurationResult extends Epoched {
  /** False when the key had another epoch. */
  readonly taken: boolean
}

const operations = ['set'] as const
const unset: Epoched = { epoch: 0, value: undefined }

/** The machine by itself, for definitions with other options. */
export const configurationMachine: StateMachine<
  Map<string, Epoched>,
  ConfigurationCommand,
  ConfigurationResult,
  ConfigurationQuery,
  Epoched | readonly (readonly [key: string, Epoched])[]
> = {
  initial: () => new Map(),
  apply(values, command) {
    requireOperation(command, operations)
    const { key, expected, value } = command
    requireText('key', key)
    requireCount('expected', expected)
    requireField('value', command)
    const before = values.get(key) ?? unset
    if (before.epoch !== expected) return { taken: false, ...before }
    const after = { epoch: before.epoch + 1, value }
    values.set(key, after)
    return { taken: true, ...after }
  },
  query(values, query) {
    requireObject('a query', query)
    if ('key' in query) {
      requireText('key', query.key)
      if ('prefix' in query) throw new RangeError('a query has a key or a prefix, not both')
      return values.get(query.key) ?? unset
    }
    requireText('prefix', query.prefix)
    return [...values].filter(([key]) => key.startsWith(query.prefix)).sort(([a], [b]) => (a < b ? -1 : 1))
  },
}

/** Start it with `startReplicated`. */
export const ConfigurationStore = replicate(
  { name: 'ConfigurationStore', module: import.meta.url },
  configurationMachine,
)
