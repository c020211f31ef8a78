/** One search over all of its threads, level after level, as the thread that began it sees it; it searches too. */
import { setImmediate } from 'node:timers/promises'
import type { Explorer, SearchProgress } from '../explorer.ts'
import { PropertyChecks } from '../properties.ts'
import { limitsOf, type Searched, type SearchOptions } from '../search.ts'
import { StateTable } from '../state-table.ts'
import { Control, controlMemory } from './control.ts'
import { Levels } from './levels.ts'
import { type SearchSource, searchedOf } from './search-source.ts'
import type { SearchThreads } from './search-threads.ts'
import { Searcher } from './searcher.ts'
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
  readonly #levels: Levels
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
    this.#levels = new Levels(control)
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

  /** Searches until every state was seen, or a limit ends it; calls `progress` in between. */
  async run(progress?: (found: SearchProgress) => void): Promise<void> {
    const { explorer, checks } = this
    const levels = this.#levels
    while (explorer.begin()) await this.#grow()
    for (;;) {
      this.#merge()
      const hasMore = explorer.states.size > levels.end
      if (hasMore) levels.begin(explorer.states.size)
      explorer.depth = levels.depth
      explorer.cut = this.#cut(hasMore)
      if (explorer.cut !== undefined || !hasMore) break
      await this.#expandLevels(progress)
      explorer.expanded = this.#isSet(Control.isStopped) ? levels.start : levels.end
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
  #cut(hasMore: boolean): Explorer<any>['cut'] {
    const { explorer, checks } = this
    const { statesMax, depthMax } = limitsOf(this.#options)
    if (checks.found.length > 0 && this.#options.stopAtViolation !== false) return 'violation'
    if (explorer.states.count > statesMax) return 'statesMax'
    if (this.#isSet(Control.isStopped)) return 'secondsMax'
    if (hasMore && explorer.depth >= depthMax) return 'depthMax'
    return hasMore && performance.now() > this.#deadline ? 'secondsMax' : undefined
  }

  /** Expands the level and those after it on all threads, until there is something to look at between two levels. */
  async #expandLevels(progress?: (found: SearchProgress) => void): Promise<void> {
    for (;;) {
      this.#levels.resume()
      await this.#threads.join(this.#own.memory)
      await this.#expandTogether(progress)
      if (!this.#isSet(Control.isFull)) return
      await this.#grow()
      if (this.#isSet(Control.isStopped)) return
    }
  }

  /** Has all threads expand until all pause. */
  async #expandTogether(progress?: (found: SearchProgress) => void): Promise<void> {
    const threads = this.#threads.parts
    const others = this.#threads.expand(threads, this.#stop)
    others.catch(() => {})
    // What was asked leaves this thread when it comes to rest: before it goes to work itself.
    await setImmediate()
    try {
      this.#own.begin(threads)
      while (this.#own.expand()) {
        if (performance.now() > this.#deadline) this.#stop()
        progress?.({ distinct: this.explorer.states.count, depth: this.#levels.depth })
        await setImmediate()
      }
    } catch (error) {
      this.#stop()
      await others.catch(() => {})
      throw error
    }
    await others
  }

  readonly #stop = () => {
    Atomics.store(this.#control, Control.isStopped, 1)
  }

  #isSet(word: number): boolean {
    return Atomics.load(this.#control, word) === 1
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
