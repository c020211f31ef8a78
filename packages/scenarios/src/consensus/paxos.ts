/** Single-decree Paxos as scenarios: by chance, and struck at the worst moment. */
import type { PaxosInvariant } from '@troupe/consensus'
import { defineScenario } from '@troupe/simulation'
import { type PaxosBugName, paxosBugs } from '../planted-bugs/paxos-bugs.ts'
import {
  leastOf,
  parametersOf,
  type Scenario,
  type ScenarioOptions,
  type ScenarioParameter,
  verifyScenarioOptions,
  withCommonParameters,
} from '../scenario.ts'
import { simulationOf } from '../simulated-scenario.ts'
import { paxosRoles, paxosSubject, paxosSurvivors } from './paxos-mutation.ts'
import { type PaxosPlanName, paxosPlans } from './paxos-plans.ts'
import { type PaxosScenario, paxosOptions, paxosProgram, runPaxos } from './paxos-scenario.ts'

/** What clients could notice: two decisions. */
const harm: readonly PaxosInvariant[] = ['at most one value is chosen', 'learned implies chosen']

const nodesMin = 1
const nodesMax = 31
/** Every kind of fault by chance. */
export const paxos: Scenario = {
  ...paxosUnder('chance', {
    name: 'paxos',
    what: 'single-decree Paxos: competing clients under every kind of fault, and one decision heard by all afterwards',
    bugs: Object.keys(paxosBugs) as PaxosBugName[],
  }),
  mutation(options = {}) {
    verifyScenarioOptions(paxos, options)
    const subject = paxosSubject({ ...simulationOf(options), ...options.parameters })
    return { subject, definitions: paxosRoles, survivors: paxosSurvivors }
  },
}

/** Few kinds of fault between the phases of each ballot, with the mistakes that seldom do harm under the other plan. */
export const struckPaxos = paxosUnder('strikes', {
  name: 'struck-paxos',
  what: 'the same on three nodes, where links are held and a node restarts whenever a proposer has won its election',
  bugs: ['forgotten-promise', 'vote-without-promise', 'reused-ballot'],
})

function paxosUnder(
  plan: PaxosPlanName,
  { bugs, ...about }: Pick<Scenario, 'name' | 'what'> & { readonly bugs: readonly PaxosBugName[] },
): Scenario {
  const parameters = {
    clients: {
      what: 'clients at most; each seed draws 2 to as many as there are nodes',
      default: paxosPlans[plan].nodes,
      min: 1,
      max: nodesMax,
    },
  } as const satisfies Record<string, ScenarioParameter>
  const scenario: Scenario = {
    ...about,
    nodes: { default: paxosPlans[plan].nodes, min: nodesMin, max: nodesMax },
    parameters,
    bugs: new Map(bugs.map((name) => [name, paxosBugs[name].what])),
    isObserved: true,
    simulation: defineScenario({
      parameters: withCommonParameters(parameters),
      least: leastOf(parameters),
      nodesMin,
      options: paxosOptions(plan),
      run: (world, { bug, harmOnly, ...own }) => {
        const variant = variantOf({ harmOnly, ...(bug === null ? {} : { bug }) })
        return paxosProgram(world, { ...variant, ...parametersOf(parameters, own as Record<string, number>), plan })
      },
    }),
    async run(seed, options = {}) {
      verifyScenarioOptions(scenario, options)
      const { twice = false } = options
      return runPaxos(seed, {
        ...simulationOf(options),
        ...variantOf(options),
        ...parametersOf(parameters, options.parameters),
        plan,
        twice,
      })
    },
  }
  return scenario
}

/** The roles with the planted mistake, and what is asserted. */
function variantOf({ bug, harmOnly = false }: ScenarioOptions): Pick<PaxosScenario, 'definitions' | 'invariants'> {
  return {
    ...(bug === undefined ? {} : { definitions: paxosBugs[bug as PaxosBugName].definitions }),
    ...(harmOnly ? { invariants: harm } : {}),
  }
}
