/**
 * A scenario: a program with what it is run with, exported by a module so that a saved run finds it again. Its parameters
 * are what the shrinker may make less of: whole numbers (clients, operations) and lists (a script of operations).
 */

import { ConfigurationError } from '@troupe/core'
import { type KnownOptions, refuseUnknownOptions, shownValue } from '@troupe/core/host'
import { knownOfScenarioOptions } from './known-simulation-options.ts'
import type { SimulateOptions, SimulationProgram } from './simulate.ts'
import type { SimulatedWorld } from './simulated-world.ts'

/** By name; plain data, as JSON has it. */
export type ScenarioParameters = Readonly<Record<string, unknown>>

/** How a scenario is run: what a single run decides by itself is not among it. */
export type SimulationScenarioOptions = Omit<
  SimulateOptions,
  'seed' | 'trace' | 'plan' | 'record' | 'branches' | 'atStep'
>

/** A program, its parameters and its options. */
export interface SimulationScenario<Parameters extends ScenarioParameters = any> {
  /** What `run` is given, unless a run is made with others. */
  readonly parameters: Parameters
  /** Below which a number, or a list's length, is not shrunk; whole numbers. Default: 1 for a number, 0 for a list. */
  readonly least?: { readonly [Name in keyof Parameters]?: number }
  /** Fewer nodes than this the run is not shrunk to; a whole number. Default 1. */
  readonly nodesMin?: number
  /** Options of every run: services, placement and latency belong here, so that a replay has them too. */
  readonly options?: SimulationScenarioOptions
  run(world: SimulatedWorld, parameters: Parameters): Promise<unknown>
}

const known: KnownOptions<SimulationScenario> = {
  parameters: true,
  least: true,
  nodesMin: true,
  options: true,
  run: true,
}

/**
 * Declares a scenario; throws a `ConfigurationError` when its parameters are no plain data.
 *
 *     export const transfers = defineScenario({
 *       parameters: { clients: 3, amounts: [5, 10, 20] },
 *       options: { nodes: 3, faults: { crash: 0.5 } },
 *       async run(world, { clients, amounts }) { ... },
 *     })
 */
export function defineScenario<Parameters extends ScenarioParameters>(
  scenario: SimulationScenario<Parameters>,
): SimulationScenario<Parameters> {
  refuseUnknownOptions('defineScenario', scenario, known)
  refuseUnknownOptions('defineScenario: options', scenario.options ?? {}, knownOfScenarioOptions)
  const { parameters, least = {} } = scenario
  checkParameters('a scenario', parameters)
  for (const [name, value] of Object.entries(least)) {
    if (!(name in parameters) || !Number.isInteger(value)) {
      throw new ConfigurationError(`least.${name} must be a whole number for one of the scenario's parameters`)
    }
  }
  const { nodesMin } = scenario
  if (nodesMin !== undefined && !(Number.isInteger(nodesMin) && nodesMin >= 1)) {
    throw new ConfigurationError(`nodesMin of a scenario must be a whole number from 1, got ${shownValue(nodesMin)}`)
  }
  return scenario
}

/** Throws a `ConfigurationError` that names the parameter which is no plain data. `of`: what has the parameters. */
export function checkParameters(of: string, parameters: ScenarioParameters): void {
  for (const [name, value] of Object.entries(parameters)) {
    if (isPlain(value)) continue
    throw new ConfigurationError(
      `parameter ${name} of ${of} must be plain data, as JSON has it, got ${shownValue(value)}`,
      { parameter: name },
    )
  }
}

/** Whether a run can be given a copy, and a file can have it. */
function isPlain(value: unknown): boolean {
  try {
    structuredClone(value)
    return JSON.stringify(value) !== undefined
  } catch {
    return false
  }
}

/** The scenario that was given; throws a `ConfigurationError` when it is none. */
export function givenScenario(program: SimulationScenario | SimulationProgram): SimulationScenario {
  const scenario = asScenario(program)
  if (scenario === undefined) throw new ConfigurationError('a scenario has parameters and a function run')
  return scenario
}

/** What a module exported, as a scenario: it may also be a program without parameters. `undefined`: it is neither. */
export function asScenario(exported: unknown): SimulationScenario | undefined {
  if (typeof exported === 'function') return { parameters: {}, run: exported as SimulationProgram }
  const scenario = exported as SimulationScenario
  if (typeof exported !== 'object' || exported === null || typeof scenario.run !== 'function') return undefined
  return typeof scenario.parameters === 'object' && scenario.parameters !== null ? scenario : undefined
}
