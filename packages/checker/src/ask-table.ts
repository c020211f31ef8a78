/**
 * The asks of a search, numbered from 1. An ask is named by who asks whom what, by the messages that its end becomes, and by
 * a slot: the least number that no other ask of the same kind has which the actor waits for. So an actor that asks, waits and
 * asks again has one ask, however often it does, and states stay few; that nothing of an earlier ask is taken for the later one's
 * is the affair of `ended-asks.ts`.
 */
import { ReplyToken } from '@troupe/core'
import { Interner } from './interner.ts'
import type { NumberLog } from './number-log.ts'

/** An ask that an actor may wait for. */
export interface Ask {
  /** Who asks, and who was asked: actors by number. */
  readonly from: number
  readonly to: number
  readonly name: string
  /** The messages that its end becomes. */
  readonly onReply: string
  readonly onError: string
  /** The turn that asks awaits it: its end goes on with that turn, and both messages have the name of what was asked. */
  readonly isAwaited: boolean
  readonly slot: number
}

/** The epoch in tokens of asks here; no node has it, but the token of a tell may, with number 0. */
const askEpoch = -1

export class AskTable {
  readonly #interner: Interner<Ask>

  constructor(log?: NumberLog) {
    this.#interner = new Interner(log, askOfKey)
  }

  get(ask: number): Ask {
    return this.#interner.get(ask - 1)
  }

  intern(ask: Ask): number {
    const { from, to, name, onReply, onError, isAwaited, slot } = ask
    const key = JSON.stringify([from, to, name, onReply, onError, slot, ...(isAwaited ? [isAwaited] : [])])
    return this.#interner.intern(key, () => ask) + 1
  }

  /** The number of an ask like `ask` that is not among `waiting`. */
  open(ask: Omit<Ask, 'slot'>, waiting: readonly number[]): number {
    for (let slot = 0; ; slot++) {
      const number = this.intern({ ...ask, slot })
      if (!waiting.includes(number)) return number
    }
  }
}

/** The token by which `ask` is answered; `node`: the asker's. */
export function tokenOf(ask: number, node: string): ReplyToken {
  return new ReplyToken(node, askEpoch, ask)
}

/** The ask that `token` answers; 0: none, since nobody asked, or the ask is over. */
export function askOf({ epoch, askId }: ReplyToken): number {
  return epoch === askEpoch ? askId : 0
}

/** What becomes of the token of an ask that is over: it leads nowhere, as that of a tell does. */
export function deadToken({ node }: ReplyToken): ReplyToken {
  return new ReplyToken(node, askEpoch, 0)
}

function askOfKey(key: string): Ask {
  const [from, to, name, onReply, onError, slot, isAwaited = false] = JSON.parse(key)
  return { from, to, name, onReply, onError, isAwaited, slot }
}

/** The numbers of some asks, in order, with one more. */
export function withAsk(asks: readonly number[], ask: number): number[] {
  return [...asks, ask].sort((left, right) => left - right)
}
