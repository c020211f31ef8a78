/** What a simulation test does: its seeds, and of the first that fails a shrunk run, saved, and a text that says all. */

import { availableParallelism } from 'node:os'
import { join, relative } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ConfigurationError, TroupeError } from '@troupe/core'
import { type KnownOptions, refuseUnknownOptions, requireOption, shownValue } from '@troupe/core/host'
import { knownOfScenarioOptions } from '../known-simulation-options.ts'
import { replay } from '../replay.ts'
import { describeFaults, type RunRecord } from '../run-record.ts'
import { type SavedProgram, type SavedRun, saveFailure } from '../saved-run.ts'
import { ReplayDivergedError } from '../saved-run-errors.ts'
import {
  findSavedRun,
  loadScenario,
  moduleName,
  readSavedRun,
  replayCommand,
  testCommand,
  writeSavedRun,
} from '../saved-run-file.ts'
import { formatShrinking, type Shrinking, shrink } from '../shrink.ts'
import { seedsOf } from '../simulate-many.ts'
import type { SimulatedWorld } from '../simulated-world.ts'
import { rerunHint, VacuousCampaignError } from '../simulation-errors.ts'
import {
  checkParameters,
  type ScenarioParameters,
  type SimulationScenario,
  type SimulationScenarioOptions,
} from '../simulation-scenario.ts'
import { campaignOf, type SeedsOutcome, type SeedsProgress } from './seeds-campaign.ts'

/** What to do about a program that does not repeat. */
const twiceAdvice = 'the option `twice: true` runs each seed twice and names the first event that differs'
/** Lines of a plan that a failure's text has. */
const faultLinesMax = 50

/** How a simulation test is set up: as a run is, with many seeds. */
export interface SimulationTestOptions<Parameters extends ScenarioParameters = ScenarioParameters>
  extends SimulationScenarioOptions {
  /** How many seeds from 1, a range such as `'1..200'`, or the seeds. The environment's `TROUPE_SEED` wins. Default 100. */
  readonly seeds?: number | string | readonly number[]
  /** Runs each seed twice; the test fails when the two runs differ, with the first event that does. Default `false`. */
  readonly twice?: boolean
  /** What the program is given, and shrinking makes less. */
  readonly parameters?: Parameters
  /** Below which shrinking does not go; see `SimulationScenario.least`. */
  readonly least?: SimulationScenario<Parameters>['least']
  /** Instead of a function: the module that exports the scenario. Its seeds are spread over threads. */
  readonly program?: URL
  /** The name by which the module exports it. Default `default`. */
  readonly export?: string
  /**
   * Threads that seeds are spread over; each imports the module, or the test's file, by itself. 1: all in the test's own.
   * Default: one for each core, when there is enough to do.
   */
  readonly threads?: number
  /** Runs that shrinking may take; 0: it does not shrink. Default 500. */
  readonly shrinkRunsMax?: number
  /** Real milliseconds that the test may take. Default 600,000: ten minutes. */
  readonly timeoutMs?: number
  /** Real milliseconds between two lines of progress. Default 5,000. */
  readonly progressEveryMs?: number
  /** The folder for failing runs. Default `.troupe`. */
  readonly folder?: string
}

const known: KnownOptions<SimulationTestOptions> = {
  ...knownOfScenarioOptions,
  seeds: true,
  twice: true,
  parameters: true,
  least: true,
  program: true,
  export: true,
  threads: true,
  shrinkRunsMax: true,
  timeoutMs: true,
  progressEveryMs: true,
  folder: true,
}

/** Which test it is, and what it is to do. */
export interface SimulationTestPlace {
  /** The full name, with those of its suites, as Vitest's `-t` takes it. */
  readonly name: string
  /** The test's file. */
  readonly file: string
  readonly environment: { readonly TROUPE_SEED?: string | undefined; readonly TROUPE_REPLAY?: string | undefined }
  readonly print: (line: string) => void
}

/** A seed of a simulation test failed. The message has the shrunk run in words; `cause` is its failure. */
export class SimulationTestError extends TroupeError {
  constructor(message: string, facts: Readonly<Record<string, unknown>>, options?: ErrorOptions) {
    super('ERR_TROUPE_SIMULATION_TEST', message, facts, options)
  }
}

/** The function of a simulation test. */
export type SimulationTestProgram<Parameters extends ScenarioParameters> = (
  world: SimulatedWorld,
  parameters: Parameters,
) => Promise<unknown>

/**
 * Runs the test. Rejects with a {@link SimulationTestError} at the first seed that fails. With `TROUPE_REPLAY` in the
 * environment it replays that file instead; `undefined`: the file is another test's.
 */
export async function runSimulationTest<Parameters extends ScenarioParameters>(
  place: SimulationTestPlace,
  options: SimulationTestOptions<Parameters>,
  run?: SimulationTestProgram<Parameters>,
): Promise<SeedsOutcome | undefined> {
  refuseUnknownOptions('simulationTest', options, known)
  const {
    seeds,
    parameters,
    least,
    program: url,
    export: name = 'default',
    threads,
    twice = false,
    shrinkRunsMax = 500,
    ...rest
  } = options
  const { timeoutMs: _timeoutMs, progressEveryMs = 5_000, folder = '.troupe', ...runOptions } = rest
  if ((url === undefined) === (run === undefined)) {
    throw new ConfigurationError('a simulation test has either a function or the URL of a program')
  }
  if (url !== undefined && (runOptions.services !== undefined || runOptions.placement !== undefined)) {
    throw new ConfigurationError('services and placement of a program in a module belong in its scenario: options')
  }
  const test = { file: relative(process.cwd(), place.file), name: place.name }
  const where = url === undefined ? { test } : { module: moduleName(url), export: name, test }
  const scenario: SimulationScenario =
    run === undefined ? await loadScenario({ ...where, parameters: {} }) : scenarioOfTest(options, run)
  const program: SavedProgram = { ...where, parameters: { ...scenario.parameters, ...parameters } }
  checkParameters('a simulation test', program.parameters)
  const { TROUPE_SEED, TROUPE_REPLAY } = place.environment
  if (TROUPE_REPLAY !== undefined) return await replayInTest(place, TROUPE_REPLAY, scenario)
  const wanted = TROUPE_SEED === undefined ? (seeds ?? 100) : seedOf(TROUPE_SEED)
  const isCount = typeof wanted === 'number'
  if (isCount) requireOption(Number.isSafeInteger(wanted), 'seeds', 'a whole number, a list or a range', wanted)
  const list = [...seedsOf(isCount ? `1..${Math.max(0, wanted)}` : wanted)]
  if (list.length === 0)
    throw new ConfigurationError(`a simulation test needs at least one seed, got ${shownValue(wanted)}`)
  const isThreads = threads === undefined || (Number.isInteger(threads) && threads >= 1)
  requireOption(isThreads, 'threads', 'a whole number from 1', threads)
  const isTries = Number.isInteger(shrinkRunsMax) && shrinkRunsMax >= 0
  requireOption(isTries, 'shrinkRunsMax', 'a whole number from 0', shrinkRunsMax)
  requireOption(typeof twice === 'boolean', 'twice', 'true or false', twice)
  let told = performance.now()
  const onProgress = ({ runs, seeds, events }: SeedsProgress) => {
    if (performance.now() - told < progressEveryMs) return
    told = performance.now()
    place.print(`${place.name}: ${runs} of ${seeds} seeds, ${events} events`)
  }
  // What cannot be sent to a thread is the test's own, which the thread imports.
  const task =
    url === undefined
      ? { program, options: {}, seeds: list, twice, testFile: pathToFileURL(place.file).href }
      : { program, options: runOptions, seeds: list, twice }
  const outcome = await campaignOf(task, scenario, {
    threads,
    cores: availableParallelism(),
    onProgress,
    onAlone: (why) => place.print(`${place.name}: all seeds are run in one thread, since ${why}`),
  })
  if (outcome.failedSeed === undefined) {
    // One seed by itself need not reach what the campaign must.
    if (TROUPE_SEED === undefined) checkClaims(outcome)
    return outcome
  }
  const { failedSeed: seed, divergence, runs } = outcome
  const howMany = `${runs} of ${outcome.seeds} seeds were run`
  if (divergence !== undefined) {
    const test = { file: relative(process.cwd(), place.file), name: place.name }
    const message = [
      `seed ${seed} is not one run (${howMany})`,
      `run it alone: TROUPE_SEED=${seed} ${testCommand(test)}`,
      divergence,
    ].join('\n')
    throw new SimulationTestError(message, { seed })
  }
  const parts = { place, scenario, program, options: runOptions, seed, folder, shrinkRunsMax }
  throw await failureOf(parts, howMany)
}

/** The scenario that a function of a test is. */
export function scenarioOfTest<Parameters extends ScenarioParameters>(
  options: SimulationTestOptions<Parameters>,
  run: SimulationTestProgram<Parameters>,
): SimulationScenario {
  const { seeds: _seeds, threads: _threads, shrinkRunsMax: _shrinkRunsMax, timeoutMs: _timeoutMs, ...rest } = options
  const { twice: _twice, parameters, least, progressEveryMs: _progressEveryMs, folder: _folder, ...runOptions } = rest
  return { parameters: parameters ?? {}, ...(least === undefined ? {} : { least }), options: runOptions, run }
}

/** Throws a `VacuousCampaignError` when no seed reached a claim. */
function checkClaims({ runs, seedsReached }: SeedsOutcome): void {
  if (Object.values(seedsReached).includes(0)) throw new VacuousCampaignError(runs, seedsReached)
}

interface FailedTest {
  readonly place: SimulationTestPlace
  readonly scenario: SimulationScenario
  readonly program: SavedProgram
  readonly options: SimulationScenarioOptions
  readonly seed: number
  readonly folder: string
  readonly shrinkRunsMax: number
}

/** The error of the failing seed, once its run is shrunk and saved; of a mistake in how it uses the world that alone. */
async function failureOf(failed: FailedTest, howMany: string): Promise<TroupeError> {
  const { place, scenario, program, options, seed, folder, shrinkRunsMax } = failed
  const { parameters } = program
  const found = await saveFailure(scenario, { seed, options, parameters, program }).catch((cause) => {
    const message = `seed ${seed} failed, and its run cannot be saved: ${(cause as Error).message}`
    throw new SimulationTestError(message, { seed }, { cause })
  })
  if (found === undefined) {
    const message = `seed ${seed} failed, and did not when it was run again: the program is not deterministic; ${twiceAdvice}`
    return new SimulationTestError(message, { seed })
  }
  const { facts: foundFacts, cause: mistake } = found.failure
  if (mistake instanceof ConfigurationError) {
    // Nothing that a fault brings about: it is to be corrected, and not to be searched for.
    const text = foundFacts.property === undefined ? mistake.message : foundFacts.what
    return new ConfigurationError(text, { ...mistake.facts, seed }, { cause: mistake })
  }
  place.print(`${place.name}: seed ${seed} failed; shrinking it in at most ${shrinkRunsMax} runs`)
  const smaller = await shrunkOf(found.saved, scenario, shrinkRunsMax)
  const { saved, failure, record } = smaller ?? found
  const path = join(folder, `${fileName(place.name)}-seed-${seed}.json`)
  await writeSavedRun(path, saved)
  const test = { file: relative(process.cwd(), place.file), name: place.name }
  const { what } = failure.facts
  const message = [
    `seed ${seed} failed: ${found.failure.facts.what} (${howMany})`,
    ...(what === found.failure.facts.what ? [] : [`the shrunk run fails with: ${what}`]),
    `run it alone: TROUPE_SEED=${seed} ${testCommand(test)}`,
    `the shrunk run: ${replayCommand(path, test)}`,
    ...(await divergenceOf(saved, scenario)),
    ...(smaller === undefined ? [] : [`shrunk: ${formatShrinking(smaller)}`]),
    ...(Object.keys(saved.program.parameters).length === 0
      ? []
      : [`parameters: ${JSON.stringify(saved.program.parameters).slice(0, 500)}`]),
    ...faultLines(record, failure.facts.virtualMs),
    'its last events:',
    ...failure.facts.lastEvents.map(indented),
  ].join('\n')
  return new SimulationTestError(message, { seed, path, hash: saved.hash }, { cause: failure.cause ?? failure })
}

/** The run made smaller; `undefined` when that is not wanted, or the run does not repeat. */
async function shrunkOf(
  saved: SavedRun,
  scenario: SimulationScenario,
  runsMax: number,
): Promise<Shrinking | undefined> {
  if (runsMax === 0) return undefined
  return await shrink(saved, scenario, { runsMax }).catch((error) => {
    // That it does not fail as it was saved is told by its replay.
    if (error instanceof ConfigurationError) return undefined
    throw error
  })
}

/** What to say of a saved run that is another one when it is run again: nothing of one that repeats. */
async function divergenceOf(saved: SavedRun, scenario: SimulationScenario): Promise<string[]> {
  const told = (where: string) => [
    `which is another run when it is run again, ${where}: the program is not deterministic; ${twiceAdvice}`,
  ]
  try {
    const { virtualMs } = await replay(saved, scenario)
    // Time in which nothing happens is in no hash.
    return virtualMs === saved.failure.virtualMs ? [] : told('with its failure at another time')
  } catch (error) {
    if (!(error instanceof ReplayDivergedError)) throw error
    const { after, by } = error.facts as { after: number; by: number }
    return told(by - after <= 1 ? `from step ${by} on` : `from one of the steps ${after + 1} to ${by} on`)
  }
}

/** What goes wrong in a run before it fails, with its heading. */
function faultLines(record: RunRecord, failedMs: number): string[] {
  const lines = describeFaults(record, failedMs)
  if (lines.length === 0) return ['no fault is needed: it fails without any']
  const more = lines.length - faultLinesMax
  const others = more > 0 ? [`  and ${more} others`] : []
  return ['what goes wrong in it:', ...lines.slice(0, faultLinesMax).map(indented), ...others]
}

/** Replays the file if it is of this test; fails as it does. */
async function replayInTest(
  place: SimulationTestPlace,
  given: string,
  scenario: SimulationScenario,
): Promise<undefined> {
  const path = await findSavedRun(given, place.file)
  const saved = await readSavedRun(path)
  if (saved.program.test?.name !== place.name) return undefined
  const { failure, record, warnings } = await replay(saved, scenario)
  for (const warning of warnings) place.print(`warning: ${warning}`)
  if (failure === undefined) return undefined
  const text = failure.message.replace(
    rerunHint(saved.seed),
    `run it again: ${replayCommand(given, saved.program.test)}`,
  )
  const message = [text, ...faultLines(record, failure.facts.virtualMs)].join('\n')
  throw new SimulationTestError(
    message,
    { seed: saved.seed, path, hash: saved.hash },
    { cause: failure.cause ?? failure },
  )
}

function seedOf(text: string): string | readonly number[] {
  if (/^-?\d+$/.test(text)) return [Number(text)]
  if (/^\d+\.\.\d+$/.test(text)) return text
  throw new ConfigurationError(`TROUPE_SEED must be a seed or a range such as 1..200, got '${text}'`)
}

function fileName(name: string): string {
  return name.replaceAll(/[^\w]+/g, '-').slice(0, 80)
}

function indented(line: string): string {
  return `  ${line}`
}
