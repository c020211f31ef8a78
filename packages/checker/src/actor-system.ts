/**
 * A fixed set of actors as a transition system. A global state is a tuple of integers:
 *
 *     [ local state of actor 0 | ... | local state of actor n-1 | network | history? | crashes? ]
 *
 * The history is there when one is recorded, the number of crashes so far when crashes are explored.
 */
import type { CheckedSystem } from './checked-system.ts'
import type { HistoryTable } from './history-table.ts'
import type { LocalTransitions } from './local-transitions.ts'
import type { MessageTable } from './message-table.ts'
import type { NetworkTable } from './network-table.ts'
import type { Step } from './step.ts'
import type { TransitionSystem, Visit } from './transition-system.ts'

/** The parts that a system of actors is put together from. */
export interface ActorSystemParts {
  readonly system: CheckedSystem
  readonly messages: MessageTable
  readonly network: NetworkTable
  readonly transitions: LocalTransitions
  readonly history: HistoryTable | undefined
  /** Each message in the network may be lost. */
  readonly lossy: boolean
  /** Nodes that may crash, one crash each time. */
  readonly crashesMax: number
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
  #initial: readonly Int32Array[] | undefined

  constructor(parts: ActorSystemParts) {
    this.parts = parts
    const { actors } = parts.system
    for (const [index, { node }] of actors.entries()) {
      const members = this.#nodes.get(node)
      if (members === undefined) this.#nodes.set(node, [index])
      else members.push(index)
    }
    let width = actors.length
    const place = (isThere: boolean) => (isThere ? width++ : -1)
    this.places = {
      network: place(true),
      history: place(parts.history !== undefined),
      crashes: place(parts.crashesMax > 0),
    }
    this.width = width
  }

  /** Every actor has begun, in the order given, and no message was delivered. */
  initial(): readonly Int32Array[] {
    if (this.#initial !== undefined) return this.#initial
    const { system, transitions } = this.parts
    let tuples = [new Int32Array(this.width)]
    for (let actor = 0; actor < system.actors.length; actor++) {
      const steps = transitions.beginnings(actor)
      tuples = tuples.flatMap((tuple) =>
        steps.map((step) => {
          const next = tuple.slice()
          this.#take(tuple, step, next)
          return next
        }),
      )
    }
    this.#initial = tuples
    return tuples
  }

  expand(tuple: Int32Array, visit: Visit<Step>): boolean {
    if (this.#expandMessages(tuple, undefined, visit)) return true
    for (let actor = 0; actor < this.places.network; actor++) {
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
      const loses = lossy || (dropsWhereDown && transitions.local(to, local).isDown)
      if (loses && this.#visit(tuple, this.#drop(message, to, local), visit)) return true
    }
    return false
  }

  /** True when a node may still crash, or one is down. */
  nodesMayChange(tuple: Int32Array): boolean {
    if (this.places.crashes < 0) return false
    if ((tuple[this.places.crashes] as number) < this.parts.crashesMax) return true
    return [...this.#nodes.values()].some(([first]) => this.#isDown(tuple, first as number))
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

  /** Writes what `step` makes of `tuple` to `next`, which differs from it in nothing else. */
  #take(tuple: Int32Array, step: Step, next: Int32Array): void {
    const { network, history } = this.parts
    const places = this.places
    next[step.actor] = step.local
    next[places.network] = network.apply(tuple[places.network] as number, step.delta)
    if (history !== undefined) {
      next[places.history] = history.after(tuple[places.history] as number, deliveredBy(step), step.sent)
    }
  }

  #drop(message: number, actor: number, local: number): Step {
    const delta = this.parts.network.dropDelta(message)
    return { kind: 'drop', actor, local, delta, message, sent: [], timer: undefined, choices: [], error: undefined }
  }

  /** Each node that is up may crash, while there are crashes left; one that is down may come back. */
  #expandNodes(tuple: Int32Array, visit: Visit<Step>): boolean {
    const { transitions, network, crashesMax } = this.parts
    const crashes = tuple[this.places.crashes] as number
    const nothing = network.turnDelta(-1, [])
    for (const [node, actors] of this.#nodes) {
      const isDown = this.#isDown(tuple, actors[0] as number)
      if (!isDown && crashesMax - crashes <= this.#stalledBeside(tuple, actors[0] as number)) continue
      let outcomes: { next: Int32Array; steps: Step[] }[] = [{ next: tuple.slice(), steps: [] }]
      for (const actor of actors) {
        const local = tuple[actor] as number
        const steps: readonly Step[] = isDown
          ? transitions.restarts(actor, local, crashes === crashesMax)
          : transitions.crashed(actor, local).map((down) => ({
              kind: 'crash',
              actor,
              local: down,
              delta: nothing,
              message: -1,
              sent: [],
              timer: undefined,
              choices: [],
              error: undefined,
            }))
        outcomes = outcomes.flatMap((outcome) =>
          steps.map((step) => {
            const next = outcome.next.slice()
            this.#take(outcome.next, step, next)
            return { next, steps: [...outcome.steps, step] }
          }),
        )
      }
      for (const { next, steps } of outcomes) {
        if (!isDown) next[this.places.crashes] = crashes + 1
        if (!isDown && crashes + 1 === crashesMax) this.#crashedForTheLastTime(next)
        const [first] = steps as [Step]
        const kind = isDown ? 'restart' : 'crash'
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

  #crashedForTheLastTime(next: Int32Array): void {
    const { transitions } = this.parts
    for (let actor = 0; actor < this.places.network; actor++) {
      const local = next[actor] as number
      if (!transitions.local(actor, local).isDown) next[actor] = transitions.afterLastCrash(actor, local)
    }
  }
}

function deliveredBy({ kind, message }: Step): number {
  return kind === 'deliver' || kind === 'unstashed' ? message : -1
}
