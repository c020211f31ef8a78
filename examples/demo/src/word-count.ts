/** Part one: the same work in a plain loop, by a pool on one thread, and by a pool on all cores. */
import { availableParallelism } from 'node:os'
import { isDeepStrictEqual } from 'node:util'
import type { ActorSystem } from '@troupe/core'
import {
  corpusModule,
  corpusServices,
  countAll,
  countTerms,
  startPool,
  type Totals,
  totalsOf,
} from '@troupe/example-workers'
import { createSystem } from '@troupe/threads'
import { say, sayHeading } from './say.ts'

/** How long each way works at least, after a warm-up, in rounds that take turns: the machine's speed changes by the second. */
const secondsEach = 2
const rounds = 4
const limit = 5
const textsPerTask = 100

/** One way to count the texts `passes` times over. */
interface Way {
  readonly name: string
  run(passes: number): Promise<Totals> | Totals
}

/** Runs the comparison and prints it. */
export async function countWords(): Promise<void> {
  const texts = corpusServices.corpus.texts()
  const threads = availableParallelism()
  sayHeading(`1. All cores: count the terms of ${texts.length.toLocaleString('en-US')} scientific abstracts`)
  await using one = await createSystem({ threads: 1, servicesModule: corpusModule, development: false })
  await using all = await createSystem({ threads, servicesModule: corpusModule, development: false })
  const byPool = async (system: ActorSystem, workers: number): Promise<Way['run']> => {
    const pool = await startPool(system, workers)
    return (passes) => countAll(pool, { texts: texts.length, textsPerTask, limit, passes })
  }
  const loop: Way = { name: 'a plain loop, no actors', run: (passes) => totalsOf(countTimes(texts, passes), limit) }
  const onOne: Way = { name: 'actors on 1 thread', run: await byPool(one, 1) }
  const onAll: Way = { name: `the same actors on ${threads} threads`, run: await byPool(all, threads) }
  const ways = [loop, onOne, onAll]
  for (const way of ways) await way.run(threads)
  const passes = await passesPerRound(loop)
  const seconds = new Map<Way, number>(ways.map((way) => [way, 0]))
  let totals: Totals | undefined
  for (let round = 0; round < rounds; round++) {
    for (const way of ways) {
      const timed = await timedRun(way, passes)
      totals ??= timed.totals
      if (!isDeepStrictEqual(timed.totals, totals)) throw new Error(`${way.name} counted something else than the loop`)
      seconds.set(way, (seconds.get(way) ?? 0) + timed.seconds)
    }
  }
  const secondsOf = (way: Way) => seconds.get(way) ?? Number.NaN
  for (const way of ways) {
    const ratio = (secondsOf(loop) / secondsOf(way)).toFixed(2)
    say(`${way.name.padEnd(30)}${rounds * passes} passes in ${secondsOf(way).toFixed(2)} s   ${ratio} x the loop`)
  }
  const frequent = totals?.mostFrequent.map(([term, count]) => `${term} ${(count / passes).toLocaleString('en-US')}`)
  say(
    `speed-up from 1 to ${threads} threads: ${(secondsOf(onOne) / secondsOf(onAll)).toFixed(2)}; all counted the same`,
  )
  say(`most frequent of ${totals?.terms.toLocaleString('en-US')} terms: ${frequent?.join(', ')}`)
}

function countTimes(texts: readonly string[], passes: number): Map<string, number> {
  const counts = new Map<string, number>()
  for (let pass = 0; pass < passes; pass++) countTerms(texts, counts)
  return counts
}

async function passesPerRound(way: Way): Promise<number> {
  const { seconds } = await timedRun(way, 1)
  return Math.max(1, Math.ceil(secondsEach / rounds / seconds))
}

async function timedRun(way: Way, passes: number): Promise<{ totals: Totals; seconds: number }> {
  const started = performance.now()
  const totals = await way.run(passes)
  return { totals, seconds: (performance.now() - started) / 1_000 }
}
