/** The scenarios by name, and options of one checked. */
import { ConfigurationError } from '@troupe/core'
import { defineScenario } from '@troupe/simulation'
import { paxosOptions, paxosProgram, runPaxos } from './consensus/paxos-scenario.ts'
import { type PaxosBugName, paxosBugs } from './planted-bugs/paxos-bugs.ts'
import type { Scenario, ScenarioOptions } from './scenario.ts'

const paxos: Scenario = {
  name: 'paxos',
  what: 'single-decree Paxos: competing clients under every kind of fault, and one decision heard by all afterwards',
  nodes: { default: 5, min: 1, max: 31 },
  bugs: new Map(Object.entries(paxosBugs).map(([name, { what }]) => [name, what])),
  simulation: defineScenario({
    parameters: { bug: null as string | null, clientsMax: 31 },
    options: paxosOptions,
    run: (world, { bug, clientsMax }) =>
      paxosProgram(world, { clientsMax, ...(bug === null ? {} : definitionsOf(bug as PaxosBugName)) }),
  }),
  run(seed, options = {}) {
    verifyScenarioOptions(paxos, options)
    const { bug, ...others } = options
    return runPaxos(seed, bug === undefined ? others : { ...others, ...definitionsOf(bug as PaxosBugName) })
  },
}

function definitionsOf(bug: PaxosBugName) {
  return { definitions: paxosBugs[bug].definitions }
}

/** By name, in the order to list them in. */
export const scenarios: ReadonlyMap<string, Scenario> = new Map([paxos].map((scenario) => [scenario.name, scenario]))

/** The scenario of that name. Throws a `ConfigurationError` that lists the names. */
export function scenarioNamed(name: string): Scenario {
  const scenario = scenarios.get(name)
  if (scenario !== undefined) return scenario
  throw new ConfigurationError(`there is no scenario '${name}'; there are ${[...scenarios.keys()].join(', ')}`, {
    name,
  })
}

/** Throws a `ConfigurationError` for a number of nodes or a bug that `scenario` does not have. */
export function verifyScenarioOptions(scenario: Scenario, { nodes, bug }: ScenarioOptions): void {
  const { name, bugs } = scenario
  const { min, max } = scenario.nodes
  if (nodes !== undefined && !(Number.isInteger(nodes) && nodes >= min && nodes <= max)) {
    throw new ConfigurationError(`scenario ${name} runs on ${min} to ${max} nodes, got ${nodes}`, { name, nodes })
  }
  if (bug !== undefined && !bugs.has(bug)) {
    const known = [...bugs.keys()].join(', ')
    throw new ConfigurationError(`scenario ${name} has no planted bug '${bug}'; it has ${known}`, { name, bug })
  }
}
