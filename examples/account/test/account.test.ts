/** The README's screen of code does what the README says. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { accountCampaign, accountMutants } from '../src/campaign.ts'

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

test('the campaign notices every mistake that a mutation run makes in the account', async () => {
  const { results, rate } = await accountMutants('1..25')
  const killed = results.flatMap((result) => (result.verdict === 'killed' ? [`${result.name} (${result.by})`] : []))
  expect(killed).toEqual([
    'Account.balance: ignore (simulation)',
    'Account.deposit: drop persist deposited (simulation)',
    'Account.deposit: handle twice (simulation)',
    'Account.deposit: ignore (claim)',
    'Account.deposit: send before deposited is synced (simulation)',
    'Account: forget balance at recovery (simulation)',
  ])
  expect(rate).toBe(1)
})
