/** `troupe replay FILE`: a saved run once more, to its end, to a step, under a debugger, or on with other choices. */
import { writeFile } from 'node:fs/promises'
import inspector from 'node:inspector'
import { inspect } from 'node:util'
import { type ActorRef, refKey } from '@troupe/core'
import { scenarioNamed, verifyScenarioOptions } from '@troupe/scenarios'
import {
  describeFaults,
  formatShrinking,
  loadScenario,
  type Replay,
  ReplayDivergedError,
  readSavedRun,
  replay,
  rerunHint,
  type SavedRun,
  type Shrinking,
  type SimulatedWorld,
  type SimulationScenario,
  saveBranch,
  shrink,
  writeSavedRun,
} from '@troupe/simulation'
import { reportHtml, simulationReport } from '@troupe/simulation/report'
import type { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { wholeNumber } from '../flags.ts'
import { plainValue } from '../plain-value.ts'
import { printJson, printLine, type Terminal } from '../terminal.ts'
import { UsageError } from '../usage-error.ts'

interface ReplayFlags {
  readonly until?: number
  readonly inspect?: true | { readonly host: string; readonly port: number }
  readonly prefix?: number
  readonly seed?: number
  readonly save?: true | string
  readonly shrink?: true
  readonly tries: number
  readonly report?: string
  readonly json?: true
}

/** Runs that shrinking may take unless it is told otherwise. */
export const triesDefault = 500
const inspectDefault = { host: '127.0.0.1', port: 9229 }
/** Lines of a plan that are printed. */
const planLinesMax = 50

/** Adds the command. */
export function addReplayCommand(troupe: Command, context: CommandContext): void {
  troupe
    .command('replay')
    .summary('run a saved run again')
    .description('Runs a saved failing run again, and says whether it fails as it did.')
    .argument('<file>', 'written by simulate --save, or by a simulation test')
    .option('--until <step>', 'end after this step, and show the state of every actor', wholeNumber('--until', 0))
    .option(
      '--inspect [address]',
      'wait for a debugger (default: 127.0.0.1:9229), and stop in it after --until, or before the failure',
      inspectAddress,
    )
    .option('--prefix <step>', 'go on after this step with other choices', wholeNumber('--prefix', 0))
    .option('--seed <seed>', 'the seed of the other choices, with --prefix (default: 1)', wholeNumber('--seed', 0))
    .option('--save [file]', 'write what fails after --prefix as a saved run of its own (default: beside the file)')
    .option('--shrink', 'make the run smaller first, and write it beside the file')
    .option('--tries <number>', 'runs that shrinking may take', wholeNumber('--tries', 1), triesDefault)
    .option('--report <file>', 'write the run as one HTML file')
    .option('--json', 'print one object a line')
    .action(context.action((file: string, flags: ReplayFlags) => replayFile(context, file, flags)))
}

function inspectAddress(text: string): { host: string; port: number } {
  const [, host = inspectDefault.host, port] = /^(?:([\w.-]+):)?(\d{1,5})$/.exec(text) ?? []
  if (port !== undefined && Number(port) <= 65_535) return { host, port: Number(port) }
  throw new UsageError(`--inspect takes a port or HOST:PORT, got '${text}'`, { flag: '--inspect', value: text })
}

async function replayFile(terminal: Terminal, file: string, flags: ReplayFlags): Promise<boolean> {
  if (flags.seed !== undefined && flags.prefix === undefined) {
    throw new UsageError('--seed needs --prefix: a replay has its own choices', { flag: '--seed' })
  }
  if (flags.save !== undefined && flags.prefix === undefined) {
    throw new UsageError('--save needs --prefix: the file is saved already', { flag: '--save' })
  }
  const saved = await readSavedRun(file)
  const scenario = await scenarioOf(saved, file)
  if (flags.save === undefined) return await replaySaved(terminal, { file, saved, scenario }, flags)
  const branch = await unlessDiverged(terminal, () => saveBranchFile(terminal, { file, saved, scenario }, flags))
  if (branch === undefined) return false
  const { prefix: _prefix, seed: _seed, ...others } = flags
  return await replaySaved(terminal, branch, others)
}

/** A saved run, its file and its program. */
interface SavedFile {
  readonly file: string
  readonly saved: SavedRun
  readonly scenario: SimulationScenario
}

/** Writes the run that goes on with other choices; `undefined`, with the reason on standard error, when it goes well. */
async function saveBranchFile(
  terminal: Terminal,
  { file, saved, scenario }: SavedFile,
  { prefix = 0, seed = 1, save, json }: ReplayFlags,
): Promise<SavedFile | undefined> {
  const found = await saveBranch(saved, scenario, { afterStep: prefix, seed })
  if (found === undefined) {
    terminal.stderr.write(`nothing is saved: with the choices of seed ${seed} after step ${prefix} the run goes well\n`)
    return undefined
  }
  const path = typeof save === 'string' ? save : file.replace(/(\.json)?$/, `.after-${prefix}-seed-${seed}.json`)
  await writeSavedRun(path, found.saved)
  if (!json) printLine(terminal, `saved: troupe replay ${path}`)
  return { file: path, saved: found.saved, scenario }
}

async function replaySaved(
  terminal: Terminal,
  { file, saved: given, scenario }: SavedFile,
  flags: ReplayFlags,
): Promise<boolean> {
  let saved = given
  let smaller: { readonly path: string; readonly shrinking: Shrinking } | undefined
  if (flags.shrink) {
    smaller = await shrinkFile(terminal, file, saved, scenario, flags.tries)
    saved = smaller.shrinking.saved
    if (!flags.json) printLine(terminal, `${formatShrinking(smaller.shrinking)}\n${smaller.path}`)
  }
  const actors: ActorLine[] = []
  const run = await unlessDiverged(terminal, () => again(saved, scenario, flags, actors))
  if (run === undefined) return false
  const { until } = flags
  if (until !== undefined && run.step < until) {
    terminal.stderr.write(`warning: --until ${until} was not reached: the run has ${run.step} steps\n`)
  }
  for (const warning of run.warnings) terminal.stderr.write(`warning: ${warning}\n`)
  if (flags.report !== undefined) await writeReport(flags.report, saved, run)
  if (flags.json) printJson(terminal, { file, ...rowOf(saved, run), actors, ...shrinkingRow(smaller) })
  else explain(terminal, { file: smaller?.path ?? file, saved }, run, actors)
  return true
}

/** The program that the file names: a scenario of the command line, or one that a module exports. */
async function scenarioOf({ program, options }: SavedRun, file: string): Promise<SimulationScenario> {
  if (program.scenario === undefined) return await loadScenario(program, undefined, file)
  const scenario = scenarioNamed(program.scenario)
  const { bug, harmOnly: _harmOnly, ...parameters } = program.parameters
  const { nodes } = options
  verifyScenarioOptions(scenario, {
    parameters: parameters as Record<string, number>,
    ...(typeof bug === 'string' ? { bug } : {}),
    ...(typeof nodes === 'number' ? { nodes } : {}),
  })
  return scenario.simulation
}

/** Shrinks the run and writes it beside the file. */
export async function shrinkFile(
  { stderr }: Terminal,
  file: string,
  saved: SavedRun,
  scenario: SimulationScenario,
  runsMax: number,
): Promise<{ readonly path: string; readonly shrinking: Shrinking }> {
  stderr.write(`shrinking ${file} in at most ${runsMax} runs\n`)
  const shrinking = await shrink(saved, scenario, { runsMax })
  const path = file.replace(/(\.json)?$/, '.shrunk.json')
  await writeSavedRun(path, shrinking.saved)
  return { path, shrinking }
}

interface ActorLine {
  readonly node: string
  readonly actor: string
  readonly state: unknown
}

/** What `run` gives; `undefined`, with the reason on standard error, when it is another run than the saved one. */
async function unlessDiverged<Result>({ stderr }: Terminal, run: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await run()
  } catch (error) {
    if (!(error instanceof ReplayDivergedError)) throw error
    stderr.write(`${error.name} (${error.code}): ${error.message}\n`)
    return undefined
  }
}

/** The run once more. */
async function again(
  saved: SavedRun,
  scenario: SimulationScenario,
  flags: ReplayFlags,
  actors: ActorLine[],
): Promise<Replay> {
  const { until, prefix, seed = 1, report } = flags
  const steps = saved.failure.step
  if (until !== undefined && prefix === undefined && until > steps) {
    throw new UsageError(`--until ${until} is beyond the end of the run, which has ${steps} steps`, {
      flag: '--until',
      value: until,
    })
  }
  if (flags.inspect !== undefined) {
    const { host, port } = flags.inspect === true ? inspectDefault : flags.inspect
    inspector.open(port, host, true)
  }
  const step = until ?? (flags.inspect === undefined ? undefined : Math.max(0, saved.failure.step - 1))
  const call = (world: SimulatedWorld) => {
    // biome-ignore lint/suspicious/noDebugger: what --inspect is for.
    if (flags.inspect !== undefined) debugger
    if (until === undefined) return 'go on'
    const cells = world.view.cells()
    const paths = new Map(cells.map(({ ref, path }) => [refKey(ref), path]))
    const pathOf = (ref: ActorRef) => paths.get(refKey(ref))
    for (const { node, path, state } of cells) actors.push({ node, actor: path, state: plainValue(state, pathOf) })
    return 'stop'
  }
  try {
    return await replay(saved, scenario, {
      ...(step === undefined ? {} : { atStep: { step, call } }),
      ...(prefix === undefined ? {} : { branch: { afterStep: prefix, seed } }),
      trace: report === undefined ? false : { states: true },
    })
  } finally {
    if (flags.inspect !== undefined) inspector.close()
  }
}

/** Writes a run that kept its trace as one HTML file. */
export async function writeReport(path: string, saved: SavedRun, run: Replay): Promise<void> {
  const { scenario = saved.program.test?.name ?? saved.program.export ?? 'a program' } = saved.program
  const facts = [
    ...branchLines(saved).map((line): [string, string] => ['other choices', line]),
    ...faultsOf(run).map((line): [string, string] => ['what goes wrong', line]),
  ]
  const { trace, states } = run
  const { seed } = saved
  const recorded = run.failure ?? {
    seed,
    hash: run.hash,
    ...(trace === undefined ? {} : { trace }),
    ...(states === undefined ? {} : { states }),
  }
  const title = `${scenario}, seed ${seed}`
  await writeFile(path, reportHtml(simulationReport(recorded, { title, facts: facts.slice(0, planLinesMax) })))
}

/** What goes wrong by where the run ended, in words. */
function faultsOf({ record, virtualMs }: Replay): string[] {
  return describeFaults(record, virtualMs)
}

/** Where a saved run goes on with other choices, in words. */
function branchLines({ branches = [] }: SavedRun): string[] {
  return branches.map(({ afterStep, seed }) => `after step ${afterStep} the choices are those of seed ${seed}`)
}

function rowOf({ program, seed, branches }: SavedRun, run: Replay): Record<string, unknown> {
  const { outcome, failure, step, virtualMs, hash, warnings } = run
  return {
    scenario: program.scenario ?? program.export ?? program.test?.name,
    parameters: program.parameters,
    seed,
    branches,
    outcome,
    reason: failure?.facts.property ?? failure?.facts.reason,
    step,
    virtualMs,
    hash,
    plan: faultsOf(run),
    warnings,
  }
}

/** What shrinking came to, for a row. */
export function shrinkingRow(
  smaller: { readonly path: string; readonly shrinking: Shrinking } | undefined,
): Record<string, unknown> {
  if (smaller === undefined) return { shrunk: undefined }
  const { before, after, runs, exhausted } = smaller.shrinking
  return { shrunk: { file: smaller.path, before, after, runs, exhausted } }
}

function explain(
  terminal: Terminal,
  { file, saved }: Pick<SavedFile, 'file' | 'saved'>,
  run: Replay,
  actors: readonly ActorLine[],
): void {
  const { outcome, failure, step, virtualMs, hash } = run
  for (const { node, actor, state } of actors)
    printLine(terminal, `${node} ${actor}: ${inspect(state, { depth: 6, maxArrayLength: 50, breakLength: 120 })}`)
  if (failure !== undefined) {
    printLine(terminal, failure.message.replace(rerunHint(saved.seed), `run it again: troupe replay ${file}`))
  }
  for (const line of branchLines(saved)) printLine(terminal, line)
  const plan = faultsOf(run)
  const none = failure === undefined ? 'nothing goes wrong in it' : 'no fault is needed: it fails without any'
  printLine(terminal, plan.length === 0 ? none : 'what goes wrong in it:')
  for (const line of plan.slice(0, planLinesMax)) printLine(terminal, `  ${line}`)
  if (plan.length > planLinesMax) printLine(terminal, `  and ${plan.length - planLinesMax} others`)
  printLine(terminal, `${outcome} after step ${step}, at ${virtualMs.toFixed(3)} ms, hash ${hash}`)
}
