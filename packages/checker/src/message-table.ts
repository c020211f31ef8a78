/** The messages that were ever sent in a search, numbered: sender, receiver, name, payload and kind make the message. */
import { frozenOfKey } from './canonical-text.ts'
import type { CanonicalValue } from './canonical-value.ts'
import { frozen } from './canonical-value.ts'
import { Interner } from './interner.ts'
import type { NumberLog } from './number-log.ts'

/** `reply` and `error`: the answers to an ask. `stop`: the receiver is to stop. */
export type MessageKind = 'tell' | 'ask' | 'reply' | 'error' | 'stop'

/** A message in the network, between two actors of the system. */
export interface Message {
  readonly from: number
  readonly to: number
  /** Of an answer: the message that the ask's end becomes. */
  readonly name: string
  /** Frozen. */
  readonly payload: unknown
  readonly kind: MessageKind
  /** The ask that it is, or answers; 0 for others. */
  readonly ask: number
}

export class MessageTable {
  readonly #interner: Interner<Message>

  constructor(log?: NumberLog) {
    this.#interner = new Interner(log, messageOfKey)
  }

  intern(from: number, to: number, name: string, payload: CanonicalValue, kind: MessageKind = 'tell', ask = 0): number {
    const rest = kind === 'tell' ? '' : `,"${kind}",${ask}`
    return this.#interner.intern(`[${from},${to},${JSON.stringify(name)},${payload.key}${rest}]`, () => ({
      from,
      to,
      name,
      payload: frozen(payload.value),
      kind,
      ask,
    }))
  }

  /** The number of the pair of sender and receiver. */
  pair(message: number): number {
    const { from, to } = this.get(message)
    return from * 65_536 + to
  }

  get(message: number): Message {
    return this.#interner.get(message)
  }
}

function messageOfKey(key: string): Message {
  const [from, to, name, payload, kind = 'tell', ask = 0] = frozenOfKey(key) as [
    number,
    number,
    string,
    unknown,
    MessageKind?,
    number?,
  ]
  return { from, to, name, payload, kind, ask }
}
