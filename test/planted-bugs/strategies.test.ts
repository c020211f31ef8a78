/** Every schedule finds every bug of order and of delivery within 600 seeds, where the twin passes. */
import { type BugRow, bugRows, scenarioOfBug, scenarios, seedsOf, strategies } from '@troupe/scenarios'
import { expect, test } from 'vitest'

const seeds = seedsOf('600')
const searches = [...scenarios.values()]
  .filter(({ isObserved }) => !isObserved)
  .flatMap(({ bugs }) => [...bugs.keys()])
  .flatMap((bug) => strategies.map((strategy) => ({ bug, strategy })))

test.each(searches)('$bug is found by $strategy, and not in its twin', async ({ bug, strategy }) => {
  const scenario = scenarioOfBug(bug)
  const reasonOf = async (seed: number, planted?: string) => {
    const options = { schedule: strategy, ...(planted === undefined ? {} : { bug: planted }) }
    return (await scenario.run(seed, options)).failure?.what
  }
  let first: number | undefined
  for (const seed of seeds) {
    if ((await reasonOf(seed, bug)) !== undefined) {
      first = seed
      break
    }
  }
  expect(first).toBeDefined()
  // What is planted breaks a check or a property: a program that fails otherwise is a mistake of the scenario.
  expect(['check', 'posts are taken once and in order']).toContain(await reasonOf(first as number, bug))
  for (const seed of [first as number, ...seeds.slice(0, 40)]) {
    expect(await reasonOf(seed), `the twin, seed ${seed}`).toBeUndefined()
  }
})

test('a message that overtakes is found more often by priorities than by chance', async () => {
  const rows: BugRow[] = []
  for await (const row of bugRows({ seeds: seeds.slice(0, 100), bugs: ['overtaking'] })) rows.push(row)
  const [byChance, ...byOrder] = rows as [BugRow, BugRow, BugRow, BugRow]
  expect(byChance.strategy).toBe('random')
  for (const { strategy, found } of byOrder.filter(({ strategy }) => strategy !== 'delay')) {
    expect(found, strategy).toBeGreaterThan(byChance.found)
  }
})

test('schedules other than the random one find a bug of Paxos under the plan of its twin', async () => {
  const table = { seeds: seeds.slice(0, 20), bugs: ['forgotten-promise'], strategies: ['pct', 'pos', 'delay'] as const }
  for await (const { strategy, found, seedsMedian, seedsP95, cleanFound } of bugRows(table)) {
    expect(found, strategy).toBeGreaterThan(0)
    expect(seedsMedian).toBeLessThanOrEqual(seedsP95 as number)
    expect(cleanFound, strategy).toBe(0)
  }
})
