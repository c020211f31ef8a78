/** What was acknowledged survives the process, and one sync covers many commits. The commands do the same at length. */
import { expect, test } from 'vitest'
import { runCrashes } from './crash-campaign.ts'
import { countSyncs } from './group-commit.ts'

test('every acknowledged event is there after each kill -9, none twice', { timeout: 120_000 }, async () => {
  const { acknowledged, wrong } = await runCrashes({ kills: 6, disk: 'files' })
  expect(wrong).toEqual([])
  expect(acknowledged).toBeGreaterThan(6)
})

test('also when the kill takes every byte that was not synced', { timeout: 120_000 }, async () => {
  const { acknowledged, wrong } = await runCrashes({ kills: 6, disk: 'unsynced-loss' })
  expect(wrong).toEqual([])
  expect(acknowledged).toBeGreaterThan(6)
})

test('a disk that says it has synced and has not is found', { timeout: 120_000 }, async () => {
  const { wrong } = await runCrashes({ kills: 3, disk: 'lying' })
  expect(wrong).toContainEqual(expect.stringMatching(/ledger [a-d] lost \d+ acknowledged numbers/))
})

test('commits share syncs: far fewer than commits, never none', { timeout: 60_000 }, async () => {
  const { commits, fdatasyncs } = await countSyncs({ ledgers: 8, commitsEach: 200, pipelined: 25 })
  expect(commits).toBe(1_600)
  expect(fdatasyncs).toBeGreaterThan(0)
  expect(fdatasyncs).toBeLessThan(commits / 4)
})
