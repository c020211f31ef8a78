/** A scenario made of a program and its simulation's options. */
import { type ActorDefinition, TroupeError } from '@troupe/core'
import {
  defineScenario,
  SimulationFailure,
  type SimulationProgram,
  type SimulationScenarioOptions,
  simulate,
  simulateTwice,
} from '@troupe/simulation'
import { simulatedSubject } from '@troupe/simulation/mutation'
import {
  leastOf,
  parametersOf,
  type Scenario,
  type ScenarioFailure,
  type ScenarioOptions,
  type ScenarioParameter,
  verifyScenarioOptions,
  withCommonParameters,
} from './scenario.ts'

/** What a scenario is made of; `Parameter` are the names of its parameters. */
export interface ScenarioSpec<Parameter extends string = never>
  extends Pick<Scenario, 'name' | 'what' | 'nodes' | 'bugs'> {
  /** How it is simulated; `nodes`, `faults` and `schedule` of the run's options stand before these. */
  readonly options?: Omit<SimulationScenarioOptions, 'nodes'>
  /** The numbers that the program takes; they are flags of `troupe simulate`, and shrunk. Default: none. */
  readonly parameters?: Readonly<Record<Parameter, ScenarioParameter>>
  /** Default `false`: its clients' checks are all that fails it. */
  readonly isObserved?: boolean
  /** The program, with that mistake or without one; `harmOnly` as in {@link ScenarioOptions}. */
  program(
    bug: string | undefined,
    parameters: Readonly<Record<Parameter, number>>,
    harmOnly: boolean,
  ): SimulationProgram
  /** What a mutation run of it needs beside the program. Default: it is no subject of one. */
  readonly mutation?: {
    readonly definitions: readonly ActorDefinition<any, any>[]
    readonly survivors: Readonly<Record<string, string>>
  }
}

/** The scenario of that program. */
export function simulatedScenario<Parameter extends string = never>(spec: ScenarioSpec<Parameter>): Scenario {
  const { options: given = {}, program, mutation, isObserved = false, ...about } = spec
  const { parameters = {} as Record<Parameter, ScenarioParameter> } = spec
  const options = { ...given, nodes: about.nodes.default }
  const programOf = ({ bug, harmOnly = false, parameters: own }: ScenarioOptions) =>
    program(bug, parametersOf(parameters, own), harmOnly)
  const scenario: Scenario = {
    ...about,
    parameters,
    isObserved,
    simulation: defineScenario({
      parameters: withCommonParameters(parameters),
      least: leastOf(parameters),
      nodesMin: about.nodes.min,
      options,
      run: (world, { bug, harmOnly, ...own }) =>
        program(bug ?? undefined, own as Record<Parameter, number>, harmOnly)(world),
    }),
    async run(seed, own = {}) {
      verifyScenarioOptions(scenario, own)
      try {
        const run = own.twice ? simulateTwice : simulate
        const { events, virtualMs, claims } = await run({ ...options, ...simulationOf(own), seed }, programOf(own))
        return { seed, events, virtualMs, failure: undefined, claims }
      } catch (error) {
        if (!(error instanceof SimulationFailure)) throw error
        const { step, virtualMs, claims } = error.facts
        return { seed, events: step, virtualMs, failure: failureOf(error), claims }
      }
    },
    ...(mutation === undefined
      ? {}
      : {
          mutation: (own = {}) => {
            verifyScenarioOptions(scenario, own)
            return { ...mutation, subject: simulatedSubject({ ...options, ...simulationOf(own) }, programOf(own)) }
          },
        }),
  }
  return scenario
}

/** Those of the options that the simulation takes. */
export function simulationOf(options: ScenarioOptions) {
  const { bug: _bug, harmOnly: _harmOnly, twice: _twice, parameters: _parameters, ...simulated } = options
  return simulated
}

/** Why a simulation failed. */
function failureOf(error: SimulationFailure): ScenarioFailure {
  const { property, reason, step, hash } = error.facts
  // What broke it in the words of who noticed, where that is an observer of a protocol.
  const invariant = error.cause instanceof TroupeError ? error.cause.facts.invariant : undefined
  return { what: typeof invariant === 'string' ? invariant : (property ?? reason), message: error.message, step, hash }
}
