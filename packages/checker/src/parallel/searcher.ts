/**
 * One thread's share of a search. All threads fill one table of states, and a level is a range of its rows: each takes a few
 * rows at a time until none is left, so that a thread that is slow, or came late, holds nobody up.
 */
import { Explorer } from '../explorer.ts'
import { type FoundViolation, PropertyChecks } from '../properties.ts'
import { inspectionOf, limitsOf, representativeOf, type Searched, type SearchOptions } from '../search.ts'
import { type MovedShare, type StateMemory, StateTable } from '../state-table.ts'
import { Control } from './control.ts'

/** States to be expanded: those below `end` that the cursor has not passed, `chunk` at a time; and by how many threads. */
export interface Level {
  readonly end: number
  /** New states get rows so many at a time, too. */
  readonly chunk: number
  readonly threads: number
}

/** What one thread has found so far. */
export interface SearchShare {
  readonly generated: number
  readonly found: readonly FoundViolation[]
  readonly unseen: readonly string[]
  /** What properties have looked at, where that is noted. */
  readonly seen: readonly unknown[]
}

export class Searcher {
  readonly explorer: Explorer<any>
  readonly #checks: PropertyChecks<any>
  readonly #control: Int32Array
  readonly #statesMax: number
  readonly #seen: ReadonlySet<unknown>
  #memory: StateMemory
  /** What was taken and not expanded. */
  #from = 0
  #to = 0

  /**
   * `eventually` is a matter of the whole graph, so no share looks at it; a share stops at no violation. `footprint`: what
   * properties look at, as far as it is known.
   */
  constructor(
    searched: Searched<any, any, unknown>,
    options: SearchOptions<any>,
    footprint: readonly unknown[],
    control: Int32Array,
    states: StateMemory,
  ) {
    const { reduce, seen = new Set() } = searched
    this.#seen = seen
    this.#memory = states
    this.#control = control
    this.#statesMax = limitsOf(options).statesMax
    this.#checks = new PropertyChecks({ ...options, eventually: {}, stopAtViolation: false })
    this.explorer = new Explorer(
      searched.system,
      inspectionOf(searched, options, this.#checks),
      { representative: representativeOf(searched, options), reduction: reduce?.(new Set(footprint)) },
      new StateTable(searched.system.width, states),
    )
  }

  get share(): SearchShare {
    const { found, unseen } = this.#checks
    return { generated: this.explorer.generated, found: [...found], unseen: [...unseen], seen: [...this.#seen] }
  }

  /** Expands about `statesMax` states of the level; false when there is nothing left to do before all threads pause. */
  expand(level: Level, statesMax: number): boolean {
    const goesOn = this.#expand(level, statesMax)
    if (!goesOn) this.explorer.states.releaseRows()
    return goesOn
  }

  #expand({ end, chunk, threads }: Level, statesMax: number): boolean {
    const control = this.#control
    const { states } = this.explorer
    states.takeRows(chunk)
    this.explorer.beginLevel(end)
    for (let expanded = 0; expanded < statesMax; ) {
      if (Atomics.load(control, Control.isFull) + Atomics.load(control, Control.isStopped) > 0) return false
      if (this.#from === this.#to) {
        const from = Atomics.add(control, Control.cursor, chunk)
        if (from >= end) return false
        this.#from = from
        this.#to = Math.min(end, from + chunk)
      }
      const next = this.explorer.expand(this.#from, this.#to)
      expanded += next - this.#from
      this.#from = next
      if (next < this.#to) Atomics.store(control, Control.isFull, 1)
      else if (states.count - threads * chunk > this.#statesMax) Atomics.store(control, Control.isStopped, 1)
    }
    return true
  }

  /** Where the states are. */
  get memory(): StateMemory {
    return this.#memory
  }

  /** Goes on in other memory; see {@link StateTable.adopt}. */
  adopt(states: StateMemory, share: MovedShare | undefined): void {
    this.#memory = states
    this.explorer.states.adopt(states, share)
  }
}
