/**
 * Where the asks went that actors of a node sent on: the last few thousand, so that whoever looks for one finds it.
 * Forwarding is quick and looking is rare: a ring that is written round and searched from the end.
 */
import type { ActorRef, ReplyToken } from './actor-ref.ts'
import type { AskAddress } from './turn-waits.ts'

interface Forwarded {
  readonly token: ReplyToken
  readonly to: ActorRef
}

/** Forwarded asks that a node remembers. */
const rememberedMax = 4_096

export class ForwardTrail {
  readonly #ring: Forwarded[] = []
  #next = 0

  note(token: ReplyToken, to: ActorRef): void {
    this.#ring[this.#next] = { token, to }
    this.#next = (this.#next + 1) % rememberedMax
  }

  /** To whom an ask was sent on last, if that is remembered. */
  find({ node, epoch, askId }: AskAddress): ActorRef | undefined {
    const ring = this.#ring
    for (let back = 1; back <= ring.length; back++) {
      const { token, to } = ring[(this.#next - back + ring.length) % ring.length] as Forwarded
      if (token.askId === askId && token.epoch === epoch && token.node === node) return to
    }
    return undefined
  }
}
