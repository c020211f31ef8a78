/**
 * Breadth-first search of the global states. A global state is a tuple of integers, one local state for each actor
 * and the network:
 *
 *     [ local state of actor 0 | ... | local state of actor n-1 | network ]
 *
 * States are numbered in the order they are found, which is the order they are expanded in: the queue is a range of
 * numbers, and a level of the search ends where the one before it had found its last state.
 */
import type { CheckedSystem } from './checked-system.ts'
import type { LocalTransitions, Step } from './local-transitions.ts'
import type { MessageTable } from './message-table.ts'
import type { NetworkTable } from './network-table.ts'
import { grown, TupleTable } from './tuple-table.ts'

/** What the search asks of its owner. Tuples are the search's own storage: read them during the call. */
export interface Inspection {
  /** A new state was found; returns true to end the search there. */
  found(tuple: Int32Array): boolean
  /** False for states that the search leaves out. */
  within: ((tuple: Int32Array) => boolean) | undefined
}

/** Bounds of a search. */
export interface Limits {
  readonly statesMax: number
  readonly depthMax: number
}

/** Why a search ended before it had seen every state. */
export type Cut = 'statesMax' | 'depthMax' | 'violation'

export class Explorer {
  /** States generated: the initial ones, and one for each transition taken. */
  generated = 0
  /** States on the longest shortest path, the initial state included. */
  depth = 0
  /** Why the search ended early; `undefined` when it saw everything. */
  cut: Cut | undefined = undefined
  /** The state at which a violation was found: the last found, or the one whose step failed. */
  violation = -1
  /** The step whose turn failed. */
  failed: Step | undefined = undefined

  readonly states = new TupleTable()
  readonly width: number
  readonly #system: CheckedSystem
  readonly #messages: MessageTable
  readonly #network: NetworkTable
  readonly #transitions: LocalTransitions
  readonly #lossy: boolean
  #parents = new Int32Array(1 << 10)

  constructor(
    system: CheckedSystem,
    messages: MessageTable,
    network: NetworkTable,
    transitions: LocalTransitions,
    lossy: boolean,
  ) {
    this.#system = system
    this.#messages = messages
    this.#network = network
    this.#transitions = transitions
    this.#lossy = lossy
    this.width = system.actors.length + 1
  }

  /** Searches until every state was seen, a limit reached or a violation found. */
  run(inspection: Inspection, { statesMax, depthMax }: Limits): void {
    const current = new Int32Array(this.width)
    const add = (tuple: Int32Array, parent: number): boolean => {
      if (inspection.within !== undefined && this.states.find(tuple) < 0 && !inspection.within(tuple)) return false
      this.generated++
      const sizeBefore = this.states.size
      if (sizeBefore >= statesMax && this.states.find(tuple) < 0) return this.#end('statesMax', -1)
      const id = this.states.intern(tuple)
      if (id < sizeBefore) return false
      if (id >= this.#parents.length) this.#parents = grown(this.#parents, id + 1)
      this.#parents[id] = parent
      return inspection.found(tuple) && this.#end('violation', id)
    }
    if (this.#beginnings().some((tuple) => add(tuple, -1))) {
      this.depth = 1
      return
    }
    let expanding = 0
    const visit = (step: Step, next: Int32Array): boolean => {
      if (step.error === undefined) return add(next, expanding)
      this.failed = step
      return this.#end('violation', expanding)
    }
    let levelEnd = this.states.size
    while (expanding < levelEnd) {
      this.depth++
      if (this.depth >= depthMax) {
        this.#end('depthMax', -1)
        return
      }
      for (; expanding < levelEnd; expanding++) {
        this.states.read(expanding, current)
        if (this.#expand(current, visit)) {
          if (this.states.size > levelEnd) this.depth++
          return
        }
      }
      levelEnd = this.states.size
    }
  }

  /** The states from an initial one to `id`, by number. */
  path(id: number): number[] {
    const path: number[] = []
    for (let at = id; at >= 0; at = this.#parents[at] as number) path.push(at)
    return path.reverse()
  }

  /** A step that leads from state `from` to state `to`, its child. */
  stepBetween(from: number, to: number): Step {
    const tuple = new Int32Array(this.width)
    this.states.read(from, tuple)
    let found: Step | undefined
    this.#expand(tuple, (step, next) => {
      if (step.error === undefined && this.states.find(next) === to) found = step
      return found !== undefined
    })
    if (found === undefined) throw new Error(`no step leads from state ${from} to state ${to}`)
    return found
  }

  /** Calls `visit` with each step from `tuple` and the tuple after it, until it returns true; returns whether it did. */
  #expand(tuple: Int32Array, visit: (step: Step, next: Int32Array) => boolean): boolean {
    const networkPlace = this.width - 1
    const network = tuple[networkPlace] as number
    const take = (step: Step): boolean => {
      const { actor } = step
      const local = tuple[actor] as number
      tuple[actor] = step.local
      tuple[networkPlace] = this.#network.apply(network, step.delta)
      const stop = visit(step, tuple)
      tuple[actor] = local
      tuple[networkPlace] = network
      return stop
    }
    let previous = -1
    const end = this.#network.end(network)
    for (let index = this.#network.start(network); index < end; index++) {
      const message = this.#network.messageAt(index)
      if (message === previous) continue
      previous = message
      const { to } = this.#messages.get(message)
      const local = tuple[to] as number
      const steps = this.#transitions.deliveries(message, local)
      for (let choice = 0; choice < steps.length; choice++) if (take(steps[choice] as Step)) return true
      if (this.#lossy && take(this.#drop(message, to, local))) return true
    }
    for (let actor = 0; actor < networkPlace; actor++) {
      const steps = this.#transitions.firings(actor, tuple[actor] as number)
      for (let choice = 0; choice < steps.length; choice++) if (take(steps[choice] as Step)) return true
    }
    return false
  }

  #drop(message: number, actor: number, local: number): Step {
    const delta = this.#network.dropDelta(message)
    return { kind: 'drop', actor, local, delta, message, timer: undefined, choices: [], error: undefined }
  }

  /** The initial states: every actor has begun, in the order given, and no message was delivered. */
  #beginnings(): Int32Array[] {
    let tuples = [new Int32Array(this.width)]
    for (let actor = 0; actor < this.#system.actors.length; actor++) {
      const steps = this.#transitions.beginnings(actor)
      tuples = tuples.flatMap((tuple) =>
        steps.map((step) => {
          const next = tuple.slice()
          next[actor] = step.local
          next[this.width - 1] = this.#network.apply(tuple[this.width - 1] as number, step.delta)
          return next
        }),
      )
    }
    return tuples
  }

  #end(cut: Cut, state: number): true {
    this.cut = cut
    this.violation = state
    return true
  }
}
