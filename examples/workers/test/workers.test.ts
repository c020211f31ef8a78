/** The worker pool on each host, and its command line as a user runs it. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { createLocalSystem } from '@troupe/core'
import { simulate } from '@troupe/simulation'
import { expect, test } from 'vitest'
import { corpusServices, countAll, countTerms, shareTasks, startPool, totalsOf } from '../src/index.ts'

const texts = ['One worker counts words', 'two workers count two words', 'The reducer merges the words of the workers']
const services = { corpus: { texts: () => texts } }
const job = { texts: texts.length, textsPerTask: 1, limit: 3 }

test('counts terms without stop words', () => {
  expect(Object.fromEntries(countTerms(['The cat and THE dog', 'a dog']))).toEqual({ cat: 1, dog: 2 })
})

test('deals the tasks out so that every text is counted once', () => {
  const lists = shareTasks({ texts: 10, textsPerTask: 3 }, 3)
  expect(lists.map((list) => list.length)).toEqual([2, 1, 1])
  expect(lists.flat().map(({ from, to }) => to - from)).toEqual([3, 1, 3, 3])
})

test('the pool counts what a loop counts, on the local host', async () => {
  await using system = createLocalSystem({ services })
  expect(await countAll(await startPool(system, 3), job)).toEqual(totalsOf(countTerms(texts), job.limit))
})

test('the pool counts what a loop counts, in a simulation of three machines', async () => {
  await simulate({ seed: 1, nodes: 3, services }, async (world) => {
    expect(await countAll(await startPool(world, 3), job)).toEqual(totalsOf(countTerms(texts), job.limit))
  })
})

test('several passes count every text as often', async () => {
  await using system = createLocalSystem({ services })
  const threeTimes = totalsOf(countTerms([...texts, ...texts, ...texts]), job.limit)
  expect(await countAll(await startPool(system, 2), { ...job, passes: 3 })).toEqual(threeTimes)
})

test('more workers than tasks: the idle ones are waited for too', async () => {
  await using system = createLocalSystem({ services })
  expect(await countAll(await startPool(system, 5), job)).toEqual(totalsOf(countTerms(texts), job.limit))
})

test('the command counts the abstracts on threads and says that the result is right', async () => {
  const main = new URL('../src/main.ts', import.meta.url).pathname
  const { stdout } = await promisify(execFile)(process.execPath, [main, '--workers', '3', '--threads', '2'])
  expect(corpusServices.corpus.texts()).toHaveLength(5183)
  expect(stdout).toContain('5183 abstracts, 3 workers')
  expect(stdout).toContain('equal to a count in one thread')
})

test('the command names a flag that makes no sense', async () => {
  const main = new URL('../src/main.ts', import.meta.url).pathname
  await expect(promisify(execFile)(process.execPath, [main, '--workers', '0'])).rejects.toMatchObject({
    stderr: '--workers needs a whole number from 1, got 0\n',
  })
})
