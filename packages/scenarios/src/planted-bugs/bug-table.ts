/**
 * The table of planted bugs: how many seeds each schedule takes to find each of them, under the plan and on the seeds on
 * which the clean twin finds nothing.
 */
import { ConfigurationError } from '@troupe/core'
import type { ScheduleStrategy } from '@troupe/simulation'
import type { Scenario, ScenarioOptions } from '../scenario.ts'
import { scenarios } from '../scenarios.ts'
import { type SeedSurvey, surveySeeds } from '../seed-survey.ts'
import { scenarioOfBug } from './bug-search.ts'
import { type BugShrinking, shrinkBug } from './bug-shrinking.ts'

/** The schedules, in the order in which they are compared. */
export const strategies: readonly ScheduleStrategy[] = ['random', 'pct', 'pos', 'delay']

/** Which rows to make. */
export interface BugTableOptions {
  readonly seeds: readonly number[]
  /** The names of the bugs. Default: all. One that there is not is a `ConfigurationError`. */
  readonly bugs?: readonly string[]
  /** Default: all. */
  readonly strategies?: readonly ScheduleStrategy[]
  /** Nodes. Default: each scenario's. A bug whose scenario does not run on so many is a `ConfigurationError`. */
  readonly nodes?: number
  /** Also counts the seeds on which clients would notice, where an observer sees more. Default `false`. */
  readonly harm?: boolean
  /** Also shrinks the first run that found each, in so many runs at most. Default: does not. */
  readonly shrinkRunsMax?: number
  /** Called after each run with what ran, `undefined` for the clean twin. */
  readonly onSeed?: (run: { readonly scenario: string; readonly bug: string | undefined }) => void
}

/** One bug under one schedule. */
export interface BugRow extends SeedSurvey {
  readonly bug: string
  /** What is wrong, in one sentence. */
  readonly what: string
  readonly scenario: string
  readonly strategy: ScheduleStrategy
  /** Seeds on which clients would have noticed; `undefined` when nobody counted. */
  readonly harmed: number | undefined
  /** The run that found it first, before and after shrinking; `undefined` when none did, or nobody shrank it. */
  readonly shrunk: BugShrinking | undefined
  /** Seeds on which the clean twin failed: none, or the row says nothing. */
  readonly cleanFound: number
}

/** One scenario with the bugs to plant in it, and the schedules to search them by. */
interface Block {
  readonly scenario: Scenario
  readonly bugs: readonly string[]
  readonly schedules: readonly ScheduleStrategy[]
}

/** How many runs a table takes. */
export function runsOf(options: BugTableOptions): number {
  const surveys = blocksOf(options).reduce((sum, { scenario, bugs, schedules }) => {
    return sum + schedules.length * (1 + bugs.length * (countsHarm(scenario, options) ? 2 : 1))
  }, 0)
  return surveys * options.seeds.length
}

/** The rows one after the other: scenario by scenario, bug by bug, schedule by schedule. */
export async function* bugRows(options: BugTableOptions): AsyncGenerator<BugRow, void> {
  for (const { scenario, bugs, schedules } of blocksOf(options)) {
    const clean = new Map<ScheduleStrategy, SeedSurvey>()
    for (const bug of bugs) {
      for (const schedule of schedules) {
        const twin = clean.get(schedule) ?? (await survey(scenario, { schedule }, options))
        clean.set(schedule, twin)
        const found = await survey(scenario, { schedule, bug }, options)
        const harmed = countsHarm(scenario, options)
          ? await survey(scenario, { schedule, bug, harmOnly: true }, options)
          : found
        const shrunk = await shrinkFirst(scenario, found, { schedule, bug }, options)
        yield {
          bug,
          what: scenario.bugs.get(bug) as string,
          scenario: scenario.name,
          strategy: schedule,
          ...found,
          harmed: options.harm ? harmed.found : undefined,
          shrunk,
          cleanFound: twin.found,
        }
      }
    }
  }
}

async function shrinkFirst(
  scenario: Scenario,
  { first }: SeedSurvey,
  own: ScenarioOptions,
  { nodes, shrinkRunsMax }: BugTableOptions,
): Promise<BugShrinking | undefined> {
  if (first === undefined || shrinkRunsMax === undefined) return undefined
  return shrinkBug(scenario, first, { ...own, ...(nodes === undefined ? {} : { nodes }) }, shrinkRunsMax)
}

function survey(scenario: Scenario, own: ScenarioOptions, options: BugTableOptions): Promise<SeedSurvey> {
  const { nodes, seeds, onSeed } = options
  return surveySeeds(seeds, async (seed) => {
    const run = await scenario.run(seed, { ...own, ...(nodes === undefined ? {} : { nodes }) })
    onSeed?.({ scenario: scenario.name, bug: own.bug })
    return run
  })
}

function countsHarm({ isObserved }: Scenario, { harm = false }: BugTableOptions): boolean {
  return harm && isObserved
}

function blocksOf(options: BugTableOptions): Block[] {
  const wanted = options.bugs === undefined ? undefined : new Set(options.bugs)
  for (const bug of wanted ?? []) scenarioOfBug(bug)
  const compared = options.strategies ?? strategies
  const unknown = compared.find((strategy) => !strategies.includes(strategy))
  if (unknown !== undefined) {
    throw new ConfigurationError(`there is no schedule '${unknown}'; there are ${strategies.join(', ')}`, { unknown })
  }
  return [...scenarios.values()].flatMap((scenario) => {
    const bugs = [...scenario.bugs.keys()].filter((bug) => wanted?.has(bug) ?? true)
    return bugs.length === 0 ? [] : [{ scenario, bugs, schedules: compared }]
  })
}

/** The table's columns: heading, and the cell of a row. */
const columns: readonly (readonly [heading: string, cell: (row: BugRow) => string | number | undefined])[] = [
  ['bug', ({ bug }) => bug],
  ['scenario', ({ scenario }) => scenario],
  ['schedule', ({ strategy }) => strategy],
  ['found', ({ found, seeds }) => `${found}/${seeds}`],
  ['median', ({ seedsMedian }) => seedsMedian],
  ['p95', ({ seedsP95 }) => seedsP95],
  ['harm', ({ harmed, seeds }) => (harmed === undefined ? undefined : `${harmed}/${seeds}`)],
  ['events', ({ shrunk }) => shrunk && `${shrunk.events.before}>${shrunk.events.after}`],
  ['faults', ({ shrunk }) => shrunk && `${shrunk.faults.before}>${shrunk.faults.after}`],
  ['clean', ({ cleanFound }) => cleanFound],
  ['noticed as', ({ reasons }) => Object.keys(reasons)[0]],
]
const widths = [22, 14, 8, 9, 6, 6, 9, 10, 8, 6, 0]

/** The line above the rows, as text. */
export const bugTableHeading = line(columns.map(([heading]) => heading))

/** A row as a line of text. */
export function printBugRow(row: BugRow): string {
  return line(columns.map(([, cell]) => String(cell(row) ?? '-')))
}

/**
 * Rows as a table in Markdown. What `earlier`, the text of such a table, says of other bugs or by other schedules is kept: a
 * row takes the place of the one of the same bug, scenario and schedule, and those that it does not have come last.
 */
export function bugTableMarkdown(rows: readonly BugRow[], earlier: string = ''): string {
  const head = [cellsLine(columns.map(([name]) => name)), cellsLine(columns.map((_, index) => ruleOf(index)))]
  const lines = earlier.split('\n').map((text) => text.trim())
  const at = lines.indexOf(head[0] as string)
  const kept = at < 0 ? [] : lines.slice(at + head.length).filter((text) => text.startsWith('|'))
  const table = new Map(kept.map((text) => [keyOf(text), text]))
  for (const row of rows) {
    const text = cellsLine(columns.map(([, cell]) => String(cell(row) ?? '-')))
    table.set(keyOf(text), text)
  }
  return [...head, ...table.values(), ''].join('\n')
}

function cellsLine(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`
}

/** Bug, scenario and schedule of a row. */
function keyOf(text: string): string {
  return text
    .split('|')
    .slice(1, 4)
    .map((cell) => cell.trim())
    .join(' ')
}

function ruleOf(column: number): string {
  return isNumeric(column) ? '--:' : '---'
}

function isNumeric(column: number): boolean {
  return column >= 3 && column < columns.length - 1
}

/** Text to the left, numbers to the right. */
function line(cells: readonly string[]): string {
  return cells
    .map((cell, index) =>
      isNumeric(index) ? cell.padStart(widths[index] as number) : cell.padEnd(widths[index] as number),
    )
    .join(' ')
    .trimEnd()
}
