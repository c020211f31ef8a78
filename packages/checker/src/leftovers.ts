/**
 * Messages that can make no difference any more, as whoever gives the actors says: a vote for a ballot that is lost for good.
 * They are taken out of the network, so that states which differ in them alone are one.
 */
import type { LocalTransitions } from './local-transitions.ts'
import type { MessageTable } from './message-table.ts'
import type { NetworkTable } from './network-table.ts'
import type { MessageView } from './state-view.ts'

/** An actor as {@link IsLeftover} sees it. */
export interface Correspondent<State = any> {
  readonly state: State
  /** What its disk amounts to: a crash leaves it with that, or more. Without a disk, or when nothing can crash: `state`. */
  readonly synced: State
}

/**
 * True for a message that, from these states of its two actors on, changes nothing that matters whenever it arrives, whatever
 * happens before. A function of its arguments.
 */
export type IsLeftover = (message: MessageView, to: Correspondent, from: Correspondent) => boolean

/** Local states of one actor, at most: two numbers of them make one key. */
const localsMax = 2 ** 26

export class Leftovers {
  readonly #isLeftover: IsLeftover
  readonly #network: NetworkTable
  readonly #messages: MessageTable
  readonly #transitions: LocalTransitions
  readonly #view: (message: number) => MessageView
  /** By message, then by the local states of receiver and sender. */
  readonly #known: Map<number, boolean>[] = []

  constructor(
    isLeftover: IsLeftover,
    parts: { readonly network: NetworkTable; readonly messages: MessageTable; readonly transitions: LocalTransitions },
    view: (message: number) => MessageView,
  ) {
    this.#isLeftover = isLeftover
    this.#network = parts.network
    this.#messages = parts.messages
    this.#transitions = parts.transitions
    this.#view = view
  }

  /** `contents` without leftovers, where actors are in the local states that `tuple` begins with. */
  without(tuple: Int32Array, contents: number): number {
    const network = this.#network
    let left = contents
    for (let index = network.start(contents); index < network.end(contents); index++) {
      const message = network.messageAt(index)
      if (this.#isOver(message, tuple)) left = network.apply(left, network.dropDelta(message))
    }
    return left
  }

  #isOver(message: number, tuple: Int32Array): boolean {
    const { from, to } = this.#messages.get(message)
    const receiver = tuple[to] as number
    const sender = tuple[from] as number
    const key = receiver * localsMax + sender
    this.#known[message] ??= new Map()
    const byLocals = this.#known[message] as Map<number, boolean>
    let isOver = byLocals.get(key)
    if (isOver === undefined) {
      isOver = this.#isLeftover(this.#view(message), this.#actor(to, receiver), this.#actor(from, sender))
      byLocals.set(key, isOver)
    }
    return isOver
  }

  #actor(actor: number, local: number): Correspondent {
    const { state, storage } = this.#transitions.local(actor, local)
    return { state, synced: storage?.recovered.state ?? state }
  }
}
