/**
 * Where the log of a system goes: lines for people, lines of JSON, or a function. What the runtime has to say of failed
 * turns, dead nodes and stuck threads is logged beside what actors log, in the name of the node's guardian.
 */
import type { EventStream, LogEntry, LogLevel } from '@troupe/core'
import { encodeError, logSeverity } from '@troupe/core/host'

/** `pretty` and `json` write to standard error, a line for each entry; `none`: nowhere but the event stream. */
export type LogOutput = 'pretty' | 'json' | 'none' | ((entry: LogEntry) => void)

/** Sends the log of a system to `output`: what is as severe as `logLevel` or more, of actors and of the runtime alike. */
export function attachLog(events: EventStream, output: LogOutput, logLevel: LogLevel): void {
  if (output === 'none') return
  const writeAny = typeof output === 'function' ? output : lineWriter(output === 'json' ? jsonLine : prettyLine)
  const write = (entry: LogEntry) => {
    if (logSeverity[entry.level] >= logSeverity[logLevel]) writeAny(entry)
  }
  const report = (level: LogLevel, node: string, message: string, fields: LogEntry['fields']) =>
    write({ level, node, actor: `/${node}`, definition: 'Guardian', generation: 0, time: Date.now(), message, fields })
  events.on('log', write)
  events.on('failure', ({ actor, ref, message, error, directive }) =>
    report('error', ref.node, `${actor} failed in ${message}: ${directive}`, { error }),
  )
  events.on('lateRejection', ({ actor, ref, generation, error }) =>
    report('error', ref.node, `${actor} left a promise in generation ${generation} that rejected`, { error }),
  )
  events.on('escalated', ({ actor, ref, error }) => report('error', ref.node, `${actor} escalated`, { error }))
  events.on('serviceFailed', ({ node, error }) => report('error', node, error.message, { error }))
  events.on('nodeDown', ({ node, epoch, reason, error }) =>
    report('warn', node, `the node died: ${reason}`, { epoch, ...(error === undefined ? {} : { error }) }),
  )
  events.on('stuck', ({ node, epoch, turn: { actor, message, forMs } }) =>
    report('error', node, `the thread does not move: ${describeTurn(actor, message)}`, { epoch, forMs }),
  )
}

/** What a thread is in, for people. */
export function describeTurn(actor: string | undefined, message: string | undefined): string {
  return actor === undefined ? 'it is in no turn' : `${actor} is in a turn with ${message}`
}

function lineWriter(format: (entry: LogEntry) => string): (entry: LogEntry) => void {
  return (entry) => void process.stderr.write(`${format(entry)}\n`)
}

/** One entry as a line of JSON; `time` in ISO 8601. */
export function jsonLine({ time, ...entry }: LogEntry): string {
  return JSON.stringify({ time: new Date(time).toISOString(), ...entry, fields: plainFields(entry.fields) })
}

/** One entry as a line for people. */
export function prettyLine({ time, level, actor, definition, generation, message, fields }: LogEntry): string {
  const who = `${actor} [${definition}${generation === 0 ? '' : ` ${generation}`}]`
  const { error, ...rest } = plainFields(fields)
  const more = Object.keys(rest).length === 0 ? '' : ` ${JSON.stringify(rest)}`
  const stack = (error as { stack?: string } | undefined)?.stack
  const below = error === undefined ? '' : `\n${stack ?? JSON.stringify(error)}`
  return `${new Date(time).toISOString().slice(11, 23)} ${level.toUpperCase().padEnd(5)} ${who} ${message}${more}${below}`
}

/** The fields as JSON can hold them: errors with class and code, what is cyclic or odd as its text. */
function plainFields(fields: LogEntry['fields']): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, plainField(value)]))
}

function plainField(value: unknown): unknown {
  if (value instanceof Error) return encodeError(value)
  try {
    return JSON.parse(
      JSON.stringify(value, (_key, inner) => (typeof inner === 'bigint' ? String(inner) : inner)) ?? 'null',
    )
  } catch {
    return String(value)
  }
}
