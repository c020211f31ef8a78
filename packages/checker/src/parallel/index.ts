/**
 * `@troupe/checker/parallel`: a search on several threads, run by Troupe itself. All threads fill one table of states in
 * shared memory, so a state is a row for every one of them; what a row's numbers stand for they agree on by a shared log.
 * An actor on each thread searches, and so does the coordinator here. From one level to the next they go by themselves:
 *
 *     coordinator -- expand --------> actors     each takes rows of a level until none is left, level after level
 *                 <- what was found --           when there is something to look at between two levels
 *                 -- adopt memory -->            when the table is full: all pause, and go on in a larger one
 */
import type { ThreadSystem } from '@troupe/threads'
import type { CheckResult, ModelCheckResult } from '../check.ts'
import type { SearchProgress } from '../explorer.ts'
import { resultOf, wholeFrom } from '../search.ts'
import { Coordinator } from './coordinator.ts'
import type { SearchSource } from './search-source.ts'
import { SearchThreads } from './search-threads.ts'

export type { SearchSource } from './search-source.ts'

/** The threads of a search: so many, this one and others that are started for it; or this one and those of a running system. */
export type SearchThreadsOption = { readonly threads: number } | { readonly system: ThreadSystem }

/** How a search on several threads is run. */
export type ParallelOptions = SearchThreadsOption & {
  /** As in `CheckOptions`: called on this thread, some ten milliseconds apart. What it throws ends the search. Default: none. */
  readonly progress?: (found: SearchProgress) => void
}

/**
 * As `check` of what `source` gives, on several threads: the same counts and verdicts, with one difference. A level
 * is finished before the search ends at a violation, so such a search has seen all of its last level; which of several
 * equally short counterexamples it shows may differ too; at `statesMax` and `secondsMax` it ends a little later. This
 * thread is one of those that search; it lets other work in some ten milliseconds apart. Throws as `check` does.
 */
export async function checkParallel(
  source: SearchSource,
  options: ParallelOptions,
): Promise<CheckResult | ModelCheckResult<any>> {
  await using threads = new SearchThreads()
  if ('system' in options) await threads.take(options.system)
  else threads.start(wholeFrom('threads', 1, options.threads) - 1)
  let footprint: readonly unknown[] = []
  for (;;) {
    const search = await Coordinator.begin(source, threads, footprint)
    await search.run(options.progress)
    // Properties have looked at more than what steps were left out for: each time at one more actor, so this ends.
    if (search.searched.reduce !== undefined && search.seen.size > footprint.length) footprint = [...search.seen]
    else return resultOf(search.searched, search.explorer, search.checks)
  }
}
