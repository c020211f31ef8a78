/**
 * Errors in messages. Structured clone loses their class and what they carry; here they keep class, name, message,
 * code, stack, cause and facts. An error is often the report of a failure, which must arrive: what it carries that
 * cannot be sent is left out.
 *
 * ```text
 *   class name | name | message | stack or undefined | has a cause | cause | keys and values in turn | undefined
 * ```
 */
import { troupeErrorClass } from '@troupe/core/host'
import { define, Tag } from './message-format.ts'
import type { MessageReader } from './message-reader.ts'
import type { MessageWriter } from './message-writer.ts'

/** The built-in error classes. They and Troupe's keep their class; any other becomes an `Error` with the class's name. */
const builtInErrors = new Map<string, new (message: string) => Error>(
  [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((type) => [type.name, type]),
)
/** Not enumerable where the platform sets them: Node's `code` on some classes, `errors` of an AggregateError. */
const hiddenKeys = ['code', 'errors']
const ownKeys = ['name', 'message', 'stack', 'cause']

/** Writes an error behind its tag. */
export function writeError(writer: MessageWriter, error: Error): void {
  writer.tag(Tag.error)
  const className = typeof error.constructor?.name === 'string' ? error.constructor.name : 'Error'
  const name = String(error.name)
  writer.text(className)
  // A class that did not set a name inherits one that says nothing.
  const says = !builtInErrors.has(name) || builtInErrors.has(className) || className === 'AggregateError'
  writer.text(says ? name : className)
  writer.text(String(error.message))
  writer.value(typeof error.stack === 'string' ? error.stack : undefined)
  const hasCause = Object.hasOwn(error, 'cause')
  writer.value(hasCause)
  if (hasCause && !writer.attempt(error.cause)) writer.text(String(error.cause))
  const keys = new Set(Object.keys(error))
  for (const key of hiddenKeys) if (key in error) keys.add(key)
  for (const key of ownKeys) keys.delete(key)
  for (const key of keys) {
    // The value first, because it may not be sendable.
    if (writer.attempt((error as unknown as Record<string, unknown>)[key])) writer.text(key)
  }
  writer.tag(Tag.hole)
}

/** Reads an error whose tag was taken. Its cause may hold the error itself, so `made` is told of it before that is read. */
export function readError(reader: MessageReader, made: (error: Error) => void): Error {
  const className = reader.textValue()
  const name = reader.textValue()
  const error = createError(className, name, reader.textValue())
  made(error)
  const stack = reader.value()
  if (stack !== undefined) hide(error, 'stack', stack)
  if (reader.value() === true) hide(error, 'cause', reader.value())
  while (!reader.takeHole()) {
    const item = reader.value()
    const key = reader.textValue()
    if (key === 'errors' && error instanceof AggregateError) hide(error, key, item)
    else if (!(error instanceof DOMException)) define(error, key, item)
  }
  return error
}

function createError(className: string, name: string, message: string): Error {
  if (className === 'DOMException') return new DOMException(message, name)
  if (className === 'AggregateError') return new AggregateError([], message)
  const error = new (builtInErrors.get(className) ?? troupeErrorClass(className) ?? Error)(message)
  if (error.name !== name) hide(error, 'name', name)
  return error
}

function hide(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, writable: true, enumerable: false, configurable: true })
}
