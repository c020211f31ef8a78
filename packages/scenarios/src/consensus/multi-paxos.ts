/** A replicated log as a scenario. */
import { LogClient } from '@troupe/consensus'
import { logBugs } from '../planted-bugs/log-bugs.ts'
import type { Scenario } from '../scenario.ts'
import { simulatedScenario } from '../simulated-scenario.ts'
import { CampaignStore, multiPaxosOptions, multiPaxosProgram } from './multi-paxos-scenario.ts'

export const multiPaxos: Scenario = simulatedScenario({
  name: 'multi-paxos',
  what: 'a replicated key-value store: linearizable under every kind of fault, while leaders and members change',
  nodes: { default: multiPaxosOptions.nodes, min: 2, max: 12 },
  bugs: new Map([...logBugs].map(([name, { what }]) => [name, what])),
  isObserved: true,
  options: multiPaxosOptions,
  parameters: {
    clients: { what: 'clients', default: 3, min: 1, max: 16 },
    operations: {
      what: 'operations of each client at most, until the faults end',
      default: 1_000,
      min: 1,
      max: 10_000,
    },
  },
  program: (bug, parameters, harmOnly) => (world) => {
    const replica = bug === undefined ? undefined : logBugs.get(bug)?.replica
    return multiPaxosProgram(world, { ...parameters, harmOnly, ...(replica === undefined ? {} : { replica }) })
  },
  mutation: {
    definitions: [CampaignStore, LogClient],
    survivors: {
      'CampaignStore.tick: handle twice': 'two rounds in one: a replica that is sooner impatient',
      'CampaignStore.reconfigure: handle twice': 'a change that waits already, or is in the log, is not taken again',
      'CampaignStore.learned: send before voided is synced':
        'what is told then sends clients elsewhere and says who this replica is, which was stored before it accepted anything',
      'LogClient.changeMembers: handle twice': 'who asked is answered twice, and the second answer finds nobody',
      'LogClient.flush: handle twice': 'what was sent is not sent again by a flush',
      'LogClient.read: handle twice': 'it is read twice, and the second answer finds nobody',
      'LogClient.retry: handle twice': 'the next member but one is asked, and what is asked is applied once',
      'LogClient.transferLeadership: handle twice': 'a leader that hands over to that member already goes on with it',
    },
  },
})
