/** A replicated log as a scenario. */
import { LogClient } from '@troupe/consensus'
import type { Scenario } from '../scenario.ts'
import { simulatedScenario } from '../simulated-scenario.ts'
import { CampaignStore, multiPaxosOptions, multiPaxosProgram } from './multi-paxos-scenario.ts'

export const multiPaxos: Scenario = simulatedScenario({
  name: 'multi-paxos',
  what: 'a replicated key-value store: linearizable under every kind of fault, while leaders and members change',
  nodes: { default: multiPaxosOptions.nodes, min: 2, max: 12 },
  bugs: new Map(),
  options: multiPaxosOptions,
  program: () => (world) => multiPaxosProgram(world, {}),
  mutation: { definitions: [CampaignStore, LogClient], survivors: {} },
})
