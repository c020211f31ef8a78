/** The run that finds a planted bug is saved, replays, shrinks to a shorter one that breaks the same invariant, and that replays too. */
import { findBug, type PaxosBugName, paxosBugs, scenarioNamed, scenarioRunOf, seedsOf } from '@troupe/scenarios'
import {
  describePlan,
  failureKind,
  formatShrinking,
  loadRun,
  replay,
  saveFailure,
  saveRun,
  shrink,
} from '@troupe/simulation'
import { expect, test } from 'vitest'
import { orderBugs } from './order-bugs.ts'

/** Enough for most of the way; what is left is said by the result. */
const runsMax = 150

test('a bug of order under a schedule shrinks to fewer choices out of the plain order', async () => {
  const { nodes, program } = orderBugs['double-release']
  const options = { nodes, schedule: 'pct' } as const
  let found: Awaited<ReturnType<typeof saveFailure>>
  for (let seed = 1; seed <= 50 && (found?.record.deviations.length ?? 0) < 2; seed++) {
    found = await saveFailure(program(false), { seed, options })
  }
  const { saved } = found!
  const smaller = await shrink(loadRun(saveRun(saved)), program(false), { runsMax })
  const { before, after, failure } = smaller
  expect(failureKind(failure)).toBe(saved.failure.kind)
  expect(after.deviations, formatShrinking(smaller)).toBeLessThan(before.deviations)
  expect(smaller.saved.options.schedule).toBe('pct')
  expect(await replay(smaller.saved, program(false))).toMatchObject({ outcome: 'failed', hash: smaller.saved.hash })
})

test.each(Object.keys(paxosBugs) as PaxosBugName[])('%s', async (bug) => {
  const { first } = await findBug(bug, { seeds: seedsOf('200') })
  const scenario = scenarioNamed('paxos')
  const found = await saveFailure(scenario.simulation, scenarioRunOf(scenario, first?.seed as number, { bug }))
  const saved = loadRun(saveRun(found!.saved))
  expect(saved).toMatchObject({ hash: first?.hash, failure: { step: first?.step }, program: { scenario: 'paxos' } })
  expect(await replay(saved, scenario.simulation)).toMatchObject({ outcome: 'failed', hash: saved.hash })
  const smaller = await shrink(saved, scenario.simulation, { runsMax })
  const { before, after, failure } = smaller
  const size = [formatShrinking(smaller), ...describePlan(smaller.saved.plan)].join('\n')
  expect(failureKind(failure), size).toBe(saved.failure.kind)
  expect(after.faults, size).toBeLessThan(before.faults)
  expect(after.events, size).toBeLessThan(before.events)
  expect(after.late, size).toBeLessThan(before.late)
  const again = await replay(loadRun(saveRun(smaller.saved)), scenario.simulation)
  expect(again).toMatchObject({ outcome: 'failed', hash: smaller.saved.hash, step: after.events })
})
