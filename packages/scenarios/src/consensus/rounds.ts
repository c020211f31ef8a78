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
  program: () => (world) => roundsProgram('ben-or', world, { strikes: true }),
  mutation: {
    definitions: [BenOr],
    survivors: {
      'BenOr.propose: handle twice':
        'a client that is on the list twice is answered twice, and the second answer finds nobody',
      'BenOr.resend: handle twice':
        'what is said again is said twice; the network may double each word, and one counts',
    },
  },
})

export const chandraToueg: Scenario = simulatedScenario({
  ...common,
  name: 'chandra-toueg',
  what: "Chandra and Toueg's algorithm: every member proposes under every kind of fault, and all decide alike",
  program: () => (world) => roundsProgram('chandra-toueg', world, { strikes: true }),
  mutation: {
    definitions: [ChandraToueg, FailureDetector],
    survivors: {
      'ChandraToueg.propose: handle twice':
        'a client that is on the list twice is answered twice, and the second answer finds nobody',
      'ChandraToueg.resend: handle twice':
        'what is said again is said twice; the network may double each message, and the process bears it',
      'FailureDetector.beat: handle twice':
        'twice as many beats, and silence is counted twice as fast: a detector that is wrong more often, and learns',
      'FailureDetector.beat: send suspicion before suspicion':
        'two members that are suspected with one beat are told of in the other order, and nothing depends on it',
    },
  },
})
