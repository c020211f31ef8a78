/**
 * One thread's share of a search. All threads fill one table of states, and a level is a range of its rows: each takes a few
 * rows at a time until none is left, so that a thread that is slow, or came late, holds nobody up.
 */
import { Explorer } from '../explorer.ts'
import { type FoundViolation, PropertyChecks } from '../properties.ts'
import { inspectionOf, limitsOf, representativeOf, type Searched, type SearchOptions } from '../search.ts'
import { type MovedShare, type StateMemory, StateTable } from '../state-table.ts'
import { Control } from './control.ts'
import { Levels } from './levels.ts'

/** How long a thread searches before it lets other work in, in milliseconds. */
const sliceMs = 10

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
  readonly #levels: Levels
  readonly #statesMax: number
  readonly #depthMax: number
  readonly #stopsAtViolation: boolean
  readonly #seen: ReadonlySet<unknown>
  #memory: StateMemory
  #threads = 1
  /** The level: see {@link Levels}. */
  #end = 0
  #chunk = 1
  /** What of it was taken and not expanded. */
  #from = 0
  #to = 0
  /** How many levels had ended when this thread found nothing left; -1: it has not. */
  #restsSince = -1

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
    this.#levels = new Levels(control)
    const { statesMax, depthMax } = limitsOf(options)
    this.#statesMax = statesMax
    this.#depthMax = depthMax
    this.#stopsAtViolation = options.stopAtViolation !== false
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

  /** Goes into the level that all threads are at, as one of `threads` that {@link expand} it and those after it. */
  begin(threads: number): void {
    this.#threads = threads
    this.#enter()
  }

  #enter(): void {
    this.#restsSince = -1
    this.#end = this.#levels.end
    this.#chunk = this.#levels.chunk
    this.explorer.states.takeRows(this.#chunk)
    this.explorer.beginLevel(this.#end)
  }

  /** Expands states, level after level, for some milliseconds; false when all threads are to pause. Stops them if it throws. */
  expand(): boolean {
    try {
      return this.#expand()
    } catch (error) {
      Atomics.store(this.#control, Control.isStopped, 1)
      throw error
    }
  }

  #expand(): boolean {
    const until = performance.now() + sliceMs
    const levels = this.#levels
    do {
      if (levels.isInterrupted) {
        this.explorer.states.releaseRows()
        return false
      }
      if (this.#restsSince < 0) this.#expandSome()
      else if (levels.wait(this.#restsSince)) {
        if (levels.isPaused) return false
        if (!levels.isInterrupted) this.#enter()
      }
    } while (performance.now() < until)
    return true
  }

  #expandSome(): void {
    const { states } = this.explorer
    if (this.#from === this.#to) {
      const from = this.#levels.take(this.#chunk)
      if (from >= this.#end) {
        this.#rest()
        return
      }
      this.#from = from
      this.#to = Math.min(this.#end, from + this.#chunk)
    }
    this.#from = this.explorer.expand(this.#from, this.#to)
    if (this.#from < this.#to) Atomics.store(this.#control, Control.isFull, 1)
    else if (states.count - this.#threads * this.#chunk > this.#statesMax) {
      Atomics.store(this.#control, Control.isStopped, 1)
    }
  }

  #rest(): void {
    const { states } = this.explorer
    states.releaseRows()
    if (this.#stopsAtViolation && this.#checks.found.length > 0) this.#levels.want()
    this.#restsSince = this.#levels.ended
    this.#levels.rest(this.#threads, () => {
      const isOver = states.size === this.#end || states.count > this.#statesMax
      return isOver || this.#levels.depth + 1 >= this.#depthMax ? undefined : states.size
    })
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
