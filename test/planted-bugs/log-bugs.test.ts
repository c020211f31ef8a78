/** Every mistake planted in the replicated log is found, by a run that replays; the clean twin passes the seed that finds it. */
import { findBug, logBugs, scenarioNamed, seedsOf } from '@troupe/scenarios'
import { expect, test } from 'vitest'

const twin = scenarioNamed('multi-paxos')

test.each([...logBugs.keys()])('%s', async (bug) => {
  const { first, replayed } = await findBug(bug, { seeds: seedsOf('100') })
  expect(first).toBeDefined()
  expect(replayed).toBe(true)
  expect((await twin.run(first?.seed as number)).failure).toBeUndefined()
})
