/** Every planted bug is found within 200 seeds, by a run that replays; the clean twin passes the seed that finds it. */
import { expect, test } from 'vitest'
import { runPaxos } from '../consensus/paxos-scenario.ts'
import { seedsOf } from '../consensus/seeds.ts'
import { findBug } from './bug-search.ts'
import { type PaxosBugName, paxosBugs } from './paxos-bugs.ts'

test.each(Object.keys(paxosBugs) as PaxosBugName[])('%s', async (bug) => {
  const { first, replayed } = await findBug(bug, { seeds: seedsOf('200') })
  expect(first).toBeDefined()
  expect(replayed).toBe(true)
  expect((await runPaxos(first?.seed as number)).failure).toBeUndefined()
})
