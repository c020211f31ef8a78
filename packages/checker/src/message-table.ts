/** The messages that were ever sent in a search, numbered: sender, receiver, name and payload make the message. */
import { frozenOfKey } from './canonical-text.ts'
import type { CanonicalValue } from './canonical-value.ts'
import { frozen } from './canonical-value.ts'
import { Interner } from './interner.ts'
import type { NumberLog } from './number-log.ts'

/** A message in the network, between two actors of the system. */
export interface Message {
  readonly from: number
  readonly to: number
  readonly name: string
  /** Frozen. */
  readonly payload: unknown
}

export class MessageTable {
  readonly #interner: Interner<Message>

  constructor(log?: NumberLog) {
    this.#interner = new Interner(log, messageOfKey)
  }

  intern(from: number, to: number, name: string, payload: CanonicalValue): number {
    return this.#interner.intern(`[${from},${to},${JSON.stringify(name)},${payload.key}]`, () => ({
      from,
      to,
      name,
      payload: frozen(payload.value),
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
  const [from, to, name, payload] = frozenOfKey(key) as [number, number, string, unknown]
  return { from, to, name, payload }
}
