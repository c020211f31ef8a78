/** The round-based algorithms as scenarios. */
import { BenOr, ChandraToueg, FailureDetector } from '@troupe/consensus'
import type { Scenario } from '../scenario.ts'
import { simulatedScenario } from '../simulated-scenario.ts'
import { roundsOptions, roundsProgram } from './rounds-scenario.ts'

const common = { nodes: { default: roundsOptions.nodes, min: 1, max: 15 }, bugs: new Map(), options: roundsOptions }

export const benOr: Scenario = simulatedScenario({
  ...common,
  name: 'ben-or',
  what: "Ben-Or's algorithm: every member proposes a bit under every kind of fault, and all decide alike",
  program: () => (world) => roundsProgram('ben-or', world, {}),
  mutation: { definitions: [BenOr], survivors: {} },
})

export const chandraToueg: Scenario = simulatedScenario({
  ...common,
  name: 'chandra-toueg',
  what: "Chandra and Toueg's algorithm: every member proposes under every kind of fault, and all decide alike",
  program: () => (world) => roundsProgram('chandra-toueg', world, {}),
  mutation: { definitions: [ChandraToueg, FailureDetector], survivors: {} },
})
