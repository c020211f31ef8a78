/**
 * Breadth-first search of a transition system. States are numbered in the order they are found, which is the order they
 * are expanded in: the queue is a range of numbers, and a level of the search ends where the one before it had found its
 * last state.
 *
 * With a symmetry, the search holds one state of each class: `representative` stands between a step and the table.
 */
import type { SystemStep, TransitionSystem, Visit } from './transition-system.ts'
import { grown, TupleTable } from './tuple-table.ts'

/** What the search asks of its owner. Tuples are the search's own storage: read them during the call. */
export interface Inspection<Step> {
  /** A new state was found; returns true to end the search there. */
  found(tuple: Int32Array, id: number): boolean
  /** A step from state `id` threw; returns true to end the search there. */
  failed(step: Step, id: number): boolean
  /** State `id` has no step; returns true to end the search there. */
  ended(tuple: Int32Array, id: number): boolean
  /** False for states that the search leaves out. */
  within: ((tuple: Int32Array) => boolean) | undefined
}

/** Bounds of a search. */
export interface Limits {
  readonly statesMax: number
  readonly depthMax: number
  readonly secondsMax: number
}

/** Why a search ended before it had seen every state. */
export type Cut = 'statesMax' | 'depthMax' | 'secondsMax' | 'violation'

/** What stands between a system and its search. */
export interface Narrowing<Step extends SystemStep> {
  /** The state that stands for all that are symmetric to `tuple`; may be `tuple` itself, or storage of its own. */
  readonly representative?: ((tuple: Int32Array) => Int32Array) | undefined
  /** Visits fewer steps than the system does: enough for the same verdicts. */
  readonly reduction?: Reduction<Step> | undefined
}

/** A choice of fewer steps at each state. */
export interface Reduction<Step extends SystemStep> {
  /**
   * As `expand` of the system, for state `id`. `isNew` says whether a state was not expanded before this one; when a
   * chosen step leads back, all steps are visited. The same steps are visited when `id` is expanded again.
   */
  expand(tuple: Int32Array, id: number, isNew: (next: Int32Array) => boolean, visit: Visit<Step>): boolean
}

/** States between two looks at the clock. */
const statesPerLook = 256

export class Explorer<Step extends SystemStep> {
  /** States generated: the initial ones, and one for each transition taken. */
  generated = 0
  /** States on the longest shortest path, the initial state included. */
  depth = 0
  /** Why the search ended early; `undefined` when it saw everything. */
  cut: Cut | undefined = undefined
  /** States below this number were expanded. */
  expanded = 0

  readonly states = new TupleTable()
  readonly system: TransitionSystem<Step>
  readonly #narrowing: Narrowing<Step>
  #within: Inspection<Step>['within']
  #parents = new Int32Array(1 << 10)

  constructor(system: TransitionSystem<Step>, narrowing: Narrowing<Step> = {}) {
    this.system = system
    this.#narrowing = narrowing
  }

  /** Searches until every state was seen, a limit reached or the inspection ends it. */
  run(inspection: Inspection<Step>, { statesMax, depthMax, secondsMax }: Limits): void {
    const { representative } = this.#narrowing
    const { within } = inspection
    this.#within = within
    const deadline = performance.now() + secondsMax * 1_000
    const current = new Int32Array(this.system.width)
    let steps = 0
    const add = (raw: Int32Array, parent: number): boolean => {
      const tuple = representative === undefined ? raw : representative(raw)
      if (within !== undefined && this.states.find(tuple) < 0 && !within(tuple)) return false
      this.generated++
      const sizeBefore = this.states.size
      if (sizeBefore >= statesMax && this.states.find(tuple) < 0) return this.#end('statesMax')
      const id = this.states.intern(tuple)
      if (id < sizeBefore) return false
      if (id >= this.#parents.length) this.#parents = grown(this.#parents, id + 1)
      this.#parents[id] = parent
      return inspection.found(tuple, id) && this.#end('violation')
    }
    if (this.system.initial().some((tuple) => add(tuple, -1))) {
      this.depth = 1
      return
    }
    let at = 0
    const visit: Visit<Step> = (step, next) => {
      steps++
      if (step.error === undefined) return add(next, at)
      return inspection.failed(step, at) && this.#end('violation')
    }
    let levelEnd = this.states.size
    while (at < levelEnd) {
      this.depth++
      if (this.depth >= depthMax) {
        this.#end('depthMax')
        return
      }
      for (; at < levelEnd; at++) {
        if (at % statesPerLook === 0 && performance.now() > deadline) this.#end('secondsMax')
        this.states.read(at, current)
        steps = 0
        const ends =
          this.cut === 'secondsMax' ||
          this.#expand(current, at, visit) ||
          (steps === 0 && inspection.ended(current, at) && this.#end('violation'))
        if (ends) {
          if (this.states.size > levelEnd) this.depth++
          return
        }
        this.expanded = at + 1
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

  /** Expands state `id` again, as the search did: the number of each state that a step leads to, -1 beyond the boundary. */
  successors(id: number, visit: (to: number) => void): void {
    const tuple = new Int32Array(this.system.width)
    this.states.read(id, tuple)
    this.#expand(tuple, id, (step, next) => {
      if (step.error === undefined) visit(this.numberOf(next))
      return false
    })
  }

  /**
   * A run along `path`: for each state but the first the step that leads there, and the states themselves. With a
   * symmetry each is the state that the step before it really leads to, which is symmetric to that of the path.
   */
  runAlong(path: readonly number[]): { readonly tuples: readonly Int32Array[]; readonly steps: readonly Step[] } {
    const first = this.system.initial().find((tuple) => this.numberOf(tuple) === path[0])
    const tuples = [first?.slice() ?? this.tuple(path[0] as number)]
    const steps: Step[] = []
    for (const id of path.slice(1)) {
      const tuple = (tuples.at(-1) as Int32Array).slice()
      const ended = this.system.expand(tuple, (step, next) => {
        if (step.error !== undefined || this.numberOf(next) !== id) return false
        tuples.push(next.slice())
        steps.push(step)
        return true
      })
      if (!ended) throw new Error(`no step leads to state ${id}`)
    }
    return { tuples, steps }
  }

  tuple(id: number): Int32Array {
    const tuple = new Int32Array(this.system.width)
    this.states.read(id, tuple)
    return tuple
  }

  /** The number of the state that stands for `raw`; -1 when it was left out. */
  numberOf(raw: Int32Array): number {
    const { representative } = this.#narrowing
    return this.states.find(representative === undefined ? raw : representative(raw))
  }

  #expand(tuple: Int32Array, id: number, visit: Visit<Step>): boolean {
    const { reduction } = this.#narrowing
    if (reduction === undefined) return this.system.expand(tuple, visit)
    return reduction.expand(tuple, id, (next) => this.#isNew(next, id), visit)
  }

  #isNew(next: Int32Array, id: number): boolean {
    const known = this.numberOf(next)
    return known > id || (known < 0 && (this.#within?.(next) ?? true))
  }

  #end(cut: Cut): true {
    this.cut = cut
    return true
  }
}
