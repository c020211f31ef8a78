/** Runs a saved run again: to its failure, to a step, or to a step and then on with other choices. */
import { type KnownOptions, refuseUnknownOptions, requireOption } from '@troupe/core/host'
import { firstDivergence, type RunRecord } from './run-record.ts'
import {
  currentVersions,
  failureKind,
  hasOwnHashes,
  plannedBranches,
  runScenario,
  type SavedAndFailed,
  type SavedBranch,
  type SavedRun,
  saveFailure,
} from './saved-run.ts'
import { ReplayDivergedError } from './saved-run-errors.ts'
import type { SimulateOptions, SimulationProgram } from './simulate.ts'
import { SimulationFailure } from './simulation-errors.ts'
import { givenScenario, type SimulationScenario } from './simulation-scenario.ts'
import type { Branch, StepCall } from './simulation-settings.ts'
import type { StateChange } from './state-recorder.ts'
import type { TraceEvent } from './trace.ts'
import { formatEvent } from './trace-format.ts'

/** How a saved run is run again. */
export interface ReplayOptions {
  /** Called after a step; may end the replay there. */
  readonly atStep?: StepCall
  /** The step after which the replay ends. Default: where the run does. */
  readonly until?: number
  /** Goes on with other choices after a step, with faults by chance again. */
  readonly branch?: Branch
  /** Keeps all events, and with `states: true` the states; see `simulate`. Default `false`. */
  readonly trace?: boolean | { readonly states?: boolean }
}

const known: KnownOptions<ReplayOptions> = { atStep: true, until: true, branch: true, trace: true }

/** What a replay was. */
export interface Replay {
  /** `failed`: as saved, or in a branch in its own way. `stopped`: at the step asked for. `passed`: a branch that went well. */
  readonly outcome: 'failed' | 'stopped' | 'passed'
  readonly failure: SimulationFailure | undefined
  /** Steps taken. */
  readonly step: number
  readonly virtualMs: number
  readonly hash: string
  readonly record: RunRecord
  readonly trace: readonly TraceEvent[] | undefined
  readonly states: readonly StateChange[] | undefined
  /** What may explain differences: other versions of Troupe or Node. */
  readonly warnings: readonly string[]
}

/**
 * Runs `saved` again. Rejects with a {@link ReplayDivergedError} that names the first step where it went another way: the
 * program, Troupe or Node is another one than when it was saved, or the program is not deterministic.
 */
export async function replay(
  saved: SavedRun,
  program: SimulationScenario | SimulationProgram,
  options: ReplayOptions = {},
): Promise<Replay> {
  refuseUnknownOptions('replay', options, known)
  const scenario = givenScenario(program)
  const { until, branch, atStep, trace = false } = options
  const isStep = until === undefined || (Number.isSafeInteger(until) && until >= 0)
  requireOption(isStep, 'replay: until', 'the number of a step, from 0', until)
  const ends: StepCall | undefined = until === undefined ? atStep : { step: until, call: () => 'stop' }
  const run = await attempt(saved, scenario, {
    branches: [...plannedBranches(branchesUntil(saved, branch)), ...(branch === undefined ? [] : [branch])],
    ...(ends === undefined ? {} : { atStep: ends }),
    trace,
  })
  const agreesUntil = Math.min(options.branch?.afterStep ?? Number.POSITIVE_INFINITY, run.step)
  const isWhole = options.branch === undefined && !run.stopped
  const divergence = hasOwnHashes(saved) ? firstDivergence(saved.checkpoints, run.record.checkpoints) : undefined
  const warnings = versionWarnings(saved)
  const facts = { warnings, ending: isWhole ? endingOf(run) : [], failure: run.failure, isWhole }
  if (divergence !== undefined && (isWhole || divergence.by <= agreesUntil)) {
    throw await diverged(saved, scenario, divergence, facts)
  }
  if (isWhole && !failsAs(saved, run)) {
    throw await diverged(saved, scenario, { after: run.step, by: run.step }, facts)
  }
  const { stopped, ...reached } = run
  const outcome = stopped ? 'stopped' : run.failure === undefined ? 'passed' : 'failed'
  return { ...reached, outcome, warnings }
}

/** The branches that the saved run takes before another one. */
function branchesUntil({ branches = [] }: SavedRun, branch: Branch | undefined) {
  return branch === undefined ? branches : branches.filter(({ afterStep }) => afterStep <= branch.afterStep)
}

/**
 * Runs `saved` to the branch, goes on with its choices, and gives what failed there as a saved run of its own, with a plan
 * of all that went wrong before and after; `undefined` when it went well. Rejects as {@link replay} does.
 */
export async function saveBranch(
  saved: SavedRun,
  program: SimulationScenario | SimulationProgram,
  { afterStep, seed }: SavedBranch,
): Promise<SavedAndFailed | undefined> {
  const branch = { afterStep, seed }
  const { outcome, record, hash } = await replay(saved, program, { branch })
  if (outcome !== 'failed') return undefined
  const found = await saveFailure(program, {
    seed: saved.seed,
    options: saved.options,
    parameters: saved.program.parameters,
    program: saved.program,
    plan: record.plan,
    branches: [...branchesUntil(saved, branch), branch],
  })
  if (found?.saved.hash === hash) return found
  throw new ReplayDivergedError('the branch cannot be saved: by its plan it is another run than it was by chance', {
    afterStep,
    seed,
    hashes: [hash, found?.saved.hash],
  })
}

interface Attempt extends Omit<Replay, 'outcome' | 'warnings'> {
  readonly stopped: boolean
}

async function attempt(
  saved: SavedRun,
  scenario: SimulationScenario,
  { onEvent, atStep, ...options }: Partial<SimulateOptions> & { readonly onEvent?: (event: TraceEvent) => void },
): Promise<Attempt> {
  const { seed, plan, program } = saved
  let stopped = false
  const call: StepCall | undefined = atStep && {
    step: atStep.step,
    call: (world) => {
      const then = atStep.call(world)
      stopped = then === 'stop'
      return then
    },
  }
  const watched: SimulationScenario =
    onEvent === undefined
      ? scenario
      : {
          ...scenario,
          run: (world, parameters) => {
            world.observe(onEvent)
            return scenario.run(world, parameters)
          },
        }
  const settings = {
    ...saved.options,
    seed,
    plan,
    branches: plannedBranches(saved.branches ?? []),
    record: true,
    ...options,
    ...(call === undefined ? {} : { atStep: call }),
  }
  try {
    const run = await runScenario(watched, settings, program.parameters)
    const { events, virtualMs, hash, record, trace, states } = run
    return { failure: undefined, step: events, virtualMs, hash, record: record as RunRecord, trace, states, stopped }
  } catch (failure) {
    if (!(failure instanceof SimulationFailure)) throw failure
    const { step, virtualMs, hash } = failure.facts
    const { record, trace, states } = failure
    return { failure, step, virtualMs, hash, record: record as RunRecord, trace, states, stopped: false }
  }
}

/** Whether the run is the saved one at its end: by the hash, or where that was made in another way by the failure. */
function failsAs(saved: SavedRun, { failure, hash, step, virtualMs }: Attempt): boolean {
  if (failure === undefined) return false
  if (hasOwnHashes(saved)) return hash === saved.hash
  const { kind, step: savedStep, virtualMs: savedMs } = saved.failure
  return failureKind(failure) === kind && step === savedStep && virtualMs === savedMs
}

function versionWarnings(saved: SavedRun): string[] {
  const { versions, format } = saved
  const now = currentVersions()
  const warnings: string[] = []
  for (const name of ['troupe', 'node'] as const) {
    if (versions[name] === now[name]) continue
    warnings.push(`the run was saved with ${name} ${versions[name]} and is run again with ${now[name]}`)
  }
  if (!hasOwnHashes(saved)) {
    warnings.push(`the run is of format ${format}, whose hashes were made in another way: only its failure is compared`)
  }
  return warnings
}

/** How a replay of the whole run ended, which is what one asks who has changed the program. */
function endingOf({ failure, step, virtualMs }: Attempt): string[] {
  const when = `after step ${step}, at ${virtualMs.toFixed(3)} ms`
  if (failure === undefined) return [`it went on to its end, ${when}, and did not fail`]
  return [`it failed too, ${when}: ${failure.message.split('\n', 1)[0]}`]
}

interface DivergenceFacts {
  readonly warnings: readonly string[]
  readonly ending: readonly string[]
  readonly failure: SimulationFailure | undefined
  /** Whether the replay was of the whole run. */
  readonly isWhole: boolean
}

const runTwice = 'run the seed with twice: true (troupe simulate --twice), which names the first event that differs'

/** The error, with what the replay does at the step where it goes another way. */
async function diverged(
  saved: SavedRun,
  scenario: SimulationScenario,
  { after, by }: { after: number; by: number },
  { warnings, ending, failure, isWhole }: DivergenceFacts,
): Promise<ReplayDivergedError> {
  const lines: string[] = []
  const onEvent = (event: TraceEvent) => {
    if (event.step > Math.min(after, by - 1) && event.step <= by && lines.length < 10)
      lines.push(`  ${formatEvent(event)}`)
  }
  await attempt(saved, scenario, { onEvent, atStep: { step: by, call: () => 'stop' } })
  const where = by - after <= 1 ? `at step ${by}` : `between step ${after + 1} and step ${by}`
  const mended = isWhole && failure === undefined
  const message = [
    mended
      ? `it no longer fails; the run diverges from the saved one ${where}: the program has changed, or is not deterministic`
      : `the replay is another run than the saved one: they first differ ${where}`,
    ...(mended ? ending : []),
    ...warnings,
    mended
      ? `if neither the program nor its options have changed since, it is not deterministic: ${runTwice}`
      : `the program or its options have changed since, or it is not deterministic: ${runTwice}`,
    ...(lines.length === 0 ? [] : ['there the replay does:', ...lines]),
    ...(mended ? [] : ending),
  ].join('\n')
  return new ReplayDivergedError(message, { after, by, seed: saved.seed, failure: failure?.message })
}
