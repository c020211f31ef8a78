/** Values as text, for people. */
import { ReplyToken, refKey } from '@troupe/core'
import { Ref } from '@troupe/core/host'
import { askOf } from './ask-table.ts'

/** JSON, with Maps and Sets as arrays, references by name and errors by name and message. */
export function showValue(value: unknown): string {
  return JSON.stringify(value, (_key, part) => {
    if (part instanceof Map || part instanceof Set) return [...part]
    if (part instanceof Ref) return refKey(part)
    if (part instanceof ReplyToken) return askOf(part) === 0 ? 'reply to nobody' : `reply ${part.askId}`
    if (part instanceof Error) return `${part.name}: ${part.message}`
    return typeof part === 'bigint' ? `${part}n` : part
  })
}
