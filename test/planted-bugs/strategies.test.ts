/** Every schedule finds every bug of order within 600 seeds, where the twin passes; those made for it need fewer. */
import { seedsOf } from '@troupe/scenarios'
import { expect, test } from 'vitest'
import { type OrderBugName, orderBugs } from './order-bugs.ts'
import { type BugName, figuresOf, run, strategies } from './strategy-comparison.ts'

const seeds = seedsOf('600')
const finds = async (...what: Parameters<typeof run>) => (await run(...what)).failure !== undefined
const searches = (Object.keys(orderBugs) as OrderBugName[]).flatMap((bug) =>
  strategies.map((strategy) => ({ bug, strategy })),
)

test.each(searches)('$bug is found by $strategy, and not in its twin', async ({ bug, strategy }) => {
  let first: number | undefined
  for (const seed of seeds) {
    if (await finds(bug, strategy, seed)) {
      first = seed
      break
    }
  }
  expect(first).toBeDefined()
  expect(await finds(bug, strategy, first as number)).toBe(true)
  for (const seed of [first as number, ...seeds.slice(0, 40)]) {
    expect(await finds(bug, strategy, seed, true), `the twin, seed ${seed}`).toBe(false)
  }
})

test('a message that overtakes is found more often by priorities than by chance', async () => {
  const found = async (strategy: (typeof strategies)[number]) =>
    (await figuresOf('overtaking', strategy, seeds.slice(0, 100))).found
  const byChance = await found('random')
  expect(await found('pct')).toBeGreaterThan(byChance)
  expect(await found('pos')).toBeGreaterThan(byChance)
})

test.each(['pct', 'pos', 'delay'] as const)('%s finds a bug of Paxos under the plan of its twin', async (strategy) => {
  const bug: BugName = 'forgotten-promise'
  const { found, seedsMedian, seedsP95 } = await figuresOf(bug, strategy, seeds.slice(0, 20))
  expect(found).toBeGreaterThan(0)
  expect(seedsMedian).toBeLessThanOrEqual(seedsP95 as number)
  for (const seed of seeds.slice(0, 10)) expect(await finds(bug, strategy, seed, true)).toBe(false)
})
