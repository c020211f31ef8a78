/**
 * Errors as values. Structured clone loses their class and what they carry; a copy keeps class, name, message, code, stack,
 * cause and facts. An error is often the report of a failure, which must arrive: what it carries that is no data is left out.
 */
import { troupeErrorClass } from './errors.ts'

/** The built-in error classes. They and Troupe's keep their class; any other becomes an `Error` with the class's name. */
const builtInErrors = new Map<string, new (message: string) => Error>(
  [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((type) => [type.name, type]),
)
/** Not enumerable where the platform sets them: Node's `code` on some classes, `errors` of an AggregateError. */
const hiddenKeys = ['code', 'errors']
const ownKeys = ['name', 'message', 'stack', 'cause']

/** How an error is to be made again: see {@link createError}. */
export interface ErrorHead {
  readonly className: string
  readonly name: string
  readonly message: string
  /** `undefined` when it has none. */
  readonly stack: string | undefined
}

export function errorHead(error: Error): ErrorHead {
  const className = typeof error.constructor?.name === 'string' ? error.constructor.name : 'Error'
  const name = String(error.name)
  // A class that did not set a name inherits one that says nothing.
  const says = !builtInErrors.has(name) || builtInErrors.has(className) || className === 'AggregateError'
  const stack = typeof error.stack === 'string' ? error.stack : undefined
  return { className, name: says ? name : className, message: String(error.message), stack }
}

/** The keys of what an error carries, beside its head and its cause. */
export function carriedKeys(error: Error): ReadonlySet<string> {
  const keys = new Set(Object.keys(error))
  for (const key of hiddenKeys) if (key in error) keys.add(key)
  for (const key of ownKeys) keys.delete(key)
  return keys
}

/** An error with that head, which carries nothing yet. */
export function createError({ className, name, message, stack }: ErrorHead): Error {
  const error = emptyError(className, name, message)
  if (stack !== undefined) hide(error, 'stack', stack)
  // Its own would say where it was made again.
  else delete error.stack
  return error
}

function emptyError(className: string, name: string, message: string): Error {
  if (className === 'DOMException') return new DOMException(message, name)
  if (className === 'AggregateError') return new AggregateError([], message)
  const error = new (builtInErrors.get(className) ?? troupeErrorClass(className) ?? Error)(message)
  if (error.name !== name) hide(error, 'name', name)
  return error
}

/** Gives an error the cause that the original had. */
export function setCause(error: Error, cause: unknown): void {
  hide(error, 'cause', cause)
}

/** Gives an error what the original carried under that key. */
export function carry(error: Error, key: string, item: unknown): void {
  if (key === 'errors' && error instanceof AggregateError) hide(error, key, item)
  else if (!(error instanceof DOMException)) {
    Object.defineProperty(error, key, { value: item, writable: true, enumerable: true, configurable: true })
  }
}

function hide(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: false, configurable: true })
}
