/** Single-decree Paxos as scenarios: by chance, and struck at the worst moment. */
import type { PaxosInvariant } from '@troupe/consensus'
import { defineScenario } from '@troupe/simulation'
import { type PaxosBugName, paxosBugs } from '../planted-bugs/paxos-bugs.ts'
import { type Scenario, type ScenarioOptions, verifyScenarioOptions } from '../scenario.ts'
import { simulationOf } from '../simulated-scenario.ts'
import { paxosRoles, paxosSubject, paxosSurvivors } from './paxos-mutation.ts'
import { type PaxosPlanName, paxosPlans } from './paxos-plans.ts'
import { type PaxosScenario, paxosOptions, paxosProgram, runPaxos } from './paxos-scenario.ts'

/** What clients could notice: two decisions. */
const harm: readonly PaxosInvariant[] = ['at most one value is chosen', 'learned implies chosen']

/** Every kind of fault by chance. */
export const paxos: Scenario = {
  ...paxosUnder('chance', {
    name: 'paxos',
    what: 'single-decree Paxos: competing clients under every kind of fault, and one decision heard by all afterwards',
    bugs: Object.keys(paxosBugs) as PaxosBugName[],
  }),
  mutation(options = {}) {
    verifyScenarioOptions(paxos, options)
    return { subject: paxosSubject(options), definitions: paxosRoles, survivors: paxosSurvivors }
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
  const scenario: Scenario = {
    ...about,
    nodes: { default: paxosPlans[plan].nodes, min: 1, max: 31 },
    bugs: new Map(bugs.map((name) => [name, paxosBugs[name].what])),
    isObserved: true,
    simulation: defineScenario({
      parameters: { bug: null as string | null, harmOnly: false, clientsMax: 31 },
      options: paxosOptions(plan),
      run: (world, { bug, harmOnly, clientsMax }) =>
        paxosProgram(world, { ...variantOf({ harmOnly, ...(bug === null ? {} : { bug }) }), plan, clientsMax }),
    }),
    async run(seed, options = {}) {
      verifyScenarioOptions(scenario, options)
      const { twice = false } = options
      return runPaxos(seed, { ...simulationOf(options), ...variantOf(options), plan, twice })
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
