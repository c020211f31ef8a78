/** A replicated key-value store: put, get, delete, compare-and-set, append. */
import { shownValue } from '@troupe/core/host'
import { replicate } from '../log/replicate.ts'
import type { StateMachine } from '../log/state-machine.ts'
import { requireField, requireObject, requireOperation, requireText } from './command-check.ts'

/** A command. Its result is the value that the key had before, where nothing else is said. */
export type KeyValueCommand =
  | { readonly op: 'put'; readonly key: string; readonly value: unknown }
  | { readonly op: 'delete'; readonly key: string }
  /** The result says whether it took place: sets `value` where the key has `expected` (`undefined`: is not there). Strings, numbers, booleans and null compare. */
  | { readonly op: 'compareAndSet'; readonly key: string; readonly expected: unknown; readonly value: unknown }
  /** Appends to the key's string, which begins empty; the result is its new length. A value of another kind is a `TypeError`. */
  | { readonly op: 'append'; readonly key: string; readonly value: string }
  /** A read that goes through the log. */
  | { readonly op: 'get'; readonly key: string }

/** A query: the value of a key, `undefined` when it is not there. */
export type KeyValueQuery = { readonly key: string }

const operations = ['put', 'delete', 'compareAndSet', 'append', 'get'] as const

/** The machine by itself, for definitions with other options. */
export const keyValueMachine: StateMachine<Map<string, unknown>, KeyValueCommand, unknown, KeyValueQuery, unknown> = {
  initial: () => new Map<string, unknown>(),
  apply(values: Map<string, unknown>, command: KeyValueCommand): unknown {
    requireOperation(command, operations)
    requireText('key', command.key)
    const before = values.get(command.key)
    switch (command.op) {
      case 'get':
        return before
      case 'put':
        requireField('value', command)
        values.set(command.key, command.value)
        return before
      case 'delete':
        values.delete(command.key)
        return before
      case 'append':
        requireText('value', command.value)
        if (before !== undefined && typeof before !== 'string') {
          throw new TypeError(`${command.key} is not a string, so nothing can be appended`)
        }
        values.set(command.key, (before ?? '') + command.value)
        return (before ?? '').length + command.value.length
      case 'compareAndSet':
        requireField('expected', command)
        requireField('value', command)
        if (typeof command.expected === 'object' && command.expected !== null)
          throw new RangeError(
            `compareAndSet compares strings, numbers, booleans and null, got ${shownValue(command.expected)} as expected`,
          )
        if (before !== command.expected) return false
        values.set(command.key, command.value)
        return true
    }
  },
  query(values, query: KeyValueQuery): unknown {
    const { key } = requireObject('a query', query)
    requireText('key', key)
    return values.get(key as string)
  },
}

/** See the commands. Start it with `startReplicated`. */
export const KeyValueStore = replicate({ name: 'KeyValueStore', module: import.meta.url }, keyValueMachine)
