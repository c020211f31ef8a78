/** A global state as properties and boundaries see it. */
import type { CheckedSystem } from './checked-system.ts'
import { CheckerError } from './checker-error.ts'
import type { LocalState, LocalTransitions } from './local-transitions.ts'
import type { MessageTable } from './message-table.ts'
import type { NetworkTable } from './network-table.ts'
import type { TimerMessage } from './recorded-effects.ts'

/** A message in the network, with its actors by name. */
export interface MessageView {
  readonly from: string
  readonly to: string
  readonly name: string
  readonly payload: unknown
}

/**
 * One global state. Valid during the call that it is passed to; the states and payloads that it returns are
 * frozen and can be kept.
 */
export interface StateView {
  /** The names of all actors, in the order of `actors`. */
  readonly actors: readonly string[]
  /** The state of an actor; throws a `CheckerError` when there is no actor of that name. */
  state<State = any>(actor: string): State
  /** The pending timers of an actor, by key. */
  timers(actor: string): ReadonlyMap<string, TimerMessage>
  /** The current behavior of an actor; `undefined` while `on` alone answers. */
  behavior(actor: string): string | undefined
  /** The messages that an actor has put aside, in order; then those that it put back and has not handled. */
  stash(actor: string): readonly MessageView[]
  /** The messages in the network; copies of one message follow one another. */
  messages(): readonly MessageView[]
}

/** The view of the tuple of local states and network that it is loaded with. */
export class TupleView implements StateView {
  readonly actors: readonly string[]
  readonly #indexes: ReadonlyMap<string, number>
  readonly #transitions: LocalTransitions
  readonly #network: NetworkTable
  readonly #messages: MessageTable
  #tuple: Int32Array

  constructor(system: CheckedSystem, transitions: LocalTransitions, network: NetworkTable, messages: MessageTable) {
    this.actors = system.actors.map((actor) => actor.label)
    this.#indexes = new Map(this.actors.map((label, index) => [label, index]))
    this.#transitions = transitions
    this.#network = network
    this.#messages = messages
    this.#tuple = new Int32Array(this.actors.length + 1)
  }

  /** Shows `tuple`, which the caller may go on to change. */
  load(tuple: Int32Array): this {
    this.#tuple = tuple
    return this
  }

  state<State = any>(actor: string): State {
    return this.#local(actor).state as State
  }

  timers(actor: string): ReadonlyMap<string, TimerMessage> {
    return this.#local(actor).timers
  }

  behavior(actor: string): string | undefined {
    return this.#local(actor).behavior
  }

  stash(actor: string): readonly MessageView[] {
    const { stash, front } = this.#local(actor)
    return [...stash, ...front].map((message) => this.message(message))
  }

  messages(): readonly MessageView[] {
    const network = this.#tuple[this.actors.length] as number
    const views: MessageView[] = []
    for (let index = this.#network.start(network); index < this.#network.end(network); index++) {
      views.push(this.message(this.#network.messageAt(index)))
    }
    return views
  }

  /** A message by its number. */
  message(message: number): MessageView {
    const { from, to, name, payload } = this.#messages.get(message)
    return { from: this.actors[from] as string, to: this.actors[to] as string, name, payload }
  }

  #local(actor: string): LocalState {
    const index = this.#indexes.get(actor)
    if (index === undefined) {
      throw new CheckerError(`there is no actor ${actor}; there are ${this.actors.join(', ')}`, { actor })
    }
    return this.#transitions.local(index, this.#tuple[index] as number)
  }
}
