/**
 * What the given machines are asked, looked at before anything is changed: types do not reach everybody who sends a command, and one
 * that is taken for another would be in the log for good. A refusal is a `RangeError`, which its caller gets as a `CommandError`.
 */
import { adviceFor, shownValue } from '@troupe/core/host'

/** Refuses what is no object, and the command of an operation that is not there. */
export function requireOperation(command: unknown, operations: readonly string[]): void {
  const op: unknown = requireObject('a command', command).op
  for (let index = 0; index < operations.length; index++) if (operations[index] === op) return
  const advice = adviceFor(typeof op === 'string' ? op : '', operations).advice
  throw new RangeError(`there is no op ${shownValue(op)}; ${advice}`)
}

/** Refuses what is no object; else it is one whose fields can be read. */
export function requireObject(what: string, value: unknown): { readonly [field: string]: unknown } {
  if (typeof value === 'object' && value !== null) return value as { readonly [field: string]: unknown }
  throw new RangeError(`${what} is an object, got ${shownValue(value)}`)
}

/** Refuses a field that is no text. */
export function requireText(field: string, value: unknown): void {
  if (typeof value !== 'string') throw new RangeError(`${field} must be a text, got ${shownValue(value)}`)
}

/** Refuses a field that is no whole number from 0. */
export function requireCount(field: string, value: unknown): void {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return
  throw new RangeError(`${field} must be a whole number from 0, got ${shownValue(value)}`)
}

/** Refuses an object without that field, which may be `undefined`: one that is misspelt is not taken for that. */
export function requireField(field: string, command: object): void {
  if (!(field in command)) throw new RangeError(`${field} is missing; give undefined where that is meant`)
}
