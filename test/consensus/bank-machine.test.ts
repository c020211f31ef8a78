/** A simulation test of one's own replicated machine, whole: docs/consensus.md quotes it. */
import { checkLinearizable, HistoryRecorder } from '@troupe/checker'
import { CommandError, LogMachineObserver, startReplicated } from '@troupe/consensus'
import { simulationTest } from '@troupe/simulation/vitest'
import { expect } from 'vitest'
import { Bank, bankMachine, opening } from './bank-machine.ts'
import { bankModel, type Operation } from './bank-model.ts'

const people = Object.keys(opening)
const total = 300

simulationTest(
  'transfers between accounts neither make nor lose money',
  // Crashes are among the faults; disks that lose what was synced are not.
  { seeds: 20, nodes: 3, faults: 'all', virtualMsMax: 120_000, parameters: { clients: 2, transfers: 10 } },
  async (world, { clients, transfers }) => {
    const bank = await startReplicated(world, Bank, {
      log: 'bank',
      members: world.nodes,
      options: { electionTimeoutMs: 200 },
    })

    // Each step: money is conserved on every replica, and replicas that have applied as much are the same.
    const replicas = new LogMachineObserver(bankMachine)
    world.always('money is conserved', ({ changed }) =>
      changed(Bank).every(({ state }) => {
        const balances = state.machine as Map<string, number>
        return [...balances.values()].reduce((sum, balance) => sum + balance, 0) === total
      }),
    )
    world.always('replicas agree', ({ changed }) => replicas.check(changed(Bank).map(({ state }) => state)))
    world.sometimes('a node was down', ({ down }) => down.length > 0)

    // What clients did and saw. A transfer that was not answered may have been carried out, or will be; a `CommandError` is an answer.
    const history = new HistoryRecorder<Operation, unknown>()
    const work = async (process: number) => {
      const client = await bank.client()
      for (let done = 0; done < transfers; done++) {
        const [from, to] = [world.random.pick(people), world.random.pick(people)]
        const transfer = { from, to, amount: 1 + world.random.int(80) }
        const id = history.invoke(process, transfer)
        try {
          history.return(id, await client.execute(transfer, { timeoutMs: 2_000 }))
        } catch (error) {
          // The machine threw, which the bank never does. For one that may it is a result that the model gives too: return it.
          if (error instanceof CommandError) throw error
          history.abandon(id)
        }
        await world.sleep(world.random.int(100))
      }
    }
    await Promise.all(Array.from({ length: clients }, (_, index) => work(index)))

    // Once the faults are over it answers again, and with what the transfers came to.
    await world.heal()
    const client = await bank.client()
    const id = history.invoke('last', 'balances')
    const balances = await client.read(null, { timeoutMs: 10_000 })
    history.return(id, balances)
    const { verdict, counterexample } = checkLinearizable(bankModel, history.operations(), { stepsMax: 500_000 })
    world.check(verdict !== false, `not linearizable: ${JSON.stringify(counterexample)}`)
    expect(Object.values(balances).reduce((sum, balance) => sum + balance, 0)).toBe(total)
  },
)
