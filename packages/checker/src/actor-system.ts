/**
 * Actors as a transition system: those that are there at the beginning, and room for as many children as there may be. A global state is a tuple of integers:
 *
 *     [ local state of actor 0 | ... | local state of actor n-1 | network | history? | crashes? ]
 *
 * The local state of an actor that is not there is 0.
 *
 * The history is there when one is recorded, the number of crashes so far when crashes are explored.
 */
import { NodeDownError } from '@troupe/core'
import type { AskTable } from './ask-table.ts'
import { canonicalValue } from './canonical-value.ts'
import type { CheckedSystem } from './checked-system.ts'
import { CheckerError } from './checker-error.ts'
import { Endings } from './endings.ts'
import type { HistoryTable } from './history-table.ts'
import type { Leftovers } from './leftovers.ts'
import type { LocalTransitions } from './local-transitions.ts'
import type { MessageTable } from './message-table.ts'
import type { NetworkTable } from './network-table.ts'
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

/** The end or the return of a node, as it has turned out for each of its actors. */
export interface NodeStep extends Step {
  readonly node: string
}

export class ActorSystem implements TransitionSystem<Step> {
  readonly width: number
  readonly places: Places
  readonly parts: ActorSystemParts
  /** The actors of each node. */
  readonly #nodes = new Map<string, number[]>()
  readonly #endings: Endings
  #initial: readonly Int32Array[] | undefined

  constructor(parts: ActorSystemParts) {
    this.parts = parts
    const { actors } = parts.system
    for (const [index, { node }] of actors.entries()) {
      const members = this.#nodes.get(node)
      if (members === undefined) this.#nodes.set(node, [index])
      else members.push(index)
    }
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
    return this.places.crashes >= 0 && this.#expandNodes(tuple, visit)
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
    if (this.places.crashes < 0) return false
    if ((tuple[this.places.crashes] as number) < this.parts.crashesMax) return true
    return [...this.#nodes.values()].some((actors) => actors.some((actor) => this.#isDown(tuple, actor)))
  }

  /** True when the history looks at what the step delivers or sends, whatever it makes of it. */
  recordsIn(step: Step): boolean {
    const { history } = this.parts
    return history?.looksAt(deliveredBy(step), step.sent) ?? false
  }

  #isDown(tuple: Int32Array, actor: number): boolean {
    return this.parts.transitions.local(actor, tuple[actor] as number).isDown
  }

  #takeAll(tuple: Int32Array, steps: readonly Step[], visit: Visit<Step>): boolean {
    for (let choice = 0; choice < steps.length; choice++) {
      const step = steps[choice] as Step
      if (step.stalls && this.#stalledBeside(tuple, step.actor) >= this.#crashesLeft(tuple)) continue
      if (this.#visit(tuple, step, visit)) return true
    }
    return false
  }

  #crashesLeft(tuple: Int32Array): number {
    return this.parts.crashesMax - (tuple[this.places.crashes] as number)
  }

  /** How many nodes other than that of `actor` have a disk that stalled: each of them is to crash. */
  #stalledBeside(tuple: Int32Array, actor: number): number {
    const isStalled = (index: number) => this.parts.transitions.isStalled(index, tuple[index] as number)
    return [...this.#nodes.values()].filter((actors) => !actors.includes(actor) && actors.some(isStalled)).length
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
    const delta = isAnswered ? network.takenDelta(message, [this.#nodeDown(ask)]) : network.dropDelta(message)
    const nothing = { sent: [], ended: noAsks, timer: undefined, choices: [], error: undefined }
    return { kind: 'drop', actor, local, delta, message, ...nothing }
  }

  /** The answer to an ask whose receiver's node is down. */
  #nodeDown(ask: number): number {
    const { asks, messages } = this.parts
    const { from, to, name, onError } = asks.get(ask)
    const error = new NodeDownError(`${name}: the node of the actor that was asked is down`, { message: name })
    return messages.intern(to, from, onError, canonicalValue(error, onError, unlikely), 'error', ask)
  }

  /** Each node that is up may crash, while there are crashes left; one that is down may come back. */
  #expandNodes(tuple: Int32Array, visit: Visit<Step>): boolean {
    const { transitions, crashesMax, reboots } = this.parts
    const crashes = tuple[this.places.crashes] as number
    for (const [node, actors] of this.#nodes) {
      const isDown = actors.some((actor) => this.#isDown(tuple, actor))
      if (!isDown && crashesMax - crashes <= this.#stalledBeside(tuple, actors[0] as number)) continue
      const before = tuple.slice()
      if (!isDown) before[this.places.crashes] = crashes + 1
      const isLast = before[this.places.crashes] === crashesMax
      if (!isDown && isLast) this.#crashedForTheLastTime(before, actors)
      const kind = isDown ? 'restart' : reboots ? 'reboot' : 'crash'
      const children = isDown ? [] : this.#childrenOn(node, before)
      const ended = isDown ? [before] : this.#withoutAsks(before, [...actors, ...children])
      let outcomes: { next: Int32Array; steps: Step[] }[] = ended
        .flatMap((next) => (kind === 'reboot' ? this.#withLosses(next, [...actors, ...children]) : [next]))
        .map((next) => this.#withoutChildren(next, actors, children))
        .map((next) => ({ next, steps: [] }))
      for (const actor of actors) {
        outcomes = outcomes.flatMap((outcome) => {
          const local = outcome.next[actor] as number
          const downs: readonly number[] = isDown ? [local] : transitions.crashed(actor, local)
          const steps = downs.flatMap((down): readonly Step[] =>
            kind === 'crash' ? [this.#end(actor, down)] : transitions.restarts(actor, down, isLast),
          )
          return steps.flatMap((step) =>
            this.#after(outcome.next, step).map((next) => ({ next, steps: [...outcome.steps, step] })),
          )
        })
      }
      for (const { next, steps } of outcomes) {
        const [first] = steps as [Step]
        const step: NodeStep = {
          ...first,
          kind,
          node,
          sent: steps.flatMap(({ sent }) => sent),
          choices: steps.flatMap(({ choices }) => choices),
        }
        if (visit(step, next)) return true
      }
    }
    return false
  }

  #childrenOn(node: string, tuple: Int32Array): number[] {
    const { actors, rootCount } = this.parts.system
    const isThere = (actor: number) => tuple[actor] !== 0 && actors[actor]?.node === node
    return Array.from({ length: actors.length - rootCount }, (_, index) => rootCount + index).filter(isThere)
  }

  /** `next`, whose node has crashed: its `children` are no more, and who asked one of its actors is told. */
  #withoutChildren(next: Int32Array, actors: readonly number[], children: readonly number[]): Int32Array {
    this.#tellAskers(next, [...actors, ...children])
    for (const child of children) next[child] = 0
    for (const child of children) this.#endings.bury(next, child, false)
    return next
  }

  /** What `tuple` can be when `actors` wait for no replies any more. */
  #withoutAsks(tuple: Int32Array, actors: readonly number[]): Int32Array[] {
    const asks = actors.flatMap((actor) => this.parts.transitions.local(actor, tuple[actor] as number).asks)
    return this.#variants(tuple, asks, (next, isWithdrawn) => {
      for (const ask of asks) this.#endAsk(next, ask, -1, isWithdrawn)
    })
  }

  #withLosses(tuple: Int32Array, actors: readonly number[]): Int32Array[] {
    return this.#lossesTo(actors, tuple[this.places.network] as number).map((contents) => {
      const next = tuple.slice()
      next[this.places.network] = contents
      return next
    })
  }

  /** Whoever waits for a reply of `actors`, whose node has crashed, is told; when the news arrives is a matter of the network. */
  #tellAskers(next: Int32Array, actors: readonly number[]): void {
    const { transitions, asks, network } = this.parts
    const news: number[] = []
    for (let actor = 0; actor < this.places.network; actor++) {
      if (actors.includes(actor)) continue
      for (const ask of transitions.asksUnderWay(actor, next[actor] as number)) {
        if (actors.includes(asks.get(ask).to)) news.push(this.#nodeDown(ask))
      }
    }
    if (news.length === 0) return
    const place = this.places.network
    next[place] = network.apply(next[place] as number, network.turnDelta(-1, news))
  }

  /** Nothing crashes any more: what is up, `but` those that crash now, goes on without a disk. */
  #crashedForTheLastTime(next: Int32Array, but: readonly number[]): void {
    const { transitions } = this.parts
    for (let actor = 0; actor < this.places.network; actor++) {
      const local = next[actor] as number
      if (!but.includes(actor)) next[actor] = transitions.afterLastCrash(actor, local)
    }
  }

  /**
   * The networks in which a crash can leave `contents`: from each sender any first ones of what was under way to `actors`
   * are lost. Where messages are not ordered what is lost might as well be late for ever.
   */
  #lossesTo(actors: readonly number[], contents: number): number[] {
    const { network, messages } = this.parts
    if (network.kind !== 'ordered') return [contents]
    const byPair = new Map<number, number[]>()
    for (let index = network.start(contents); index < network.end(contents); index++) {
      const message = network.messageAt(index)
      if (!actors.includes(messages.get(message).to)) continue
      const pair = messages.pair(message)
      byPair.set(pair, [...(byPair.get(pair) ?? []), message])
    }
    let left = [contents]
    for (const queue of byPair.values()) {
      left = left.flatMap((before) => {
        const lost = [before]
        for (const message of queue) lost.push(network.apply(lost.at(-1) as number, network.dropDelta(message)))
        return lost
      })
    }
    return left
  }

  #end(actor: number, local: number): Step {
    const delta = this.parts.network.turnDelta(-1, [])
    return {
      ...{ kind: 'crash', actor, local, delta, message: -1, sent: [], ended: noAsks },
      ...{ timer: undefined, choices: [], error: undefined },
    } as const
  }
}

function deliveredBy({ kind, message }: Step): number {
  return kind === 'deliver' || kind === 'unstashed' ? message : -1
}

/** What the checker made itself is plain data. */
const unlikely = (path: string, what: string) => new CheckerError(`${path} is ${what}`)
