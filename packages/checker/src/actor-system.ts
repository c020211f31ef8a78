/**
 * Actors as a transition system: those that are there at the beginning, and room for as many children as there may be. A global state is a tuple of integers:
 *
 *     [ local state of actor 0 | ... | local state of actor n-1 | network | history? | crashes? ]
 *
 * The local state of an actor that is not there is 0.
 *
 * The history is there when one is recorded, the number of crashes so far when crashes are explored.
 */
import type { AskTable } from './ask-table.ts'
import type { CheckedSystem } from './checked-system.ts'
import { Endings } from './endings.ts'
import type { HistoryTable } from './history-table.ts'
import type { Leftovers } from './leftovers.ts'
import type { LocalTransitions } from './local-transitions.ts'
import type { MessageTable } from './message-table.ts'
import type { NetworkTable } from './network-table.ts'
import { NodeCrashes } from './node-crashes.ts'
import { noAsks, type Step } from './step.ts'
import type { TransitionSystem, Visit } from './transition-system.ts'

/** The parts that a system of actors is put together from. */
export interface ActorSystemParts {
  readonly system: CheckedSystem
  readonly messages: MessageTable
  readonly asks: AskTable
  readonly network: NetworkTable
  readonly transitions: LocalTransitions
  readonly history: HistoryTable | undefined
  /** Each message in the network may be lost. */
  readonly lossy: boolean
  /** Nodes that may crash, one crash each time. */
  readonly crashesMax: number
  /** A node that crashes is back in the same step. */
  readonly reboots: boolean
  /** Takes what can make no difference any more out of a network. */
  readonly leftovers: Leftovers | undefined
}

/** Where things are in a tuple; -1: not there. */
export interface Places {
  readonly network: number
  readonly history: number
  readonly crashes: number
}

export class ActorSystem implements TransitionSystem<Step> {
  readonly width: number
  readonly places: Places
  readonly parts: ActorSystemParts
  readonly #endings: Endings
  readonly #crashes: NodeCrashes
  #initial: readonly Int32Array[] | undefined

  constructor(parts: ActorSystemParts) {
    this.parts = parts
    const { actors } = parts.system
    let width = actors.length + parts.system.spawnsMax
    const place = (isThere: boolean) => (isThere ? width++ : -1)
    this.places = {
      network: place(true),
      history: place(parts.history !== undefined),
      crashes: place(parts.crashesMax > 0),
    }
    this.width = width
    this.#endings = new Endings(parts, this.places.network, {
      take: (next, step) => this.#take(next, step, next),
      withoutAsks: (next, actor) => this.#withoutAsks(next, [actor]),
    })
    this.#crashes = new NodeCrashes(parts, this.places, {
      after: (tuple, step) => this.#after(tuple, step),
      withoutAsks: (tuple, actors) => this.#withoutAsks(tuple, actors),
      buryUntold: (next, actor) => this.#endings.bury(next, actor, false),
    })
  }

  /** Every actor has begun, in the order given, and no message was delivered. */
  initial(): readonly Int32Array[] {
    if (this.#initial !== undefined) return this.#initial
    const { system, transitions } = this.parts
    const before = new Int32Array(this.width)
    for (let actor = 0; actor < system.rootCount; actor++) before[actor] = transitions.runner.beginning(actor)
    let tuples: Int32Array[] = [before]
    for (let actor = 0; actor < system.rootCount; actor++) {
      const steps = transitions.beginnings(actor)
      tuples = tuples.flatMap((tuple) => steps.flatMap((step) => this.#after(tuple, step)))
    }
    this.#initial = tuples
    return tuples
  }

  expand(tuple: Int32Array, visit: Visit<Step>): boolean {
    if (this.#expandMessages(tuple, undefined, visit)) return true
    for (let actor = 0; actor < this.places.network; actor++) {
      if (tuple[actor] === 0) continue
      if (this.#takeAll(tuple, this.parts.transitions.firings(actor, tuple[actor] as number), visit)) return true
    }
    return this.places.crashes >= 0 && this.#crashes.expand(tuple, visit)
  }

  /** Visits the steps of one actor: of messages for it, and its own. */
  expandActor(tuple: Int32Array, actor: number, visit: Visit<Step>): boolean {
    if (this.#expandMessages(tuple, actor, visit)) return true
    return this.#takeAll(tuple, this.parts.transitions.firings(actor, tuple[actor] as number), visit)
  }

  /** Deliveries and losses: of messages for one actor, or of all. */
  #expandMessages(tuple: Int32Array, actor: number | undefined, visit: Visit<Step>): boolean {
    const { network, transitions, messages, lossy } = this.parts
    const contents = tuple[this.places.network] as number
    const start = network.start(contents)
    const end = network.end(contents)
    const dropsWhereDown = this.places.crashes >= 0 && network.kind !== 'duplicating'
    for (let index = start; index < end; index++) {
      if (!network.isDeliverable(index, start)) continue
      const message = network.messageAt(index)
      const { to } = messages.get(message)
      if (actor !== undefined && to !== actor) continue
      const local = tuple[to] as number
      if (this.#takeAll(tuple, transitions.deliveries(message, local), visit)) return true
      // What arrives at a node that is down is lost.
      const isDown = dropsWhereDown && transitions.local(to, local).isDown
      // A stop is of one node, and never lost there.
      const isLost = lossy && messages.get(message).kind !== 'stop'
      if ((isLost || isDown) && this.#visit(tuple, this.#drop(message, to, local, isDown), visit)) return true
    }
    return false
  }

  /** True when a node may still crash, or one is down. */
  nodesMayChange(tuple: Int32Array): boolean {
    return this.places.crashes >= 0 && this.#crashes.mayChange(tuple)
  }

  /** True when the history looks at what the step delivers or sends, whatever it makes of it. */
  recordsIn(step: Step): boolean {
    const { history } = this.parts
    return history?.looksAt(deliveredBy(step), step.sent) ?? false
  }

  #takeAll(tuple: Int32Array, steps: readonly Step[], visit: Visit<Step>): boolean {
    for (let choice = 0; choice < steps.length; choice++) {
      const step = steps[choice] as Step
      if (step.stalls && !this.#crashes.mayStall(tuple, step.actor)) continue
      if (this.#visit(tuple, step, visit)) return true
    }
    return false
  }

  #visit(tuple: Int32Array, step: Step, visit: Visit<Step>): boolean {
    const { actor } = step
    if ((step.ended.length > 0 || step.life !== undefined) && step.error === undefined) {
      return this.#after(tuple, step).some((next) => visit(step, next))
    }
    const { network: networkPlace, history: historyPlace } = this.places
    const local = tuple[actor] as number
    const network = tuple[networkPlace] as number
    const history = historyPlace < 0 ? 0 : (tuple[historyPlace] as number)
    if (step.error === undefined) this.#take(tuple, step, tuple)
    const ends = visit(step, tuple)
    tuple[actor] = local
    tuple[networkPlace] = network
    if (historyPlace >= 0) tuple[historyPlace] = history
    return ends
  }

  /** What `tuple` can become by a step that ends asks, or changes who lives. */
  #after(tuple: Int32Array, step: Step): Int32Array[] {
    const { life, ended, actor } = step
    const after = this.#variants(tuple, ended, (next, isWithdrawn) => {
      for (const ask of ended) this.#endAsk(next, ask, actor, isWithdrawn)
      for (const [child, local] of life?.spawned ?? []) next[child] = local
      this.#take(next, step, next)
    })
    if (life?.end === 'stop') return after.flatMap((next) => this.#endings.end(next, actor))
    return life?.end === 'restart' ? after.flatMap((next) => this.#endings.endChildren(next, actor)) : after
  }

  /** Writes what `step` makes of `tuple` to `next`, which differs from it in nothing else. */
  #take(tuple: Int32Array, step: Step, next: Int32Array): void {
    const { network, history, leftovers, messages } = this.parts
    const places = this.places
    next[step.actor] = step.local
    next[places.network] = network.apply(tuple[places.network] as number, step.delta)
    for (let index = 0; index < step.sent.length; index++) {
      const { to } = messages.get(step.sent[index] as number)
      if (next[to] === 0) this.#endings.bury(next, to)
    }
    if (leftovers !== undefined) next[places.network] = leftovers.without(next, next[places.network] as number)
    if (history !== undefined) {
      next[places.history] = history.after(tuple[places.history] as number, deliveredBy(step), step.sent)
    }
  }

  /**
   * What `tuple` can become by a step that ends `asks`: what waits for a turn of an ask that was given up stays, or is
   * withdrawn. A network that duplicates takes nothing away.
   */
  #variants(
    tuple: Int32Array,
    asks: readonly number[],
    end: (next: Int32Array, isWithdrawn: boolean) => void,
  ): Int32Array[] {
    const after = (isWithdrawn: boolean) => {
      const next = tuple.slice()
      end(next, isWithdrawn)
      return next
    }
    const stays = after(false)
    if (asks.length === 0 || this.parts.network.kind === 'duplicating') return [stays]
    const withdrawn = after(true)
    return withdrawn.every((part, place) => part === stays[place]) ? [stays] : [stays, withdrawn]
  }

  /** Leaves of `ask` what is left of it, in the network and everywhere but at `except`, whose step says it. */
  #endAsk(next: Int32Array, ask: number, except: number, isWithdrawn: boolean): void {
    const { endedAsks } = this.parts.transitions.runner
    for (let actor = 0; actor < this.places.network; actor++) {
      if (actor !== except) next[actor] = endedAsks.local(actor, next[actor] as number, ask, isWithdrawn)
    }
    const { network } = this.places
    next[network] = endedAsks.network(next[network] as number, ask, isWithdrawn)
  }

  /** `isDown`: it arrived where nobody is up. */
  #drop(message: number, actor: number, local: number, isDown: boolean): Step {
    const { network, messages } = this.parts
    const { ask } = messages.get(message)
    const isAnswered = isDown && messages.get(message).kind === 'ask'
    const delta = isAnswered ? network.takenDelta(message, [this.#crashes.nodeDown(ask)]) : network.dropDelta(message)
    const nothing = { sent: [], ended: noAsks, timer: undefined, choices: [], error: undefined }
    return { kind: 'drop', actor, local, delta, message, ...nothing }
  }

  /** What `tuple` can be when `actors` wait for no replies any more. */
  #withoutAsks(tuple: Int32Array, actors: readonly number[]): Int32Array[] {
    const asks = actors.flatMap((actor) => this.parts.transitions.local(actor, tuple[actor] as number).asks)
    return this.#variants(tuple, asks, (next, isWithdrawn) => {
      for (const ask of asks) this.#endAsk(next, ask, -1, isWithdrawn)
    })
  }
}

function deliveredBy({ kind, message }: Step): number {
  return kind === 'deliver' || kind === 'unstashed' ? message : -1
}
