/** A failing run as text: everything that is needed to have it again, and to notice when it is another one. */

import { createRequire } from 'node:module'
import { type KnownOptions, refuseUnknownOptions } from '@troupe/core/host'
import { checkPlan, type RunPlan } from './run-plan.ts'
import type { Checkpoints, RunRecord } from './run-record.ts'
import { SavedRunError } from './saved-run-errors.ts'
import { type SimulateOptions, type SimulationProgram, simulate } from './simulate.ts'
import { type FailureReason, SimulationFailure } from './simulation-errors.ts'
import {
  givenScenario,
  type ScenarioParameters,
  type SimulationScenario,
  type SimulationScenarioOptions,
} from './simulation-scenario.ts'
import { type Branch, checkBranches } from './simulation-settings.ts'

/** The format that this version writes; it reads this one and those before. */
const savedRunFormat = 4
/** The first format with hashes as they are made now. */
const hashesFormat = 4
const infinity = Number.POSITIVE_INFINITY

/** The options of a run that are plain data. Functions and services come from the scenario. */
export type SavedOptions = Omit<SimulationScenarioOptions, 'services' | 'placement'>

/** Where a program is found again. */
export interface SavedProgram {
  /** The name that it goes by where scenarios have names, such as the command line. */
  readonly scenario?: string
  /** The module's URL, or its path from the folder where `replay` is run; `undefined`: the program is inside a test. */
  readonly module?: string
  /** The name that the module exports it by. */
  readonly export?: string
  /** The test that has it: its file, from the folder where tests are run, and its full name. */
  readonly test?: { readonly file: string; readonly name: string }
  readonly parameters: ScenarioParameters
}

/** How the run failed. */
export interface SavedFailure {
  readonly reason: FailureReason
  /** Equal for two failures that count as the same: see `failureKind`. */
  readonly kind: string
  readonly what: string
  readonly step: number
  readonly virtualMs: number
}

/** After which step, and the seed of the choices from there on. */
export type SavedBranch = Pick<Branch, 'afterStep' | 'seed'>

/** One failing run. */
export interface SavedRun {
  readonly format: number
  readonly versions: { readonly troupe: string; readonly node: string }
  readonly seed: number
  readonly options: SavedOptions
  readonly program: SavedProgram
  readonly plan: RunPlan
  /** Where the choices become those of another seed, in order; the plan is that of the whole run. Default: nowhere. */
  readonly branches?: readonly SavedBranch[]
  readonly failure: SavedFailure
  readonly hash: string
  readonly checkpoints: Checkpoints
}

/** True when its hashes can be compared with those of a run now; those of earlier formats were made in another way. */
export function hasOwnHashes({ format }: SavedRun): boolean {
  return format >= hashesFormat
}

/** The versions that run now. */
export function currentVersions(): SavedRun['versions'] {
  const { version } = createRequire(import.meta.url)('../package.json') as { version: string }
  return { troupe: version, node: process.version }
}

/**
 * What kind of failure it is. A property's is its name, with `facts.invariant` of the error that it threw if there is one; a check's or a program's is the code of the error, or its name, or
 * for a plain `Error` its message without the digits. A run that hangs is of one kind whether it ended for lack of events or
 * at `virtualMsMax`, which is where faults to come would have kept it going.
 */
export function failureKind(failure: SimulationFailure): string {
  const { reason, property, what } = failure.facts
  if (reason === 'deadlock') return 'limit virtualMsMax'
  if (reason === 'limit') return `limit ${/\((\w+)\)$/.exec(what)?.[1] ?? what}`
  const cause = failure.cause as { code?: unknown; name?: unknown; message?: unknown; facts?: any } | undefined
  if (property !== undefined) {
    // One that checks several things says which by the facts of what it throws.
    const which = cause?.facts?.invariant
    return `${reason} ${property}${typeof which === 'string' ? `: ${which}` : ''}`
  }
  if (typeof cause?.code === 'string') return `${reason} ${cause.code}`
  if (typeof cause?.name === 'string' && cause.name !== 'Error') return `${reason} ${cause.name}`
  return `${reason} ${String(cause?.message ?? what).replaceAll(/\d+/g, '#')}`
}

/** How a run is made again. */
export interface RunToSave {
  readonly seed: number
  readonly options?: SimulationScenarioOptions
  readonly parameters?: ScenarioParameters
  readonly plan?: RunPlan
  /** Where its choices become those of another seed; with a plan only. */
  readonly branches?: readonly SavedBranch[]
  readonly program?: Omit<SavedProgram, 'parameters'>
}

const known: KnownOptions<RunToSave> = {
  seed: true,
  options: true,
  parameters: true,
  plan: true,
  branches: true,
  program: true,
}

/** A failing run, its failure and its record. */
export interface SavedAndFailed {
  readonly saved: SavedRun
  readonly failure: SimulationFailure
  readonly record: RunRecord
}

/** Runs the scenario once more, recorded; `undefined` when it does not fail. */
export async function saveFailure(
  program: SimulationScenario | SimulationProgram,
  run: RunToSave,
): Promise<SavedAndFailed | undefined> {
  const scenario = givenScenario(program)
  refuseUnknownOptions('saveFailure', run, known)
  const { seed, plan, branches = [] } = run
  const parameters = { ...scenario.parameters, ...run.parameters }
  const options = { ...scenario.options, ...run.options }
  try {
    const how = { ...(plan === undefined ? {} : { plan, branches: plannedBranches(branches) }), record: true }
    await runScenario(scenario, { ...options, seed, ...how }, parameters)
    return undefined
  } catch (failure) {
    if (!(failure instanceof SimulationFailure) || failure.record === undefined) throw failure
    const { record } = failure
    const { reason, what, step, virtualMs, hash } = failure.facts
    const { services: _services, placement: _placement, ...savedOptions } = options
    const saved: SavedRun = {
      format: savedRunFormat,
      versions: currentVersions(),
      seed,
      options: savedOptions,
      program: { ...run.program, parameters },
      plan: record.plan,
      ...(branches.length === 0 ? {} : { branches }),
      failure: { reason, kind: failureKind(failure), what, step, virtualMs },
      hash,
      checkpoints: record.checkpoints,
    }
    return { saved, failure, record }
  }
}

/** Saved branches as a run takes them: the plan says what goes wrong after them as well. */
export function plannedBranches(branches: readonly SavedBranch[]): readonly Branch[] {
  return branches.map((branch) => ({ ...branch, isPlanned: true }))
}

/** One run of a scenario with these parameters, which it gets a copy of; `run` may also be `simulateTwice`. */
export function runScenario(
  scenario: SimulationScenario,
  options: SimulateOptions,
  parameters: ScenarioParameters,
  run: typeof simulate = simulate,
) {
  return run({ ...scenario.options, ...options }, (world) => scenario.run(world, structuredClone(parameters)))
}

/** The run as text, for {@link loadRun}. */
export function saveRun(saved: SavedRun): string {
  const { checkpoints, options, ...rest } = saved
  // JSON has no infinity, which some limits may be.
  const finite = Object.entries(options).map(([name, value]) => [name, value === infinity ? 'Infinity' : value])
  // One line of hashes; all else is for people to read.
  const text = JSON.stringify(
    {
      ...rest,
      options: Object.fromEntries(finite),
      checkpoints: { ...checkpoints, hashes: checkpoints.hashes.join(' ') },
    },
    null,
    2,
  )
  return `${text}\n`
}

/** The run that {@link saveRun} wrote; throws a {@link SavedRunError} for a text that is none, or of a newer format. */
export function loadRun(text: string): SavedRun {
  let value: any
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new SavedRunError('this is no saved run: it is no JSON', {}, { cause })
  }
  const format = value?.format
  if (!Number.isInteger(format) || format < 1) throw new SavedRunError('this is no saved run: it has no format number')
  if (format > savedRunFormat) {
    const message = `the saved run is of format ${format}; this version reads up to ${savedRunFormat}: use a newer Troupe`
    throw new SavedRunError(message, { format })
  }
  const { seed, options, program, plan, branches, failure, hash, versions, checkpoints } = value
  const wrong = (what: string, options?: ErrorOptions) =>
    new SavedRunError(`the saved run is damaged: ${what}`, {}, options)
  if (!Number.isSafeInteger(seed)) throw wrong('its seed is no whole number')
  for (const [name, part] of Object.entries({ options, program, failure, versions, checkpoints })) {
    if (typeof part !== 'object' || part === null) throw wrong(`it has no ${name}`)
  }
  if (typeof program.parameters !== 'object' || program.parameters === null)
    throw wrong('its program has no parameters')
  for (const name of ['scenario', 'module', 'export']) {
    if (!['undefined', 'string'].includes(typeof program[name])) throw wrong(`the ${name} of its program is no name`)
  }
  const { test } = program
  if (test !== undefined && (typeof test?.file !== 'string' || typeof test.name !== 'string')) {
    throw wrong('the test of its program has no file or name')
  }
  const { nodes = 1 } = options
  const named = Array.isArray(nodes) && nodes.every((node) => typeof node === 'string')
  if (typeof nodes !== 'number' && !named) throw wrong('its nodes are neither a number nor names')
  if (typeof failure.kind !== 'string' || !Number.isInteger(failure.step))
    throw wrong('its failure has no kind or step')
  if (typeof hash !== 'string' || typeof checkpoints.hashes !== 'string') throw wrong('it has no hashes')
  if (!Number.isInteger(checkpoints.everySteps) || checkpoints.everySteps < 1)
    throw wrong('its hashes have no interval')
  try {
    checkPlan(plan)
    if (branches !== undefined) checkBranches(branches)
  } catch (cause) {
    throw wrong((cause as Error).message, { cause })
  }
  const limits = Object.entries(options).map(([name, limit]) => [name, limit === 'Infinity' ? infinity : limit])
  return {
    ...value,
    options: Object.fromEntries(limits),
    checkpoints: { ...checkpoints, hashes: checkpoints.hashes.split(' ') },
  }
}
