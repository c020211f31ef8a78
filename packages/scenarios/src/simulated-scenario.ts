/** A scenario made of a program and its simulation's options. */
import { type ActorDefinition, ConfigurationError } from '@troupe/core'
import { SimulationFailure, type SimulationProgram, simulate } from '@troupe/simulation'
import { type SimulatedSubjectOptions, simulatedSubject } from '@troupe/simulation/mutation'
import type { Scenario, ScenarioFailure, ScenarioOptions, ScenarioRun } from './scenario.ts'

/** What a scenario is made of. */
export interface ScenarioSpec extends Pick<Scenario, 'name' | 'what' | 'nodes' | 'bugs'> {
  /** How it is simulated; `nodes`, `faults` and `schedule` of the run's options stand before these. */
  readonly simulation?: Omit<SimulatedSubjectOptions, 'nodes'>
  /** The program, with that mistake or without one. Its checks are all that fails it. */
  program(bug: string | undefined): SimulationProgram
  /** What a mutation run of it needs beside the program. Default: it is no subject of one. */
  readonly mutation?: {
    readonly definitions: readonly ActorDefinition<any, any>[]
    readonly survivors: Readonly<Record<string, string>>
  }
}

/** The scenario of that program. */
export function simulatedScenario({ simulation = {}, program, mutation, ...about }: ScenarioSpec): Scenario {
  const scenario: Scenario = {
    ...about,
    isObserved: false,
    async run(seed, options = {}): Promise<ScenarioRun> {
      verifyScenarioOptions(scenario, options)
      try {
        const { events, virtualMs } = await simulate({ ...simulationOf(options), seed }, program(options.bug))
        return { seed, events, virtualMs, failure: undefined }
      } catch (error) {
        if (!(error instanceof SimulationFailure)) throw error
        const { step, virtualMs } = error.facts
        return { seed, events: step, virtualMs, failure: failureOf(error) }
      }
    },
    ...(mutation === undefined
      ? {}
      : {
          mutation: (options = {}) => {
            verifyScenarioOptions(scenario, options)
            return { ...mutation, subject: simulatedSubject(simulationOf(options), program(undefined)) }
          },
        }),
  }
  const simulationOf = ({ nodes = about.nodes.default, faults, schedule }: ScenarioOptions) => ({
    ...simulation,
    nodes,
    ...(faults === undefined ? {} : { faults }),
    ...(schedule === undefined ? {} : { schedule }),
  })
  return scenario
}

/** Why a simulation failed. */
function failureOf(error: SimulationFailure): ScenarioFailure {
  const { property, reason, step, hash } = error.facts
  return { what: property ?? reason, message: error.message, step, hash }
}

/** Throws a `ConfigurationError` for a number of nodes or a bug that `scenario` does not have. */
export function verifyScenarioOptions(scenario: Scenario, { nodes, bug }: ScenarioOptions): void {
  const { name, bugs } = scenario
  const { min, max } = scenario.nodes
  if (nodes !== undefined && !(Number.isInteger(nodes) && nodes >= min && nodes <= max)) {
    const range = min === max ? `${min}` : `${min} to ${max}`
    throw new ConfigurationError(`scenario ${name} runs on ${range} nodes, got ${nodes}`, { name, nodes })
  }
  if (bug !== undefined && !bugs.has(bug)) {
    const known = bugs.size === 0 ? 'none' : [...bugs.keys()].join(', ')
    throw new ConfigurationError(`scenario ${name} has no planted bug '${bug}'; it has ${known}`, { name, bug })
  }
}
