/** Every planted bug is found within 200 seeds, by a run that replays; the clean twin passes the seed that finds it. */
import { findBug, type PaxosBugName, paxosBugs, runPaxos, seedsOf } from '@troupe/scenarios'
import { expect, test } from 'vitest'

test.each(Object.keys(paxosBugs) as PaxosBugName[])('%s', async (bug) => {
  const { first, replayed } = await findBug(bug, { seeds: seedsOf('200') })
  expect(first).toBeDefined()
  expect(replayed).toBe(true)
  expect((await runPaxos(first?.seed as number)).failure).toBeUndefined()
})
