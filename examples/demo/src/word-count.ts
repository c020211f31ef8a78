/** Part one: the same work in a plain loop, by a pool on one thread, and by a pool on all cores. */
import { availableParallelism } from 'node:os'
import { corpusModule, corpusServices, countAll, countTerms, startPool, totalsOf } from '@troupe/example-workers'
import { createSystem } from '@troupe/threads'
import { say, sayHeading } from './say.ts'

/** How long the loop works at least, after a warm-up; the actors do the same work. */
const secondsEach = 2
const limit = 5
const textsPerTask = 100

/** Runs the comparison and prints it. */
export async function countWords(): Promise<void> {
  const texts = corpusServices.corpus.texts()
  const threads = availableParallelism()
  sayHeading(`1. All cores: count the terms of ${texts.length.toLocaleString('en-US')} scientific abstracts`)
  const passes = await passesNeeded(() => countTerms(texts))
  const loop = await secondsOf(() => {
    const counts = new Map<string, number>()
    for (let pass = 0; pass < passes; pass++) countTerms(texts, counts)
    return totalsOf(counts, limit)
  })
  const onThreads = async (count: number) => {
    await using system = await createSystem({ threads: count, servicesModule: corpusModule, development: false })
    const pool = await startPool(system, count)
    const job = { texts: texts.length, textsPerTask, limit }
    await countAll(pool, { ...job, passes: count })
    const timed = await secondsOf(() => countAll(pool, { ...job, passes }))
    if (JSON.stringify(timed.result) !== JSON.stringify(loop.result)) {
      throw new Error('the pool counted something else than the loop')
    }
    return timed.seconds
  }
  const one = await onThreads(1)
  const all = threads > 1 ? await onThreads(threads) : one
  const line = (name: string, seconds: number) =>
    say(
      `${name.padEnd(30)}${passes} passes in ${seconds.toFixed(2)} s   ${(loop.seconds / seconds).toFixed(2)} x the loop`,
    )
  line('a plain loop, no actors', loop.seconds)
  line('actors on 1 thread', one)
  line(`the same actors on ${threads} threads`, all)
  const { occurrences, mostFrequent } = loop.result
  const frequent = mostFrequent.map(([term, count]) => `${term} ${(count / passes).toLocaleString('en-US')}`).join(', ')
  say(`speed-up from 1 to ${threads} threads: ${(one / all).toFixed(2)}; all three counted the same`)
  say(`${(occurrences / passes).toLocaleString('en-US')} words in each pass; most frequent: ${frequent}`)
}

/** Passes that take about {@link secondsEach}, once warm. */
async function passesNeeded(pass: () => unknown): Promise<number> {
  pass()
  const { seconds } = await secondsOf(pass)
  return Math.max(1, Math.ceil(secondsEach / seconds))
}

async function secondsOf<Result>(run: () => Result): Promise<{ result: Awaited<Result>; seconds: number }> {
  const started = performance.now()
  const result = await run()
  return { result, seconds: (performance.now() - started) / 1_000 }
}
