/** The README's screen of code does what the README says. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { accountCampaign } from '../src/campaign.ts'

test('the account keeps its balance when its thread is killed, and the process ends', async () => {
  const main = new URL('../src/main.ts', import.meta.url).pathname
  const { stdout } = await promisify(execFile)(process.execPath, [main])
  expect(stdout).toBe('deposited 100, balance 100\nafter its thread was killed, balance 100\n')
})

test('no acknowledged deposit is lost under simulated crashes, which really happen', async () => {
  const campaign = await accountCampaign('1..200')
  expect(campaign.failures).toEqual([])
  expect(campaign.runs).toBe(200)
  expect(campaign.seedsInjected.crash).toBeGreaterThan(50)
})
