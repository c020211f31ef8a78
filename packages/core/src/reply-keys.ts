/** Reply tokens as keys of maps. */
import type { ActorCell } from './actor-cell.ts'
import type { ReplyToken } from './actor-ref.ts'

/** A reply token as a map key. */
export function tokenKey(token: ReplyToken): string {
  return `${token.node}.${token.epoch}#${token.askId}`
}

/** The key of a reply that `cell` deferred: the number of an ask of its own node, else the token's key. */
export function deferralKey({ ref }: ActorCell, token: ReplyToken): string | number {
  return token.node === ref.node && token.epoch === ref.epoch ? token.askId : tokenKey(token)
}
