/** Part one: the same work in a plain loop, by a pool on one thread, and by a pool on all cores. */
import { availableParallelism } from 'node:os'
import { corpusModule, corpusServices, countOnce, countTerms, startPool, totalsOf } from '@troupe/example-workers'
import { createSystem } from '@troupe/threads'
import { say, sayHeading } from './say.ts'

/** How long each way works at least, after a warm-up pass. */
const secondsEach = 2
const limit = 5

/** Passes over the texts a second. */
async function passesPerSecond(pass: () => Promise<unknown> | unknown): Promise<number> {
  await pass()
  const started = performance.now()
  let passes = 0
  let seconds = 0
  while (seconds < secondsEach) {
    await pass()
    passes++
    seconds = (performance.now() - started) / 1_000
  }
  return passes / seconds
}

/** The pool's passes a second on `threads` threads, a worker on each. */
async function poolPassesPerSecond(threads: number, expected: string): Promise<number> {
  await using system = await createSystem({ threads, servicesModule: corpusModule, development: false })
  const pool = await startPool(system, threads)
  const texts = corpusServices.corpus.texts().length
  return await passesPerSecond(async () => {
    const totals = await countOnce(pool, { texts, textsPerTask: 200, limit })
    if (JSON.stringify(totals) !== expected) throw new Error('the pool counted something else than the loop')
  })
}

/** Runs the comparison and prints it. */
export async function countWords(): Promise<void> {
  const texts = corpusServices.corpus.texts()
  const threads = availableParallelism()
  sayHeading(`1. All cores: count the terms of ${texts.length.toLocaleString('en-US')} scientific abstracts`)
  const totals = totalsOf(countTerms(texts), limit)
  const loop = await passesPerSecond(() => countTerms(texts))
  const one = await poolPassesPerSecond(1, JSON.stringify(totals))
  const all = threads > 1 ? await poolPassesPerSecond(threads, JSON.stringify(totals)) : one
  const line = (name: string, rate: number) =>
    say(`${name.padEnd(30)}${rate.toFixed(2).padStart(7)} passes/s   ${(rate / loop).toFixed(2)} x the loop`)
  line('a plain loop, no actors', loop)
  line('actors on 1 thread', one)
  line(`the same actors on ${threads} threads`, all)
  say(`speed-up from 1 to ${threads} threads: ${(all / one).toFixed(2)}; every pass gave the loop's counts, such as`)
  say(totals.mostFrequent.map(([term, count]) => `${term} ${count.toLocaleString('en-US')}`).join(', '))
}
