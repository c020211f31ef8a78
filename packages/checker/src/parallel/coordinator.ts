/** One search over all of its threads, level after level, as the thread that began it sees it; it searches too. */
import { setImmediate } from 'node:timers/promises'
import type { Explorer } from '../explorer.ts'
import { PropertyChecks } from '../properties.ts'
import { limitsOf, type Searched, type SearchOptions } from '../search.ts'
import { rowsTakenMax, StateTable } from '../state-table.ts'
import { Control, controlMemory } from './control.ts'
import { type SearchSource, searchedOf } from './search-source.ts'
import type { SearchThreads } from './search-threads.ts'
import { type Level, Searcher } from './searcher.ts'
import { statesPerTurn } from './searcher-actor.ts'
import { logMemory, SharedLog } from './shared-log.ts'

export class Coordinator {
  /** What properties have looked at, on any thread. */
  readonly seen = new Set<unknown>()
  readonly checks: PropertyChecks<any>
  readonly explorer: Explorer<any>
  readonly searched: Searched<any, any, any>
  readonly #options: SearchOptions<any>
  readonly #threads: SearchThreads
  readonly #control: Int32Array
  readonly #own: Searcher
  readonly #deadline: number

  private constructor(
    { searched, options }: Awaited<ReturnType<typeof searchedOf>>,
    own: Searcher,
    threads: SearchThreads,
    control: Int32Array,
  ) {
    this.searched = searched
    this.#options = options
    this.#threads = threads
    this.#control = control
    this.#own = own
    this.#deadline = performance.now() + limitsOf(options).secondsMax * 1_000
    this.explorer = own.explorer
    this.checks = new PropertyChecks<any>(options)
  }

  /** A search that begins, on this thread and, as they join, on `threads`. `footprint`: see {@link Searcher}. */
  static async begin(
    source: SearchSource,
    threads: SearchThreads,
    footprint: readonly unknown[],
  ): Promise<Coordinator> {
    const parts = { control: controlMemory(), log: logMemory() }
    const system = await searchedOf(source, new SharedLog(parts.control, parts.log))
    const states = StateTable.shared(system.searched.system.width)
    await threads.begin({ source, parts, states, footprint })
    const own = new Searcher(system.searched, system.options, footprint, parts.control, states)
    return new Coordinator(system, own, threads, parts.control)
  }

  /** Searches until every state was seen, or a limit ends it. */
  async run(): Promise<void> {
    const { explorer, checks } = this
    const { depthMax } = limitsOf(this.#options)
    while (explorer.begin()) await this.#grow()
    explorer.depth = 1
    for (let start = 0; ; ) {
      this.#merge()
      const end = explorer.states.size
      explorer.cut = this.#cut(end > start, depthMax)
      if (explorer.cut !== undefined || end === start) break
      await this.#expandLevel(start, end)
      if (Atomics.load(this.#control, Control.isStopped) === 0) explorer.expanded = end
      if (explorer.states.size > end) explorer.depth++
      start = end
    }
    explorer.generated += this.#threads.shares.reduce((total, { generated }) => total + generated, 0)
    if (this.#options.eventually === undefined) return
    for (let id = 0; id < explorer.states.size; id++) {
      if (!explorer.states.isVoid(id)) checks.note(this.searched.view(explorer.tuple(id)), id)
    }
    this.#merge()
  }

  /** Takes in what all threads have found. */
  #merge(): void {
    for (const { found, unseen, seen } of [this.#own.share, ...this.#threads.shares]) {
      this.checks.merge(found, unseen)
      for (const one of seen) this.seen.add(one)
    }
  }

  /** Why the search ends between two levels; `hasMore`: there are states to be expanded. */
  #cut(hasMore: boolean, depthMax: number): Explorer<any>['cut'] {
    const { explorer, checks } = this
    if (checks.found.length > 0 && this.#options.stopAtViolation !== false) return 'violation'
    if (explorer.states.count > limitsOf(this.#options).statesMax) return 'statesMax'
    if (Atomics.load(this.#control, Control.isStopped) === 1) return 'secondsMax'
    if (hasMore && explorer.depth >= depthMax) return 'depthMax'
    return hasMore && performance.now() > this.#deadline ? 'secondsMax' : undefined
  }

  /** Expands states below `end` on all threads, until none is left. */
  async #expandLevel(start: number, end: number): Promise<void> {
    const control = this.#control
    const threads = this.#threads
    Atomics.store(control, Control.cursor, start)
    do {
      await threads.join(this.#own.memory)
      const chunk = Math.max(1, Math.min(rowsTakenMax, Math.ceil((end - start) / 16)))
      await this.#expandTogether({ end, chunk, threads: threads.parts })
      if (Atomics.load(control, Control.isFull) === 0) return
      await this.#grow()
    } while (Atomics.load(control, Control.isStopped) === 0)
  }

  async #expandTogether(level: Level): Promise<void> {
    const stop = () => Atomics.store(this.#control, Control.isStopped, 1)
    const others = this.#threads.expand(level)
    others.catch(stop)
    // What was asked leaves this thread when it comes to rest: before it goes to work itself.
    await setImmediate()
    try {
      while (this.#own.expand(level, statesPerTurn)) {
        if (performance.now() > this.#deadline) stop()
        await setImmediate()
      }
    } catch (error) {
      stop()
      await others.catch(() => {})
      throw error
    }
    await others
  }

  /** Moves the states to larger memory, on all threads. */
  async #grow(): Promise<void> {
    const memory = this.explorer.states.larger()
    const others = this.#threads.adopt(memory)
    this.#own.adopt(memory, { index: 0, count: this.#threads.parts })
    await others
    Atomics.store(this.#control, Control.isFull, 0)
  }
}
