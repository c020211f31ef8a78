/** What can be said of an ask or a send: how long it waits, until which signal, and the window of a stream. */
import type { CompiledDefinition } from './actor-definition.ts'
import type { AskOptions, AskThen, SendOptions } from './context.ts'
import { ConfigurationError } from './errors.ts'
import { handlesSomewhere, messagesOf } from './handled-messages.ts'
import { IncomingStream, streamWindowMax } from './incoming-stream.ts'
import { type KnownOptions, refuseUnknownOptions } from './known-options.ts'
import { shownValue } from './shown-value.ts'

/** How long an ask waits unless told otherwise. */
export const askTimeoutMsDefault = 5_000

const knownOfAsk: KnownOptions<AskOptions> = { timeoutMs: true, window: true, signal: true, transfer: true }
const knownOfAskThen: KnownOptions<AskThen> = {
  onReply: true,
  onError: true,
  timeoutMs: true,
  signal: true,
  transfer: true,
}
const knownOfSend: KnownOptions<SendOptions> = { timeoutMs: true, signal: true, transfer: true }

/** Throws a `ConfigurationError` for options that an ask does not have; for development. */
export function refuseUnknownOfAsk(options: AskOptions): void {
  refuseUnknownOptions('an ask', options, knownOfAsk)
}

/**
 * Throws a `ConfigurationError` for options that an ask whose end is a message does not have, and for a message that the
 * asker of that definition never handles, which types cannot tell of an inferred one; for development.
 */
export function refuseUnknownOfAskThen(then: AskThen, definition: CompiledDefinition): void {
  refuseUnknownOptions('ctx.askThen', then, knownOfAskThen)
  for (const option of ['onReply', 'onError'] as const) {
    const message = then[option]
    if (handlesSomewhere(definition, message)) continue
    const { name: asker } = definition
    throw new ConfigurationError(
      `actor ${asker}: ctx.askThen names '${message}' as ${option}, for which it has no handler; there are ${messagesOf(definition).join(', ')}`,
      { definition: asker, option, message },
    )
  }
}

/** Throws a `ConfigurationError` for options that a send does not have; for development. */
export function refuseUnknownOfSend(options: SendOptions): void {
  refuseUnknownOptions('a send', options, knownOfSend)
}

/** The ask's promise, with the window of `options` where it resolves to a stream. */
export function withWindow(options: AskOptions, asked: Promise<any>): Promise<any> {
  const { window } = options
  if (window === undefined) return asked
  return asked.then((reply) => {
    if (reply instanceof IncomingStream) reply.window = window
    return reply
  })
}

/** The timeout of an ask whose end becomes a message; throws a `ConfigurationError` as {@link askTimeoutOf} does. */
export function askThenTimeoutOf(then: AskThen): number {
  requireObject(then, 'ctx.askThen')
  if (typeof then.onReply !== 'string' || typeof then.onError !== 'string') {
    throw new ConfigurationError(
      `ctx.askThen needs the names of the messages that its end becomes, got onReply ${shownValue(then.onReply)} and onError ${shownValue(then.onError)}`,
    )
  }
  if (then.timeoutMs === undefined && then.signal === undefined) return askTimeoutMsDefault
  return askTimeoutOf(then, 'ctx.askThen')
}

/** The timeout of ask options; throws a `ConfigurationError` when it is not above 0 or not a timer's range. */
export function askTimeoutOf(options: AskOptions, what = 'an ask'): number {
  requireObject(options, what)
  const { timeoutMs = askTimeoutMsDefault, window, signal } = options
  if (window !== undefined && !(Number.isInteger(window) && window >= 1 && window <= streamWindowMax)) {
    throw new ConfigurationError(
      `${what}'s window must be a whole number from 1 to ${streamWindowMax}, got ${shownValue(window)}`,
    )
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new ConfigurationError(`${what}'s signal must be an AbortSignal, got ${typeof signal}`)
  }
  if (!(typeof timeoutMs === 'number' && timeoutMs > 0 && timeoutMs <= 2 ** 31 - 1)) {
    throw new ConfigurationError(
      `${what}'s timeoutMs must be above 0 and at most 2^31 - 1, got ${shownValue(timeoutMs)}`,
    )
  }
  return timeoutMs
}

/** Types do not reach everybody, and `null` has no fields to say so. */
function requireObject(options: unknown, what: string): void {
  if (typeof options === 'object' && options !== null) return
  throw new ConfigurationError(`${what} takes an object of options, got ${shownValue(options)}`)
}
