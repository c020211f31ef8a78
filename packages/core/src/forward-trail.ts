/**
 * Where the asks went that actors of a node sent on: the last few thousand, so that whoever looks for one finds it.
 * Forwarding is quick and looking is rare: a ring that is written round and searched as a whole.
 */
import { type ActorRef, type ReplyToken, sameRef } from './actor-ref.ts'
import type { AskAddress } from './turn-waits.ts'

interface Forwarded {
  readonly token: ReplyToken
  readonly from: ActorRef
  readonly to: ActorRef
}

/** Forwarded asks that a node remembers. */
const rememberedMax = 4_096

export class ForwardTrail {
  readonly #ring: Forwarded[] = []
  #next = 0

  note(token: ReplyToken, from: ActorRef, to: ActorRef): void {
    this.#ring[this.#next] = { token, from, to }
    this.#next = (this.#next + 1) % rememberedMax
  }

  /** To whom `from` sent the ask on, if that is remembered, and was only one. */
  find({ node, epoch, askId }: AskAddress, from: ActorRef): ActorRef | undefined {
    let found: ActorRef | undefined
    for (const { token, from: by, to } of this.#ring) {
      if (token.askId !== askId || token.epoch !== epoch || token.node !== node || !sameRef(by, from)) continue
      if (found !== undefined && !sameRef(found, to)) return undefined
      found = to
    }
    return found
  }
}
