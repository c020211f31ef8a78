/**
 * Errors in messages: class, name, message, stack, cause and what else they carry, as `error-copy.ts` of core has it.
 *
 * ```text
 *   class name | name | message | stack or undefined | has a cause | cause | keys and values in turn | undefined
 * ```
 */
import { carriedKeys, carry, createError, errorHead, setCause } from '@troupe/core/host'
import { Tag } from './message-format.ts'
import type { MessageReader } from './message-reader.ts'
import type { MessageWriter } from './message-writer.ts'

/** Writes an error behind its tag. */
export function writeError(writer: MessageWriter, error: Error): void {
  writer.tag(Tag.error)
  const { className, name, message, stack } = errorHead(error)
  writer.text(className)
  writer.text(name)
  writer.text(message)
  writer.value(stack)
  const hasCause = Object.hasOwn(error, 'cause')
  writer.value(hasCause)
  if (hasCause && !writer.attempt(error.cause)) writer.text(String(error.cause))
  for (const key of carriedKeys(error)) {
    // The value first, because it may not be sendable.
    if (writer.attempt((error as unknown as Record<string, unknown>)[key])) writer.text(key)
  }
  writer.tag(Tag.hole)
}

/** Reads an error whose tag was taken. Its cause may hold the error itself, so `made` is told of it before that is read. */
export function readError(reader: MessageReader, made: (error: Error) => void): Error {
  const className = reader.textValue()
  const name = reader.textValue()
  const message = reader.textValue()
  const stack = reader.value()
  const error = createError({ className, name, message, stack: typeof stack === 'string' ? stack : undefined })
  made(error)
  if (reader.value() === true) setCause(error, reader.value())
  while (!reader.takeHole()) {
    const item = reader.value()
    carry(error, reader.textValue(), item)
  }
  return error
}
