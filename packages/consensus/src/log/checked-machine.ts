/**
 * What a state machine must be, looked at once, when it is defined: a mistake in it would otherwise show where a replica
 * comes back, long after.
 */
import { ConfigurationError } from '@troupe/core'
import { isThenable, type KnownOptions, prepareMessage, refuseUnknownOptions, shownValue } from '@troupe/core/host'
import type { AnyMachine } from './state-machine.ts'

const knownParts: KnownOptions<AnyMachine> = { initial: true, apply: true, query: true, snapshot: true, restore: true }
const requiredParts: ReadonlySet<string> = new Set(['initial', 'apply'])

/** Throws a `ConfigurationError` that begins with `where` unless `machine` has the parts of a state machine and no others. */
export function requireMachine(where: string, machine: AnyMachine): void {
  if (typeof machine !== 'object' || machine === null) {
    throw new ConfigurationError(
      `${where}: the state machine must be an object with functions initial and apply, got ${shownValue(machine)}`,
    )
  }
  for (const part of Object.keys(knownParts) as (keyof AnyMachine)[]) {
    const value: unknown = machine[part]
    if (value === undefined && !requiredParts.has(part)) continue
    if (value === undefined)
      throw new ConfigurationError(`${where}: the state machine has no function ${part}`, { part })
    if (typeof value !== 'function')
      throw new ConfigurationError(`${where}: ${part} must be a function, got ${shownValue(value)}`, { part })
    const kind = Object.prototype.toString.call(value).slice('[object '.length, -1)
    if (kind !== 'Function') {
      const what = `${part} is synchronous, a function of its arguments that returns what it comes to, got one of kind ${kind}`
      throw new ConfigurationError(`${where}: ${what}`, { part, kind })
    }
  }
  refuseUnknownOptions(`${where}: the state machine`, machine, knownParts)
}

/**
 * Throws a `ConfigurationError` unless the first state can come back from a snapshot as what it is: the state is data as
 * messages are, or `snapshot` makes such data of it and `restore` makes the state of that.
 */
export function requireDataState(where: string, { initial, snapshot, restore }: AnyMachine): void {
  const state: unknown = initial()
  if (snapshot === undefined || restore === undefined) requireData(`${where}: the state`, state)
  if (snapshot !== undefined) requireData(`${where}: what snapshot makes of the state`, snapshot(state))
}

function requireData(what: string, value: unknown): void {
  const needs = `${what} must be plain data, which is all that comes back from a snapshot`
  const advice = 'keep objects, arrays, Map, Set or typed arrays, or give both snapshot and restore'
  if (isThenable(value)) throw new ConfigurationError(`${needs}, got a promise; ${advice}`)
  try {
    prepareMessage(value, 'copied', () => what)
  } catch (cause) {
    throw new ConfigurationError(`${needs} (${(cause as Error).message}); ${advice}`, {}, { cause })
  }
}
