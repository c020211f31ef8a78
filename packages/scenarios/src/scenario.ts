/** What every simulated scenario is, whichever protocol it runs: a program under one seed, with faults and planted bugs. */
import { type ActorDefinition, ConfigurationError } from '@troupe/core'
import { shownValue } from '@troupe/core/host'
import type {
  Claims,
  FaultKnobs,
  RunToSave,
  ScheduleOptions,
  ScheduleStrategy,
  SimulationScenario,
} from '@troupe/simulation'
import type { MutationSubject } from '@troupe/simulation/mutation'

/** A whole number that a scenario's program takes: how many clients it has, how much each of them does. */
export interface ScenarioParameter {
  /** What there are so many of. */
  readonly what: string
  readonly default: number
  /** Shrinking does not go below it. */
  readonly min: number
  readonly max: number
}

/** One program in a simulated cluster, to be run under many seeds. */
export interface Scenario {
  readonly name: string
  /** What it runs, in one sentence. */
  readonly what: string
  /** How many nodes it takes. */
  readonly nodes: { readonly default: number; readonly min: number; readonly max: number }
  /** The numbers that its program takes, by name. */
  readonly parameters: Readonly<Record<string, ScenarioParameter>>
  /** The mistakes that can be planted, by name, with what is wrong. */
  readonly bugs: ReadonlyMap<string, string>
  /** True when an observer inside the run sees more than its clients could: `harmOnly` makes a difference. */
  readonly isObserved: boolean
  /**
   * The same as a program that is saved, replayed and shrunk; beside its own parameters `bug` is the planted mistake, or
   * null, and `harmOnly` as in {@link ScenarioOptions}.
   */
  readonly simulation: SimulationScenario<
    { readonly bug: string | null; readonly harmOnly: boolean } & { readonly [parameter: string]: unknown }
  >
  /**
   * One run; equal arguments give equal runs. A run that fails is a result. Throws a `ConfigurationError` for options
   * that it does not take.
   */
  run(seed: number, options?: ScenarioOptions): Promise<ScenarioRun>
  /** The scenario as the subject of a mutation run; `undefined`: it is none. Throws as `run` does. */
  mutation?(options?: Omit<ScenarioOptions, 'bug' | 'harmOnly'>): ScenarioMutation
}

/** How a scenario is run, beside its seed. */
export interface ScenarioOptions {
  /** Nodes. Default: the scenario's. */
  readonly nodes?: number
  /** Values of its parameters; those that are left out have their defaults. */
  readonly parameters?: Readonly<Record<string, number>>
  /** The largest strength of each fault. Default: the scenario's own plan. */
  readonly faults?: FaultKnobs
  /** The order in which deliveries and turns come. Default: the random one. */
  readonly schedule?: ScheduleStrategy | ScheduleOptions
  /** The planted mistake. Default: none. */
  readonly bug?: string
  /** Asserts only what clients would notice, and nothing that an observer sees inside. Default `false`. */
  readonly harmOnly?: boolean
  /** Runs each seed twice; one whose two runs differ fails, with the first event that does. Default `false`. */
  readonly twice?: boolean
}

/** What became of one run. */
export interface ScenarioRun {
  readonly seed: number
  /** Steps taken. */
  readonly events: number
  /** Virtual milliseconds that passed, until the failure if there was one. */
  readonly virtualMs: number
  readonly failure: ScenarioFailure | undefined
  /** What a campaign is to come to, and whether this run did. Default: nothing is claimed. */
  readonly claims?: Claims
}

/** Why a run failed. Two failures are the same when hash and step are. */
export interface ScenarioFailure {
  /** The invariant that was broken, or `progress` and the like. */
  readonly what: string
  /** Seed, time, step, reason and the last events. */
  readonly message: string
  readonly step: number
  readonly hash: string
}

/** What a mutation run of a scenario needs. */
export interface ScenarioMutation {
  readonly subject: MutationSubject
  /** The definitions that are mutated. */
  readonly definitions: readonly ActorDefinition<any, any>[]
  /** Why mutants survive, by name. */
  readonly survivors: Readonly<Record<string, string>>
}

/** What saves, or runs again, the scenario under this seed and these options. */
export function scenarioRunOf({ name }: Scenario, seed: number, options: ScenarioOptions = {}): RunToSave {
  const { bug, harmOnly, twice: _twice, parameters: own, ...others } = options
  const parameters = { ...own, ...(bug === undefined ? {} : { bug }), ...(harmOnly === undefined ? {} : { harmOnly }) }
  return { seed, options: others, parameters, program: { scenario: name } }
}

/** The value of each of its parameters under these options. */
export function parametersOf<Name extends string>(
  parameters: Readonly<Record<Name, ScenarioParameter>>,
  given: Readonly<Record<string, number>> = {},
): Record<Name, number> {
  const values = Object.entries<ScenarioParameter>(parameters).map(([name, { default: usual }]) => [name, usual])
  return { ...Object.fromEntries(values), ...given }
}

/** The defaults of these parameters, beside those that every scenario has: see {@link Scenario.simulation}. */
export function withCommonParameters(
  parameters: Readonly<Record<string, ScenarioParameter>>,
): Scenario['simulation']['parameters'] {
  return { ...parametersOf(parameters), bug: null, harmOnly: false }
}

/** The least value of each of its parameters. */
export function leastOf(parameters: Readonly<Record<string, ScenarioParameter>>): Record<string, number> {
  return Object.fromEntries(Object.entries(parameters).map(([name, { min }]) => [name, min]))
}

/** Throws a `ConfigurationError` for a number of nodes, a parameter or a bug that `scenario` does not have. */
export function verifyScenarioOptions(
  { name, bugs, parameters: known, nodes: { min, max } }: Scenario,
  { nodes, bug, parameters = {} }: Pick<ScenarioOptions, 'nodes' | 'bug' | 'parameters'>,
): void {
  for (const [parameter, value] of Object.entries(parameters)) {
    const about = Object.hasOwn(known, parameter) ? known[parameter] : undefined
    if (about === undefined) {
      const names = Object.keys(known).join(', ') || 'none'
      throw new ConfigurationError(`scenario ${name} has no parameter '${parameter}'; it has ${names}`, {
        name,
        parameter,
      })
    }
    if (Number.isInteger(value) && value >= about.min && value <= about.max) continue
    throw new ConfigurationError(
      `${parameter} of scenario ${name} (${about.what}) must be a whole number from ${about.min} to ${about.max}, got ${shownValue(value)}`,
      { name, parameter, value },
    )
  }
  if (nodes !== undefined && !(Number.isInteger(nodes) && nodes >= min && nodes <= max)) {
    const range = min === max ? `${min}` : `${min} to ${max}`
    throw new ConfigurationError(`scenario ${name} runs on ${range} nodes, got ${shownValue(nodes)}`, { name, nodes })
  }
  if (bug !== undefined && !bugs.has(bug)) {
    const known = bugs.size === 0 ? 'none' : [...bugs.keys()].join(', ')
    throw new ConfigurationError(`scenario ${name} has no planted bug '${bug}'; it has ${known}`, { name, bug })
  }
}
