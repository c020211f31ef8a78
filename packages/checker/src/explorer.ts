/**
 * Breadth-first search of a transition system. States are numbered in the order they are found, which is the order they
 * are expanded in: the queue is a range of numbers, and a level of the search ends where the one before it had found its
 * last state.
 *
 * With a symmetry, the search holds one state of each class: `representative` stands between a step and the table.
 */
import { knownState, noRoom, StateTable } from './state-table.ts'
import type { SystemStep, TransitionSystem, Visit } from './transition-system.ts'

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
   * As `expand` of the system. `isNew` says whether a state is beyond the level of this one; when a chosen step leads to
   * another, all steps are visited. So what is visited depends on nothing but the states of this level and those before.
   */
  expand(tuple: Int32Array, isNew: (next: Int32Array) => boolean, visit: Visit<Step>): boolean
}

/** How far a search is. */
export interface SearchProgress {
  /** Distinct states so far; on several threads up to some thousand more. */
  readonly distinct: number
  /** Depth of the states that are being expanded. */
  readonly depth: number
}

/** What expanding a state threw. */
export interface Interruption {
  readonly cause: unknown
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

  readonly states: StateTable
  readonly system: TransitionSystem<Step>
  readonly #narrowing: Narrowing<Step>
  /** The first state beyond each level, down to the one that is being expanded. */
  readonly #levelEnds: number[] = []
  readonly #current: Int32Array
  readonly #inspection: Inspection<Step>
  #statesMax = Number.POSITIVE_INFINITY
  /** Where {@link run} searches; a table that others fill too is looked at between ranges. */
  #isLimited = false
  /** The state that is being expanded, and the steps that it has had so far. */
  #at = -1
  #steps = 0
  #isFull = false

  /** `states`: a table that other threads fill too; its states are then {@link expand}ed range by range. */
  constructor(
    system: TransitionSystem<Step>,
    inspection: Inspection<Step>,
    narrowing: Narrowing<Step> = {},
    states: StateTable = new StateTable(system.width),
  ) {
    this.system = system
    this.states = states
    this.#inspection = inspection
    this.#narrowing = narrowing
    this.#current = new Int32Array(system.width)
  }

  /** Searches until every state was seen, a limit reached or the inspection ends it; calls `progress` in between. */
  run(limits: Limits, progress?: (found: SearchProgress) => void): void {
    for (const { cause } of this.rounds(limits, progress)) throw cause
  }

  /**
   * The same, but what expanding a state throws the caller gets, who may go on: the state is expanded once more. So the
   * system is to throw before it visits a step of the state, or not at all.
   */
  *rounds(
    { statesMax, depthMax, secondsMax }: Limits,
    progress?: (found: SearchProgress) => void,
  ): Generator<Interruption> {
    this.#statesMax = statesMax
    this.#isLimited = true
    const deadline = performance.now() + secondsMax * 1_000
    if (this.begin()) {
      this.depth = 1
      return
    }
    for (let levelEnd = this.states.size; this.expanded < levelEnd; levelEnd = this.states.size) {
      this.depth++
      this.beginLevel(levelEnd)
      if (this.depth >= depthMax) {
        this.#end('depthMax')
        return
      }
      while (this.expanded < levelEnd) {
        if (performance.now() > deadline) this.#end('secondsMax')
        else {
          const end = Math.min(levelEnd, this.expanded + statesPerLook)
          try {
            this.expanded = this.expand(this.expanded, end)
          } catch (cause) {
            this.expanded = this.#at
            yield { cause }
          }
        }
        if (this.cut === undefined) {
          progress?.({ distinct: this.states.count, depth: this.depth })
          continue
        }
        if (this.states.size > levelEnd) this.depth++
        return
      }
    }
  }

  /** The states below `end` that were not expanded are a level. */
  beginLevel(end: number): void {
    if (this.#levelEnds.at(-1) !== end) this.#levelEnds.push(end)
  }

  /** Adds the states in which the system begins; returns true when the search ends there. */
  begin(): boolean {
    this.generated = 0
    this.#at = -1
    this.#isFull = false
    return this.system.initial().some(this.#add)
  }

  /**
   * Expands states `from` to `to`, and returns the first that was not: it ended the search, or a table that is shared must
   * grow. A state that was not expanded to the end is not counted.
   */
  expand(from: number, to: number): number {
    const current = this.#current
    for (let id = from; id < to; id++) {
      if (this.states.isVoid(id)) continue
      this.states.read(id, current)
      const generatedBefore = this.generated
      this.#at = id
      this.#steps = 0
      const ends =
        this.#expand(current, id, this.#visit) ||
        (this.#steps === 0 && this.#inspection.ended(current, id) && this.#end('violation'))
      if (!ends) continue
      if (this.#isFull) this.generated = generatedBefore
      this.#isFull = false
      return id
    }
    return to
  }

  readonly #visit: Visit<Step> = (step, next) => {
    this.#steps++
    if (step.error === undefined) return this.#add(next)
    return this.#inspection.failed(step, this.#at) && this.#end('violation')
  }

  /** Adds a state that was reached from `#at`; returns true to end there. */
  readonly #add = (raw: Int32Array): boolean => {
    const { representative } = this.#narrowing
    const { within } = this.#inspection
    const { states } = this
    const tuple = representative === undefined ? raw : representative(raw)
    if (within !== undefined && states.find(tuple) < 0 && !within(tuple)) return false
    this.generated++
    if (this.#isLimited && states.size >= this.#statesMax && states.find(tuple) < 0) return this.#end('statesMax')
    const id = states.add(tuple, this.#at)
    if (id === knownState) return false
    if (id === noRoom) {
      this.#isFull = true
      return true
    }
    return this.#inspection.found(tuple, id) && this.#end('violation')
  }

  /** The states from an initial one to `id`, by number. */
  path(id: number): number[] {
    const path: number[] = []
    for (let at = id; at >= 0; at = this.states.parent(at)) path.push(at)
    return path.reverse()
  }

  /** Expands state `id` again, as the search did: the number of each state that a step leads to, -1 beyond the boundary. */
  successors(id: number, visit: (to: number, step: Step) => void): void {
    const tuple = new Int32Array(this.system.width)
    this.states.read(id, tuple)
    this.#expand(tuple, id, (step, next) => {
      if (step.error === undefined) visit(this.numberOf(next), step)
      return false
    })
  }

  /**
   * A run along `path`: for each state but the first the step that leads there, and the states themselves. With a
   * symmetry each is the state that the step before it really leads to, which is symmetric to that of the path. `suits` says
   * which of several steps to the state at a place of the path is meant.
   */
  runAlong(
    path: readonly number[],
    suits: (step: Step, place: number) => boolean = () => true,
  ): { readonly tuples: readonly Int32Array[]; readonly steps: readonly Step[] } {
    const first = this.system.initial().find((tuple) => this.numberOf(tuple) === path[0])
    const tuples = [first?.slice() ?? this.tuple(path[0] as number)]
    const steps: Step[] = []
    for (const [index, id] of path.slice(1).entries()) {
      const tuple = (tuples.at(-1) as Int32Array).slice()
      const ended = this.system.expand(tuple, (step, next) => {
        if (step.error !== undefined || this.numberOf(next) !== id || !suits(step, index + 1)) return false
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
    const latest = this.#levelEnds.at(-2) ?? 0
    const end = this.#levelEnds.at(-1) as number
    const levelEnd = id >= latest ? end : (this.#levelEnds.find((levelEnd) => levelEnd > id) as number)
    return reduction.expand(tuple, (next) => this.#isBeyond(next, levelEnd), visit)
  }

  #isBeyond(next: Int32Array, levelEnd: number): boolean {
    const known = this.numberOf(next)
    return known >= levelEnd || (known < 0 && (this.#inspection.within?.(next) ?? true))
  }

  #end(cut: Cut): true {
    this.cut = cut
    return true
  }
}
