/**
 * What a state machine must be, looked at once, when it is defined: a mistake in it would otherwise show where a replica
 * comes back, long after.
 */
import { ConfigurationError } from '@troupe/core'
import {
  cloneValue,
  decodeValue,
  encodeValue,
  isThenable,
  type KnownOptions,
  prepareMessage,
  refuseUnknownOptions,
  shownValue,
} from '@troupe/core/host'
import type { AnyMachine } from './state-machine.ts'
import { absent, firstDifference } from './value-difference.ts'

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
 * Throws a `ConfigurationError` unless the first state is one that `apply` can change in place, and comes back from a snapshot as
 * what it is: by itself when it is data, else by `snapshot` and `restore`. It is taken there and back once.
 */
export function requireState(where: string, { initial, snapshot, restore }: AnyMachine): void {
  const state: unknown = initial()
  requireChangeable(`${where}: the state`, state)
  const given: unknown = snapshot === undefined ? state : attempt(where, 'snapshot', () => snapshot(state))
  if (snapshot === undefined) requirePlain(`${where}: the state`, state)
  else requirePlain(`${where}: what snapshot makes of the state`, given)
  if (snapshot !== undefined && restore === undefined) {
    const what = 'snapshot needs restore, which makes the state of what it gives'
    throw new ConfigurationError(`${where}: ${what}; give both, or neither for a state that is plain data`)
  }
  if (restore === undefined) return
  const back: unknown = attempt(where, 'restore', () => restore(decodeValue(encodeValue(given))))
  requireChangeable(`${where}: what restore makes of a snapshot`, back)
  if (kindOf(back) !== kindOf(state)) {
    const kinds = `${shownValue(back)}, where initial gives ${shownValue(state)}`
    throw new ConfigurationError(`${where}: restore must make the state of what snapshot gave, got ${kinds}`)
  }
  const again: unknown = snapshot === undefined ? back : attempt(where, 'snapshot', () => snapshot(back))
  requirePlain(`${where}: what restore makes of a snapshot`, again)
  const difference = firstDifference(cloneValue(given), cloneValue(again))
  if (difference === undefined) return
  const { path, left, right } = difference
  const place = path === '' ? 'it' : path.replace(/^\./, '')
  const what = `${place} was ${textOf(left)} and is ${textOf(right)}`
  throw new ConfigurationError(`${where}: the first state does not come back from its snapshot: ${what}`, { path })
}

/** A state is changed in place: what is returned is the result. */
function requireChangeable(what: string, value: unknown): void {
  const needs = `${what} must be an object, an array, a Map or a Set, which apply changes in place`
  if (isThenable(value)) throw new ConfigurationError(`${needs}, got a promise`)
  if (typeof value !== 'object' || value === null)
    throw new ConfigurationError(`${needs}, got ${shownValue(value)}; put it into an object, as in { value: ... }`)
}

function requirePlain(what: string, value: unknown): void {
  const needs = `${what} must be plain data, which is all that comes back from a snapshot`
  const advice = 'keep objects, arrays, Map, Set or typed arrays, or give both snapshot and restore'
  if (isThenable(value)) throw new ConfigurationError(`${needs}, got a promise; ${advice}`)
  try {
    prepareMessage(value, 'copied', () => what)
  } catch (cause) {
    throw new ConfigurationError(`${needs} (${(cause as Error).message}); ${advice}`, {}, { cause })
  }
}

/** What a part of the machine gives for the first state. */
function attempt<Given>(where: string, part: string, run: () => Given): Given {
  try {
    return run()
  } catch (cause) {
    const what = `${part} threw for the first state: ${cause instanceof Error ? cause.message : shownValue(cause)}`
    throw new ConfigurationError(`${where}: ${what}`, { part }, { cause })
  }
}

/** The class that an object is of; one without a prototype comes back as any other. */
function kindOf(value: unknown): unknown {
  return Object.getPrototypeOf(value) ?? Object.prototype
}

function textOf(value: unknown): string {
  return value === absent ? 'absent' : shownValue(value)
}
