/** `troupe simulate SCENARIO`: one scenario under many seeds. */
import { join } from 'node:path'
import {
  parametersOf,
  type Scenario,
  type ScenarioFailure,
  type ScenarioOptions,
  type ScenarioRun,
  scenarioNamed,
  scenarioRunOf,
  scenarios,
  seedsOf,
  strategies,
} from '@troupe/scenarios'
import { ScenarioThreads } from '@troupe/scenarios/parallel'
import {
  ClaimTally,
  type FaultKnobs,
  formatShrinking,
  replay,
  rerunHint,
  type SavedRun,
  type ScheduleOptions,
  type Shrinking,
  saveFailure,
  writeSavedRun,
} from '@troupe/simulation'
import type { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { faultPlan, faultText, parameterTexts, scheduleOf, scheduleText, wholeNumber } from '../flags.ts'
import { Progress } from '../progress.ts'
import { counted, printJson, printLine, secondsSince, type Terminal } from '../terminal.ts'
import { shrinkFile, shrinkingRow, triesDefault, writeReport } from './replay.ts'

/** Failed seeds that are shown to people, one line each. */
const failuresShownMax = 20
/** Failed seeds that are saved. */
const failuresSavedMax = 20
/** From so many seeds on a campaign under the scenario's own plan fails when none of them reached a claim. */
const claimSeedsMin = 100
const folderDefault = '.troupe'
/** Seeds that a thread gets at a time, unless there would be more tasks than may wait. */
const seedsPerTaskMin = 4
const tasksMax = 5_000

interface SimulateFlags {
  readonly seeds?: readonly number[]
  readonly nodes?: number
  /** Undefined also for the scenario's own plan. */
  readonly faults?: FaultKnobs
  readonly bug?: string
  readonly strategy?: ScheduleOptions
  readonly harm?: true
  readonly twice?: true
  readonly save?: true | string
  readonly shrink?: true
  readonly threads: number
  readonly tries: number
  readonly report?: string
  readonly json?: true
  /** A parameter of the scenario. */
  readonly [parameter: string]: unknown
}

/** Adds the command. */
export function addSimulateCommand(troupe: Command, context: CommandContext): void {
  const command = troupe
    .command('simulate')
    .summary('run a scenario under many seeds')
    .description('Runs a scenario in a simulated cluster, once for each seed.')
    .argument('[scenario]', 'its name; without one, the scenarios and their parameters are listed')
    .option('--seeds <seeds>', 'N for 1 to N, or A..B (default: 100)', seedsOf)
    .option('--nodes <number>', "nodes of the cluster (default: the scenario's)", wholeNumber('--nodes', 1))
    .option(
      '--faults <plan>',
      'own, none, all, or the largest strengths by kind, as in crash=4,loss=0.2 (default: own)',
      faultPlan,
    )
  for (const [parameter, what] of parametersOfAll()) {
    command.option(`--${parameter} <number>`, what, wholeNumber(`--${parameter}`, 0))
  }
  command
    .option('--bug <name>', 'plant this mistake')
    .option(
      '--strategy <schedule>',
      `the schedule: ${strategies.join(', ')}, or one with its parameters, as in pct:depth=4,steps=500 (default: random)`,
      scheduleOf,
    )
    .option('--harm', 'assert nothing but what clients would notice')
    .option('--twice', 'run each seed twice; it fails when the two runs differ, with the first event that does')
    .option(
      '--save [folder]',
      `save the failing runs, ${failuresSavedMax} at most, for replay (default: ${folderDefault})`,
    )
    .option('--shrink', 'save them smaller too')
    .option('--tries <number>', 'runs that shrinking one may take', wholeNumber('--tries', 1), triesDefault)
    .option('--threads <number>', 'run seeds on so many threads', wholeNumber('--threads', 1, 1_024), 1)
    .option('--report <file>', 'write the first failing run, shrunk with --shrink, as one HTML file')
    .option('--json', 'print one object a line')
    .action(
      context.action((name: string | undefined, flags: SimulateFlags) =>
        name === undefined ? listScenarios(context, flags) : simulateNamed(context, name, flags),
      ),
    )
}

/** All parameters, each with what it is and the scenarios that have it. */
function parametersOfAll(): ReadonlyMap<string, string> {
  return parameterTexts(scenarios.values())
}

function listScenarios(terminal: Terminal, { json }: SimulateFlags): boolean {
  for (const { name, what, nodes, parameters, bugs } of scenarios.values()) {
    if (json) {
      printJson(terminal, { scenario: name, what, nodes, parameters, bugs: Object.fromEntries(bugs) })
      continue
    }
    printLine(terminal, `${name}: ${what}`)
    const range = nodes.min === nodes.max ? 'always' : `${nodes.min} to ${nodes.max}, default`
    printLine(terminal, `  --nodes N   ${range} ${nodes.default}`)
    for (const [parameter, { what: meaning, default: usual, min, max }] of Object.entries(parameters)) {
      printLine(terminal, `  --${parameter} N   ${meaning}, ${min} to ${max}, default ${usual}`)
    }
    for (const [bug, wrong] of bugs) printLine(terminal, `  --bug ${bug}   ${wrong}`)
  }
  return true
}

async function simulateNamed(terminal: Terminal, name: string, flags: SimulateFlags): Promise<boolean> {
  const scenario = scenarioNamed(name)
  const {
    seeds = seedsOf('100'),
    nodes = scenario.nodes.default,
    faults,
    bug,
    strategy,
    harm,
    twice,
    threads,
    json,
  } = flags
  const given = givenParameters(flags)
  const options: ScenarioOptions = {
    nodes,
    ...(Object.keys(given).length === 0 ? {} : { parameters: given }),
    ...(strategy === undefined ? {} : { schedule: strategy }),
    ...(harm === undefined ? {} : { harmOnly: harm }),
    ...(faults === undefined ? {} : { faults }),
    ...(bug === undefined ? {} : { bug }),
    ...(twice === undefined ? {} : { twice }),
  }
  const progress = new Progress(terminal, name, seeds.length)
  const failed = new Map<number, ScenarioFailure>()
  const tally = new ClaimTally()
  let events = 0
  let virtualMs = 0
  const started = performance.now()
  const ended = ({ seed, failure, ...run }: ScenarioRun) => {
    events += run.events
    virtualMs += run.virtualMs
    tally.add(run.claims ?? {})
    if (failure !== undefined) failed.set(seed, failure)
    progress.step(failed.size === 0 ? '' : `, ${failed.size} failed`)
  }
  if (threads === 1) for (const seed of seeds) ended(await scenario.run(seed, options))
  else await runOnThreads(scenario, options, { seeds, threads, ended })
  progress.end()
  const elapsed = secondsSince(started)
  const kept = await keepFailures(terminal, scenario, options, [...failed.keys()], flags)
  const parameters = parametersOf(scenario.parameters, given)
  const virtualSeconds = Math.round(virtualMs) / 1_000
  const claims = tally.seedsReached
  const unreached = Object.keys(claims).filter((claim) => claims[claim] === 0)
  if (json) {
    const figures = { seeds: seeds.length, failures: [...failed.keys()], events, virtualSeconds, seconds: elapsed }
    printJson(terminal, {
      scenario: name,
      ...figures,
      nodes,
      parameters,
      bug,
      faults: faults ?? 'own',
      reasons: reasonsOf(failed),
      claims,
      saved: kept.map(({ seed, path, smaller }) => ({ seed, file: path, ...shrinkingRow(smaller) })),
    })
  } else {
    const withBug = bug === undefined ? '' : ` with ${bug}`
    const sizes = [
      counted(nodes, 'node'),
      ...Object.entries(parameters).map(([parameter, value]) => `${parameter} ${value}`),
    ]
    printLine(
      terminal,
      `${name}${withBug}: ${counted(seeds.length, 'seed')} on ${sizes.join(', ')}, ${failed.size} failed`,
    )
    printLine(terminal, `${events} events, ${virtualSeconds} virtual seconds, in ${elapsed} s`)
    for (const [claim, seedsReached] of Object.entries(claims))
      printLine(terminal, `  ${claim}: ${counted(seedsReached, 'seed')}`)
    explainFailures(terminal, failed, (seed) => commandOf(name, seed, flags))
    for (const one of kept) explainKept(terminal, one)
  }
  if (unreached.length > 0 && seeds.length >= claimSeedsMin && bug === undefined && faults === undefined) {
    if (!json) printLine(terminal, `no seed came to: ${unreached.join(', ')}`)
    return false
  }
  return failed.size === 0
}

/** Runs the seeds on several threads; `ended` hears of each run, in the order of the seeds. */
async function runOnThreads(
  { name, run }: Scenario,
  options: ScenarioOptions,
  work: { readonly seeds: readonly number[]; readonly threads: number; readonly ended: (run: ScenarioRun) => void },
): Promise<void> {
  const [first, ...rest] = work.seeds
  // What the scenario does not take is refused here, before threads are started.
  work.ended(await run(first as number, options))
  await using pool = await ScenarioThreads.start(work.threads)
  const size = Math.max(seedsPerTaskMin, Math.ceil(rest.length / tasksMax))
  const tasks: Promise<ScenarioRun[]>[] = []
  for (let start = 0; start < rest.length; start += size) {
    tasks.push(pool.runSeeds({ scenario: name, options, seeds: rest.slice(start, start + size) }))
  }
  for (const task of tasks) task.catch(() => {})
  for (const task of tasks) for (const ended of await task) work.ended(ended)
}

/** The parameters that were given. */
function givenParameters(flags: SimulateFlags): Record<string, number> {
  const names = [...parametersOfAll().keys()].filter((name) => flags[name] !== undefined)
  return Object.fromEntries(names.map((name) => [name, flags[name] as number]))
}

/** How many seeds failed for each reason. */
function reasonsOf(failed: ReadonlyMap<number, ScenarioFailure>): Record<string, number> {
  const reasons: Record<string, number> = {}
  for (const { what } of failed.values()) reasons[what] = (reasons[what] ?? 0) + 1
  return reasons
}

/** The command that runs one seed again in the same way and saves it. */
function commandOf(scenario: string, seed: number, flags: SimulateFlags): string {
  const { nodes, faults, bug, strategy, harm, twice, save } = flags
  const values = {
    nodes,
    faults: faults && faultText(faults),
    ...givenParameters(flags),
    bug,
    strategy: strategy && scheduleText(strategy),
  }
  const words = Object.entries(values).flatMap(([flag, value]) => (value === undefined ? [] : [`--${flag} ${value}`]))
  const folder = typeof save === 'string' ? save : folderDefault
  const switches = [...(harm ? ['--harm'] : []), ...(twice ? ['--twice'] : [])]
  return ['troupe simulate', scenario, `--seeds ${seed}..${seed}`, ...words, ...switches, `--save ${folder}`].join(' ')
}

function explainFailures(
  terminal: Terminal,
  failed: ReadonlyMap<number, ScenarioFailure>,
  commandOf: (seed: number) => string,
): void {
  const [first] = failed
  if (first === undefined) return
  for (const [seed, { what, step, hash }] of [...failed].slice(0, failuresShownMax)) {
    printLine(terminal, `  seed ${seed}: ${what}, at step ${step}, hash ${hash}`)
  }
  if (failed.size > failuresShownMax) printLine(terminal, `  and ${failed.size - failuresShownMax} others`)
  const [seed, { message }] = first
  const again = `run it again: ${commandOf(seed)}, and then troupe replay with the file that it names`
  printLine(terminal, `\n${message.replace(rerunHint(seed), again)}`)
}

interface KeptFailure {
  readonly seed: number
  readonly path: string
  readonly smaller: { readonly path: string; readonly shrinking: Shrinking } | undefined
}

/** Saves failing runs as the flags say, and writes the report of the first. */
async function keepFailures(
  terminal: Terminal,
  scenario: Scenario,
  options: ScenarioOptions,
  seeds: readonly number[],
  { save, shrink, tries, report }: SimulateFlags,
): Promise<KeptFailure[]> {
  const saves = save !== undefined || shrink === true
  const folder = typeof save === 'string' ? save : folderDefault
  const kept: KeptFailure[] = []
  for (const seed of seeds.slice(0, saves ? failuresSavedMax : report === undefined ? 0 : 1)) {
    const found = await saveFailure(scenario.simulation, scenarioRunOf(scenario, seed, options))
    if (found === undefined) {
      terminal.stderr.write(`seed ${seed} is not saved: it failed, and not when it was run again\n`)
      continue
    }
    let last: SavedRun = found.saved
    if (saves) {
      const { bug } = options
      const path = join(folder, `${scenario.name}${bug === undefined ? '' : `-${bug}`}-seed-${seed}.json`)
      await writeSavedRun(path, found.saved)
      const smaller = shrink && (await shrinkFile(terminal, path, found.saved, scenario.simulation, tries))
      kept.push({ seed, path, smaller })
      last = smaller?.shrinking.saved ?? last
    }
    if (report !== undefined && seed === seeds[0]) {
      await writeReport(report, last, await replay(last, scenario.simulation, { trace: { states: true } }))
    }
  }
  return kept
}

function explainKept(terminal: Terminal, { seed, path, smaller }: KeptFailure): void {
  printLine(terminal, `seed ${seed} again: troupe replay ${path}`)
  if (smaller === undefined) return
  printLine(terminal, `  shrunk: ${formatShrinking(smaller.shrinking)}\n  troupe replay ${smaller.path}`)
}
