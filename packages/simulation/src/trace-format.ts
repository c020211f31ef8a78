/** Trace events as lines of text, for failure messages. */
import { refKey } from '@troupe/core'
import { Ref } from '@troupe/core/host'
import type { TraceEvent } from './trace.ts'

const payloadLengthMax = 120

/** One line: when, where, what. */
export function formatEvent(event: TraceEvent): string {
  return `${event.atMs.toFixed(3)} ms #${event.step} ${event.node}: ${what(event)}`
}

function what(event: TraceEvent): string {
  switch (event.type) {
    case 'turn':
      return `${event.actor} takes ${event.message}${payloadText(event.payload)}${event.behavior === undefined ? '' : ` in behavior ${event.behavior}`}`
    case 'sent':
      return event.from === event.to
        ? `sends ${event.message}${payloadText(event.payload)} to itself`
        : `sends ${event.message}${payloadText(event.payload)} to ${event.to}`
    case 'delivered':
      return `gets ${event.message} from ${event.from}`
    case 'dropped':
      return `${event.message} from ${event.from} to ${event.to} is lost (${event.reason})`
    case 'duplicated':
    case 'reordered':
      return `${event.message} from ${event.from} to ${event.to} is ${event.type}`
    case 'disk':
      return `disk: ${event.kind} ${event.file} at ${event.offset}`
    case 'failure':
      return `${event.actor} failed in ${event.message}: ${event.error.message} (${event.directive})`
    default:
      return `${event.type} ${event.detail}`
  }
}

/** A payload as text, after a space; nothing for `undefined`. */
export function payloadText(payload: unknown, lengthMax = payloadLengthMax): string {
  if (payload === undefined) return ''
  let text: string
  try {
    text = JSON.stringify(payload, plain) ?? String(payload)
  } catch {
    text = String(payload)
  }
  return ` ${text.length > lengthMax ? `${text.slice(0, lengthMax)}...` : text}`
}

/** What JSON has no word for. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return `${value}n`
  if (value instanceof Ref) return refKey(value)
  if (value instanceof Map) return { Map: [...value] }
  if (value instanceof Set) return { Set: [...value] }
  if (value instanceof Error) return `${value.name}: ${value.message}`
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`
  return value
}
