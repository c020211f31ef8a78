/** The scenarios by name, and options of one checked. */
import { ConfigurationError } from '@troupe/core'
import { defineScenario } from '@troupe/simulation'
import { multiPaxosOptions, multiPaxosProgram, runMultiPaxos } from './consensus/multi-paxos-scenario.ts'
import { paxosOptions, paxosProgram, runPaxos } from './consensus/paxos-scenario.ts'
import { type RoundAlgorithm, roundsOptions, roundsProgram, runRounds } from './consensus/rounds-scenario.ts'
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

const multiPaxos: Scenario = {
  name: 'multi-paxos',
  what: 'a replicated key-value store: linearizable under every kind of fault, while leaders and members change',
  nodes: { default: 6, min: 2, max: 12 },
  bugs: new Map(),
  simulation: defineScenario({
    parameters: { bug: null as string | null, clients: 3, faultsMs: 6_000 },
    options: multiPaxosOptions,
    run: (world, { clients, faultsMs }) => multiPaxosProgram(world, { clients, faultsMs }),
  }),
  run(seed, options = {}) {
    verifyScenarioOptions(multiPaxos, options)
    return runMultiPaxos(seed, options)
  },
}

function roundsScenario(name: RoundAlgorithm, what: string): Scenario {
  const scenario: Scenario = {
    name,
    what,
    nodes: { default: 5, min: 1, max: 15 },
    bugs: new Map(),
    simulation: defineScenario({
      parameters: { bug: null as string | null, faultsMs: 3_000 },
      options: roundsOptions,
      run: (world, parameters) => roundsProgram(name, world, parameters),
    }),
    run(seed, options = {}) {
      verifyScenarioOptions(scenario, options)
      return runRounds(name, seed, options)
    },
  }
  return scenario
}

const all: readonly Scenario[] = [
  paxos,
  multiPaxos,
  roundsScenario(
    'ben-or',
    "Ben-Or's algorithm: every member proposes a bit under every kind of fault, and all decide alike",
  ),
  roundsScenario('chandra-toueg', "Chandra and Toueg's algorithm: every member proposes under every kind of fault"),
]

/** By name, in the order to list them in. */
export const scenarios: ReadonlyMap<string, Scenario> = new Map(all.map((scenario) => [scenario.name, scenario]))

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
