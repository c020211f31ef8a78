/** A global state as properties and boundaries see it. */
import type { ActorSystem, ActorSystemParts } from './actor-system.ts'
import { CheckerError } from './checker-error.ts'
import type { LocalState } from './local-table.ts'
import type { TimerMessage } from './pending.ts'

/** A message in the network, with its actors by name. */
export interface MessageView {
  readonly from: string
  readonly to: string
  /** Of an answer to an ask: the message that the ask's end becomes, its `onReply` or `onError`. */
  readonly name: string
  readonly payload: unknown
  /** An ask, the answer to one, or a stop; `undefined`: a tell, or an ask that nobody waits for any more. */
  readonly kind?: 'ask' | 'reply' | 'error' | 'stop'
}

/** An ask that an actor waits for. */
export interface AskView {
  /** Who was asked. */
  readonly to: string
  readonly name: string
}

/**
 * One global state. Valid during the call that it is passed to; the states and payloads that it returns are
 * frozen and can be kept. `States` has the types of the actors' states by name, as far as they are known.
 */
export interface StateView<States extends object = object> {
  /** The names of all actors, in the order of `actors`, and then of the children that are alive. A child is `parent/name`. */
  readonly actors: readonly string[]
  /** False for an actor that has ended, and for a child that is not there. */
  isAlive(actor: string): boolean
  /**
   * The state of an actor; `undefined` when it has ended, or is a child that is not there. Throws a `CheckerError` when there
   * is no actor of that name. Its type is that of the definition, where `actors` gives the name as a literal.
   */
  state<Name extends keyof States>(actor: Name): States[Name]
  state<State = any>(actor: string): State
  /** The pending timers of an actor, by key. */
  timers(actor: string): ReadonlyMap<string, TimerMessage>
  /** The current behavior of an actor; `undefined` while `on` alone answers. */
  behavior(actor: string): string | undefined
  /** The messages that an actor has put aside, in order; then those that it put back and has not handled. */
  stash(actor: string): readonly MessageView[]
  /** The asks that an actor waits for, in no order that means anything. */
  asks(actor: string): readonly AskView[]
  /** The messages in the network; copies of one message follow one another. */
  messages(): readonly MessageView[]
  /** The history so far; `undefined` when none is recorded. */
  history<History = any>(): History
  /** False while an actor's node is down: its `state` is then what it will come back with. */
  isUp(actor: string): boolean
  /**
   * What the disk of a durable actor amounts to: its state without what is not synced. Of others, and where nothing can
   * crash any more, the state itself.
   */
  synced<Name extends keyof States>(actor: Name): States[Name]
  synced<State = any>(actor: string): State
}

/** The view of the tuple that it is loaded with. */
export class TupleView implements StateView {
  readonly #roots: readonly string[]
  /** What was looked at, where that is noted: actors by number, and `network`. */
  readonly seen = new Set<number | 'network'>()
  readonly #indexes: ReadonlyMap<string, number>
  readonly #system: ActorSystem
  readonly #notes: boolean
  #tuple: Int32Array

  constructor(system: ActorSystem, notes: boolean) {
    this.#system = system
    this.#notes = notes
    this.#roots = system.parts.system.actors.map((actor) => actor.label)
    this.#indexes = new Map(this.#roots.map((label, index) => [label, index]))
    this.#tuple = new Int32Array(system.width)
  }

  /** Shows `tuple`, which the caller may go on to change. */
  load(tuple: Int32Array): this {
    this.#tuple = tuple
    return this
  }

  get actors(): readonly string[] {
    const { system } = this.#system.parts
    if (system.actors.length === this.#roots.length) return this.#roots
    const children = system.actors.slice(this.#roots.length).map(({ label }) => label)
    return [...this.#roots, ...children.filter((label) => this.isAlive(label))]
  }

  isAlive(actor: string): boolean {
    return !this.#local(actor).isGone
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

  asks(actor: string): readonly AskView[] {
    const { asks, system } = this.#system.parts
    return this.#local(actor).asks.map((ask) => {
      const { to, name } = asks.get(ask)
      return { to: system.label(to), name }
    })
  }

  messages(): readonly MessageView[] {
    if (this.#notes) this.seen.add('network')
    const { network } = this.#system.parts
    const contents = this.#tuple[this.#system.places.network] as number
    const views: MessageView[] = []
    for (let index = network.start(contents); index < network.end(contents); index++) {
      views.push(this.message(network.messageAt(index)))
    }
    return views
  }

  history<History = any>(): History {
    const { history } = this.#system.parts
    return history?.table.get(this.#tuple[this.#system.places.history] as number) as History
  }

  isUp(actor: string): boolean {
    return !this.#local(actor).isDown
  }

  synced<State = any>(actor: string): State {
    const { storage, state } = this.#local(actor)
    return (storage?.recovered.state ?? state) as State
  }

  /** A message by its number. */
  message(message: number): MessageView {
    return messageView(this.#system.parts, message)
  }

  #local(actor: string): LocalState {
    const index = this.#indexOf(actor)
    if (index === undefined) {
      throw new CheckerError(`there is no actor ${actor}; there are ${this.actors.join(', ')}`, { actor })
    }
    if (this.#notes) this.seen.add(index)
    return this.#system.parts.transitions.local(index, this.#tuple[index] as number)
  }

  /** The number of an actor; of a child that no run has had so far that of any place where nobody is. */
  #indexOf(actor: string): number | undefined {
    const index = this.#indexes.get(actor)
    if (index !== undefined) return index
    const { actors, spawnsMax } = this.#system.parts.system
    const child = actors.findIndex(({ label }) => label === actor)
    if (child >= 0) return child
    const isChild = spawnsMax > 0 && this.#roots.some((root) => actor.startsWith(`${root}/`))
    return isChild && actors.length < this.#roots.length + spawnsMax ? actors.length : undefined
  }
}

/** A message by its number. */
export function messageView(
  { system, messages }: Pick<ActorSystemParts, 'system' | 'messages'>,
  message: number,
): MessageView {
  const { from, to, name, payload, kind } = messages.get(message)
  const view = { from: system.label(from), to: system.label(to), name, payload }
  return kind === 'tell' ? view : { ...view, kind }
}
