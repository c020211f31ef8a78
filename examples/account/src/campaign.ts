/** The account in a simulation: its machine crashes while deposits are made, and no acknowledged one may be gone. */
import { namedRef } from '@troupe/core'
import { type Campaign, type SimulatedWorld, simulateMany } from '@troupe/simulation'
import { type MutationReport, mutate, simulatedSubject } from '@troupe/simulation/mutation'
import { Account } from './account.ts'

const deposits = 20
const cluster = { nodes: 1, faults: { crash: 4, tornWrite: 1, diskLatencyMs: 20 } }

/** Runs the seeds; the failures name those that lost a deposit. */
export function accountCampaign(seeds: string): Promise<Campaign> {
  return simulateMany({ ...cluster, seeds }, makeDeposits)
}

/** Which mistakes in the account the campaign would notice. */
export function accountMutants(seeds: string): Promise<MutationReport> {
  return mutate(simulatedSubject(cluster, makeDeposits), { seeds, definitions: [Account] })
}

async function makeDeposits(world: SimulatedWorld): Promise<void> {
  await world.spawn(Account, { owner: 'Ada' }, { node: 'node-1', name: 'ada', durableId: 'ada' })
  const account = namedRef(Account, { node: 'node-1', name: 'ada' })
  let acknowledged = 0
  for (let deposit = 1; deposit <= deposits; deposit++) {
    // No reply: its machine crashed, and this deposit was made or not.
    const balance = await world.ask(account, 'deposit', 1).catch(() => undefined)
    if (balance !== undefined) {
      world.check(balance > acknowledged, `balance ${balance} after ${acknowledged} was acknowledged`)
      acknowledged = balance
    }
    await world.sleep(100)
  }
  world.sometimes('every deposit is acknowledged', acknowledged === deposits)
  await world.heal()
  const balance = await world.ask(account, 'balance')
  world.check(balance >= acknowledged, `balance ${balance} after ${acknowledged} was acknowledged`)
  world.check(balance <= deposits, `balance ${balance} after ${deposits} deposits`)
}
