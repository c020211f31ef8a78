/** Reply tokens as keys of maps. */
import type { ReplyToken } from './actor-ref.ts'

/** A reply token as a map key. */
export function tokenKey(token: ReplyToken): string {
  return `${token.node}.${token.epoch}#${token.askId}`
}
