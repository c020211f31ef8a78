/** The run that finds a planted bug is saved, shrinks to a run with fewer faults that breaks the same invariant, and replays. */
import { findBug, type PaxosBugName, paxosBugs, paxosToSave, seedsOf } from '@troupe/scenarios'
import { failureKind, formatShrinking, loadRun, replay, saveFailure, saveRun, shrink } from '@troupe/simulation'
import { expect, test } from 'vitest'

/** Enough for most of the way; what is left is said by the result. */
const runsMax = 300

test.each(Object.keys(paxosBugs) as PaxosBugName[])('%s', async (bug) => {
  const { first } = await findBug(bug, { seeds: seedsOf('200') })
  const scenario = paxosToSave({ definitions: paxosBugs[bug].definitions })
  const { saved } = (await saveFailure(scenario, { seed: first?.seed as number }))!
  expect(saved).toMatchObject({ hash: first?.hash, failure: { step: first?.step } })
  const smaller = await shrink(loadRun(saveRun(saved)), scenario, { runsMax })
  const { before, after, failure } = smaller
  const size = formatShrinking(smaller)
  expect(failureKind(failure), size).toBe(saved.failure.kind)
  expect(after.faults, size).toBeLessThan(before.faults)
  expect(after.events, size).toBeLessThanOrEqual(before.events)
  expect(await replay(smaller.saved, scenario)).toMatchObject({ outcome: 'failed', hash: smaller.saved.hash })
})
