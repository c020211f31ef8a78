/**
 * `@troupe/checker/parallel`: a search on several threads, run by Troupe itself. All threads fill one table of states in
 * shared memory, so a state is a row for every one of them; what a row's numbers stand for they agree on by a shared log.
 * An actor on each thread searches, and the coordinator here, which searches too, asks them for one level after the other:
 *
 *     coordinator -- expand level --> actors     each takes rows of the level until none is left
 *                 <- what was found --
 *                 -- adopt memory -->            when the table is full: all pause, and go on in a larger one
 */
import { setImmediate } from 'node:timers/promises'
import type { ThreadSystem } from '@troupe/threads'
import type { CheckResult, ModelCheckResult } from '../check.ts'
import { PropertyChecks } from '../properties.ts'
import { limitsOf, resultOf, wholeFrom } from '../search.ts'
import { rowsTakenMax, StateTable } from '../state-table.ts'
import { Control, controlMemory } from './control.ts'
import { type SearchSource, searchedOf } from './search-source.ts'
import { SearchThreads } from './search-threads.ts'
import { Searcher } from './searcher.ts'
import { statesPerTurn } from './searcher-actor.ts'
import { logMemory, SharedLog } from './shared-log.ts'

export type { SearchSource } from './search-source.ts'

/** The threads of a search: so many, this one and others that are started for it; or this one and those of a running system. */
export type SearchThreadsOption = { readonly threads: number } | { readonly system: ThreadSystem }

/**
 * As `check` of what `source` gives, on several threads: the same counts and verdicts, with one difference. A level
 * is finished before the search ends at a violation, so such a search has seen all of its last level; which of several
 * equally short counterexamples it shows may differ too; at `statesMax` and `secondsMax` it ends a little later. This thread is one of those that search; it lets other work in
 * every few milliseconds. Throws a `CheckerError` as `check` does, and for `reduction`, which needs one thread.
 */
export async function checkParallel(
  source: SearchSource,
  options: SearchThreadsOption,
): Promise<CheckResult | ModelCheckResult<any>> {
  const parts = { control: controlMemory(), log: logMemory() }
  const { control } = parts
  const { searched, options: checked } = await searchedOf(source, new SharedLog(control, parts.log))
  const { statesMax, depthMax, secondsMax } = limitsOf(checked)
  const deadline = performance.now() + secondsMax * 1_000
  let states = StateTable.shared(searched.system.width)
  await using threads = new SearchThreads({ source, parts, states })
  if ('system' in options) await threads.take(options.system)
  else threads.start(wholeFrom('threads', 1, options.threads) - 1)

  const own = new Searcher(searched, checked, control, states)
  const { explorer } = own
  const checks = new PropertyChecks<any>(checked)

  /** Moves the states to larger memory, on all threads. */
  const grow = async () => {
    states = explorer.states.larger()
    const others = threads.adopt(states)
    own.adopt(states, { index: 0, count: threads.parts })
    await others
    Atomics.store(control, Control.isFull, 0)
  }

  /** Expands states below `end` on all threads, until none is left. */
  const expandLevel = async (start: number, end: number) => {
    Atomics.store(control, Control.cursor, start)
    do {
      await threads.join(states)
      const chunk = Math.max(1, Math.min(rowsTakenMax, Math.ceil((end - start) / 16)))
      const level = { end, chunk, threads: threads.parts }
      const others = threads.expand(level)
      const stop = () => Atomics.store(control, Control.isStopped, 1)
      others.catch(stop)
      // What was asked leaves this thread when it comes to rest: before it goes to work itself.
      await setImmediate()
      try {
        while (own.expand(level, statesPerTurn)) {
          if (performance.now() > deadline) stop()
          await setImmediate()
        }
      } catch (error) {
        stop()
        await others.catch(() => {})
        throw error
      }
      await others
      if (Atomics.load(control, Control.isFull) === 1) await grow()
      else return
    } while (Atomics.load(control, Control.isStopped) === 0)
  }

  while (explorer.begin()) await grow()
  explorer.depth = 1
  for (let start = 0; ; ) {
    for (const { found, unseen } of [own.share, ...threads.shares]) checks.merge(found, unseen)
    const end = explorer.states.size
    if (checks.found.length > 0 && checked.stopAtViolation !== false) explorer.cut = 'violation'
    else if (explorer.states.count > statesMax) explorer.cut = 'statesMax'
    else if (Atomics.load(control, Control.isStopped) === 1) explorer.cut = 'secondsMax'
    else if (end > start && explorer.depth >= depthMax) explorer.cut = 'depthMax'
    else if (end > start && performance.now() > deadline) explorer.cut = 'secondsMax'
    if (explorer.cut !== undefined || end === start) break
    await expandLevel(start, end)
    if (Atomics.load(control, Control.isStopped) === 0) explorer.expanded = end
    if (explorer.states.size > end) explorer.depth++
    start = end
  }
  explorer.generated += threads.shares.reduce((total, { generated }) => total + generated, 0)
  if (checked.eventually !== undefined) {
    for (let id = 0; id < explorer.states.size; id++) {
      if (!explorer.states.isVoid(id)) checks.note(searched.view(explorer.tuple(id)), id)
    }
  }
  return resultOf(searched, explorer, checks)
}
