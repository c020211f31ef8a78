/** Single-decree Paxos as scenarios: by chance, and struck at the worst moment. */
import type { PaxosInvariant } from '@troupe/consensus'
import { type PaxosBugName, paxosBugs } from '../planted-bugs/paxos-bugs.ts'
import type { Scenario, ScenarioOptions } from '../scenario.ts'
import { verifyScenarioOptions } from '../simulated-scenario.ts'
import { paxosRoles, paxosSubject, paxosSurvivors } from './paxos-mutation.ts'
import type { PaxosPlanName } from './paxos-plans.ts'
import { type PaxosScenario, runPaxos } from './paxos-scenario.ts'

/** What clients could notice: two decisions. */
const harm: readonly PaxosInvariant[] = ['at most one value is chosen', 'learned implies chosen']

/** Every kind of fault by chance. */
export const paxos: Scenario = {
  ...paxosUnder('chance', {
    name: 'paxos',
    what: 'single-decree Paxos: competing clients under every kind of fault, and one decision heard by all afterwards',
    nodes: { default: 5, min: 1, max: 31 },
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
  nodes: { default: 3, min: 1, max: 31 },
  bugs: ['forgotten-promise', 'vote-without-promise', 'reused-ballot'],
})

function paxosUnder(
  plan: PaxosPlanName,
  { bugs, ...about }: Pick<Scenario, 'name' | 'what' | 'nodes'> & { readonly bugs: readonly PaxosBugName[] },
): Scenario {
  const setUp = (options: ScenarioOptions): PaxosScenario => {
    verifyScenarioOptions(scenario, options)
    const { nodes = about.nodes.default, faults, schedule } = options
    return { plan, nodes, ...(faults === undefined ? {} : { faults }), ...(schedule === undefined ? {} : { schedule }) }
  }
  const scenario: Scenario = {
    ...about,
    bugs: new Map(bugs.map((name) => [name, paxosBugs[name].what])),
    isObserved: true,
    run(seed, options = {}) {
      const { bug, harmOnly = false } = options
      return runPaxos(seed, {
        ...setUp(options),
        ...(bug === undefined ? {} : { definitions: paxosBugs[bug as PaxosBugName].definitions }),
        ...(harmOnly ? { invariants: harm } : {}),
      })
    },
  }
  return scenario
}
