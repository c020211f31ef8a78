/**
 * What is left of asks that are over. Nothing may take it for part of a later ask of the same name, and it is to be the same
 * whichever ask it is left of; so when an ask ends, by its reply, its timeout or the end of its asker,
 *
 *   - answers to it are taken out of the network: they come too late, and nobody would hear of them;
 *   - its own message, if nobody has handled it yet, stays, as a tell: its turn may come late, and its reply is nobody's. Or it
 *     is *withdrawn*: an actor that has heard that an ask was given up does not handle it;
 *   - its tokens, wherever they are kept, become one token that leads nowhere.
 */
import { askOf, deadToken } from './ask-table.ts'
import { canonicalValue } from './canonical-value.ts'
import { CheckerError } from './checker-error.ts'
import type { MessageTable } from './message-table.ts'
import type { NetworkTable } from './network-table.ts'
import { remembered } from './remembered.ts'
import { renamedValue } from './renamed-value.ts'
import { rewrittenLocal } from './rewritten-local.ts'
import type { Renaming } from './symmetry.ts'
import type { TurnRunner } from './turn-runner.ts'

const noNames: ReadonlyMap<string, string> = new Map()

/** What is left of one ask, as far as it was asked for. */
interface Remains {
  readonly locals: Map<number, number>[]
  readonly messages: Map<number, number>
  readonly networks: Map<number, number>
}

export class EndedAsks {
  readonly #messages: MessageTable
  readonly #network: NetworkTable
  readonly #transitions: Pick<TurnRunner, 'local' | 'internState'>
  /** By ask, then by whether it is withdrawn. */
  readonly #remains: Remains[][] = []

  constructor(messages: MessageTable, network: NetworkTable, transitions: Pick<TurnRunner, 'local' | 'internState'>) {
    this.#messages = messages
    this.#network = network
    this.#transitions = transitions
  }

  /** The local state of `actor` when `ask` is over. */
  local(actor: number, local: number, ask: number, isWithdrawn: boolean): number {
    const locals = this.#remainsOf(ask, isWithdrawn).locals
    locals[actor] ??= new Map()
    return remembered(locals[actor], local, () => {
      const before = this.#transitions.local(actor, local)
      const messages = (ids: readonly number[]) =>
        ids.map((id) => this.#message(id, ask, isWithdrawn)).filter((id) => id >= 0)
      const after = rewrittenLocal(before, {
        value: (value) => withoutToken(value, ask),
        messages,
        asks: (ids) => ids.filter((id) => id !== ask),
        suspended: (turn) => ({
          ...turn,
          local: this.local(actor, turn.local, ask, isWithdrawn),
          payload: withoutToken(turn.payload, ask),
          replyTo: withoutToken(turn.replyTo, ask),
          answers: withoutToken(turn.answers, ask),
          sent: turn.sent.map((id) => this.#message(id, ask, false)).filter((id) => id >= 0),
        }),
      })
      return this.#transitions.internState(actor, after)
    })
  }

  /** A message that its sender sends in the step that ends its own `asks`. */
  messageWithout(id: number, asks: readonly number[]): number {
    return asks.reduce((at, ask) => this.#message(at, ask, false), id)
  }

  /** The network when `ask` is over. */
  network(contents: number, ask: number, isWithdrawn: boolean): number {
    return remembered(this.#remainsOf(ask, isWithdrawn).networks, contents, () => {
      const network = this.#network
      const left: number[] = []
      for (let index = network.start(contents); index < network.end(contents); index++) {
        const message = this.#message(network.messageAt(index), ask, isWithdrawn)
        if (message >= 0) left.push(message)
      }
      const last = network.last(contents)
      return network.of(left, last < 0 ? last : this.#message(last, ask, false))
    })
  }

  /** The message, or -1 when it is no more. */
  #message(id: number, ask: number, isWithdrawn: boolean): number {
    return remembered(this.#remainsOf(ask, isWithdrawn).messages, id, () => {
      const { from, to, name, payload, kind, ask: own } = this.#messages.get(id)
      if (own === ask && (kind !== 'ask' || isWithdrawn)) return -1
      const form = canonicalValue(withoutToken(payload, ask), 'payload', unlikely)
      return own === ask
        ? this.#messages.intern(from, to, name, form)
        : this.#messages.intern(from, to, name, form, kind, own)
    })
  }

  #remainsOf(ask: number, isWithdrawn: boolean): Remains {
    this.#remains[ask] ??= [false, true].map(() => ({ locals: [], messages: new Map(), networks: new Map() }))
    return (this.#remains[ask] as Remains[])[isWithdrawn ? 1 : 0] as Remains
  }
}

/** `value` without the token of `ask`. */
function withoutToken<Value>(value: Value, ask: number): Value {
  const renaming: Renaming = {
    index: -1,
    names: noNames,
    isView: false,
    token: (token) => (askOf(token) === ask ? deadToken(token) : token),
  }
  return renamedValue(value, renaming) as Value
}

/** What was sent once is plain data. */
const unlikely = (path: string, what: string) => new CheckerError(`an ask that is over: ${path} is ${what}`)
