/** The account in a simulation: its machine crashes while deposits are made, and no acknowledged one may be gone. */
import { namedRef } from '@troupe/core'
import { type Campaign, simulateMany } from '@troupe/simulation'
import { Account } from './account.ts'

/** Runs the seeds; the failures name those that lost a deposit. */
export function accountCampaign(seeds: string): Promise<Campaign> {
  return simulateMany({ seeds, nodes: 1, faults: { crash: 4, tornWrite: 1, diskLatencyMs: 20 } }, async (world) => {
    await world.spawn(Account, { owner: 'Ada' }, { node: 'node-1', name: 'ada', durableId: 'ada' })
    const account = namedRef(Account, { node: 'node-1', name: 'ada' })
    let acknowledged = 0
    for (let deposit = 1; deposit <= 20; deposit++) {
      try {
        acknowledged = await world.ask(account, 'deposit', 1)
      } catch {
        // Its machine crashed; this deposit was made or not.
      }
      await world.sleep(100)
    }
    await world.heal()
    const balance = await world.ask(account, 'balance')
    world.check(balance >= acknowledged, `balance ${balance} after ${acknowledged} was acknowledged`)
  })
}
