/**
 * How nodes crash and come back, in one step each: what each disk keeps of what was not synced is a choice, children are no
 * more, and who asked somebody there is told.
 */
import { NodeDownError } from '@troupe/core'
import type { ActorSystemParts, Places } from './actor-system.ts'
import { canonicalValue } from './canonical-value.ts'
import { CheckerError } from './checker-error.ts'
import { noAsks, type Step } from './step.ts'
import type { Visit } from './transition-system.ts'

/** The end or the return of a node, as it has turned out for each of its actors. */
export interface NodeStep extends Step {
  readonly node: string
}

/** What a crash asks of the system. */
interface SystemSteps {
  /** What `tuple` can become by a step of one actor. */
  after(tuple: Int32Array, step: Step): Int32Array[]
  /** What `tuple` can be when `actors` wait for no replies any more. */
  withoutAsks(tuple: Int32Array, actors: readonly number[]): Int32Array[]
  /** Takes what is under way to `actor`, who is gone, out of the network, in place; who asked was told. */
  buryUntold(next: Int32Array, actor: number): void
}

export class NodeCrashes {
  readonly #parts: ActorSystemParts
  readonly #places: Places
  readonly #steps: SystemSteps
  /** The actors of each node. */
  readonly #nodes = new Map<string, number[]>()

  constructor(parts: ActorSystemParts, places: Places, steps: SystemSteps) {
    this.#parts = parts
    this.#places = places
    this.#steps = steps
    for (const [index, { node }] of parts.system.actors.entries()) {
      const members = this.#nodes.get(node)
      if (members === undefined) this.#nodes.set(node, [index])
      else members.push(index)
    }
  }

  /** True when a node may still crash, or one is down. */
  mayChange(tuple: Int32Array): boolean {
    if (this.#crashesLeft(tuple) > 0) return true
    return [...this.#nodes.values()].some((actors) => actors.some((actor) => this.#isDown(tuple, actor)))
  }

  /** True when the disk of `actor` may stall: a crash is left for its node, beside those that other stalled disks are to have. */
  mayStall(tuple: Int32Array, actor: number): boolean {
    return this.#stalledBeside(tuple, actor) < this.#crashesLeft(tuple)
  }

  /** The answer to an ask whose receiver's node is down. */
  nodeDown(ask: number): number {
    const { asks, messages } = this.#parts
    const { from, to, name, onError } = asks.get(ask)
    const error = new NodeDownError(`${name}: the node of the actor that was asked is down`, { message: name })
    return messages.intern(to, from, onError, canonicalValue(error, onError, unlikely), 'error', ask)
  }

  /** Each node that is up may crash, while there are crashes left; one that is down may come back. */
  expand(tuple: Int32Array, visit: Visit<Step>): boolean {
    const { transitions, crashesMax, reboots } = this.#parts
    const crashes = tuple[this.#places.crashes] as number
    for (const [node, actors] of this.#nodes) {
      const isDown = actors.some((actor) => this.#isDown(tuple, actor))
      if (!isDown && crashesMax - crashes <= this.#stalledBeside(tuple, actors[0] as number)) continue
      const before = tuple.slice()
      if (!isDown) before[this.#places.crashes] = crashes + 1
      const isLast = before[this.#places.crashes] === crashesMax
      if (!isDown && isLast) this.#crashedForTheLastTime(before, actors)
      const kind = isDown ? 'restart' : reboots ? 'reboot' : 'crash'
      const children = isDown ? [] : this.#childrenOn(node, before)
      const ended = isDown ? [before] : this.#steps.withoutAsks(before, [...actors, ...children])
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
            this.#steps.after(outcome.next, step).map((next) => ({ next, steps: [...outcome.steps, step] })),
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

  #isDown(tuple: Int32Array, actor: number): boolean {
    return this.#parts.transitions.local(actor, tuple[actor] as number).isDown
  }

  #crashesLeft(tuple: Int32Array): number {
    return this.#parts.crashesMax - (tuple[this.#places.crashes] as number)
  }

  /** How many nodes other than that of `actor` have a disk that stalled: each of them is to crash. */
  #stalledBeside(tuple: Int32Array, actor: number): number {
    const isStalled = (index: number) => this.#parts.transitions.isStalled(index, tuple[index] as number)
    return [...this.#nodes.values()].filter((actors) => !actors.includes(actor) && actors.some(isStalled)).length
  }

  #childrenOn(node: string, tuple: Int32Array): number[] {
    const { actors, rootCount } = this.#parts.system
    const isThere = (actor: number) => tuple[actor] !== 0 && actors[actor]?.node === node
    return Array.from({ length: actors.length - rootCount }, (_, index) => rootCount + index).filter(isThere)
  }

  /** `next`, whose node has crashed: its `children` are no more, and who asked one of its actors is told. */
  #withoutChildren(next: Int32Array, actors: readonly number[], children: readonly number[]): Int32Array {
    this.#tellAskers(next, [...actors, ...children])
    for (const child of children) next[child] = 0
    for (const child of children) this.#steps.buryUntold(next, child)
    return next
  }

  #withLosses(tuple: Int32Array, actors: readonly number[]): Int32Array[] {
    return this.#lossesTo(actors, tuple[this.#places.network] as number).map((contents) => {
      const next = tuple.slice()
      next[this.#places.network] = contents
      return next
    })
  }

  /** Whoever waits for a reply of `actors`, whose node has crashed, is told; when the news arrives is a matter of the network. */
  #tellAskers(next: Int32Array, actors: readonly number[]): void {
    const { transitions, asks, network } = this.#parts
    const news: number[] = []
    for (let actor = 0; actor < this.#places.network; actor++) {
      if (actors.includes(actor)) continue
      for (const ask of transitions.asksUnderWay(actor, next[actor] as number)) {
        if (actors.includes(asks.get(ask).to)) news.push(this.nodeDown(ask))
      }
    }
    if (news.length === 0) return
    const place = this.#places.network
    next[place] = network.apply(next[place] as number, network.turnDelta(-1, news))
  }

  /** Nothing crashes any more: what is up, `but` those that crash now, goes on without a disk. */
  #crashedForTheLastTime(next: Int32Array, but: readonly number[]): void {
    const { transitions } = this.#parts
    for (let actor = 0; actor < this.#places.network; actor++) {
      const local = next[actor] as number
      if (!but.includes(actor)) next[actor] = transitions.afterLastCrash(actor, local)
    }
  }

  /**
   * The networks in which a crash can leave `contents`: from each sender any first ones of what was under way to `actors`
   * are lost. Where messages are not ordered what is lost might as well be late for ever.
   */
  #lossesTo(actors: readonly number[], contents: number): number[] {
    const { network, messages } = this.#parts
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
    const delta = this.#parts.network.turnDelta(-1, [])
    return {
      ...{ kind: 'crash', actor, local, delta, message: -1, sent: [], ended: noAsks },
      ...{ timer: undefined, choices: [], error: undefined },
    } as const
  }
}

/** What the checker made itself is plain data. */
const unlikely = (path: string, what: string) => new CheckerError(`${path} is ${what}`)
