/** The campaign of single-decree Paxos, short: the command runs the same with as many seeds as one likes. */
import { figuresOf, type PaxosRun, runPaxos, seedsOf, shortcomings } from '@troupe/scenarios'
import { expect, test } from 'vitest'

test('a hundred seeds break no invariant, and are wild enough to mean something', async () => {
  const runs: PaxosRun[] = []
  for (const seed of seedsOf('100')) runs.push(await runPaxos(seed))
  const figures = figuresOf(runs)
  expect(shortcomings(figures)).toEqual([])
  expect(figures.checks).toBeGreaterThan(10_000)
})

test('three nodes and one', async () => {
  for (const nodes of [1, 3]) {
    for (const seed of seedsOf('20')) expect(await runPaxos(seed, { nodes })).toMatchObject({ failure: undefined })
  }
})

test('a seed replays to the same run', async () => {
  expect(await runPaxos(11)).toEqual(await runPaxos(11))
})
