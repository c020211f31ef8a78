/** `troupe bugs`: how many seeds each schedule takes to find each planted bug, under the plan of its clean twin. */
import { readFile, writeFile } from 'node:fs/promises'
import {
  type BugRow,
  type BugTableOptions,
  bugRows,
  bugTableHeading,
  bugTableMarkdown,
  printBugRow,
  runsOf,
  seedsOf,
  strategies,
} from '@troupe/scenarios'
import type { ScheduleStrategy } from '@troupe/simulation'
import type { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { namesOf, wholeNumber } from '../flags.ts'
import { Progress } from '../progress.ts'
import { printJson, printLine, type Terminal } from '../terminal.ts'
import { UsageError } from '../usage-error.ts'
import { triesDefault } from './replay.ts'

interface BugsFlags {
  readonly strategy?: readonly ScheduleStrategy[]
  readonly seeds?: readonly number[]
  readonly nodes?: number
  readonly harm?: true
  readonly shrink?: true
  readonly tries: number
  readonly markdown?: string
  readonly json?: true
}

/** Adds the command. */
export function addBugsCommand(troupe: Command, context: CommandContext): void {
  troupe
    .command('bugs')
    .summary('how many seeds find each planted bug')
    .description('Plants one mistake after the other, and says how many seeds each schedule takes to find it.')
    .argument('[bugs...]', 'their names (default: all)')
    .option(
      '--strategy <schedules>',
      `some of ${strategies.join(',')} (default: all)`,
      namesOf<ScheduleStrategy>('--strategy', strategies),
    )
    .option('--seeds <seeds>', 'N for 1 to N, or A..B (default: 600)', seedsOf)
    .option('--nodes <number>', "nodes of the cluster (default: the scenario's)", wholeNumber('--nodes', 1))
    .option('--harm', 'also count the seeds on which clients would notice, where an observer sees more')
    .option('--shrink', 'also shrink the first run that finds each, and say how long it was before and after')
    .option('--tries <number>', 'runs that shrinking one may take', wholeNumber('--tries', 1), triesDefault)
    .option('--markdown <file>', 'also write the rows into the table of this file, or make it one')
    .option('--json', 'print one object a line')
    .action(context.action((names: string[], flags: BugsFlags) => makeTable(context, names, flags)))
}

async function makeTable(terminal: Terminal, bugs: readonly string[], flags: BugsFlags): Promise<boolean> {
  const { strategy, seeds = seedsOf('600'), nodes, harm = false, shrink, tries, markdown, json } = flags
  const options: BugTableOptions = {
    seeds,
    harm,
    ...(shrink ? { shrinkRunsMax: tries } : {}),
    ...(bugs.length === 0 ? {} : { bugs }),
    ...(strategy === undefined ? {} : { strategies: strategy }),
    ...(nodes === undefined ? {} : { nodes }),
  }
  const progress = new Progress(terminal, 'bugs', runsOf(options))
  const onSeed: BugTableOptions['onSeed'] = ({ scenario, bug }) =>
    progress.step(`, ${scenario} ${bug === undefined ? 'without a bug' : `with ${bug}`}`)
  if (!json) printLine(terminal, bugTableHeading)
  const rows: BugRow[] = []
  for await (const row of bugRows({ ...options, onSeed })) {
    progress.end()
    rows.push(row)
    if (json) printJson(terminal, { ...row })
    else printLine(terminal, printBugRow(row))
  }
  progress.end()
  if (markdown !== undefined) await writeTable(markdown, rows)
  return rows.every(({ found, cleanFound }) => found > 0 && cleanFound === 0)
}

const tableBegins = '<!-- planted bugs -->'
const tableEnds = '<!-- end of planted bugs -->'

/** The table is the whole of a file, or in a page that has a place for it in that place. Its other rows are kept. */
async function writeTable(file: string, rows: readonly BugRow[]): Promise<void> {
  try {
    const page = await readFile(file, 'utf8').catch(() => '')
    const [before, after] = [page.indexOf(tableBegins), page.indexOf(tableEnds)]
    const hasPlace = before >= 0 && after > before
    const table = bugTableMarkdown(rows, hasPlace ? page.slice(before, after) : page)
    const text = hasPlace ? `${page.slice(0, before)}${tableBegins}\n\n${table}\n${page.slice(after)}` : table
    await writeFile(file, text)
  } catch (error) {
    const { message } = error as NodeJS.ErrnoException
    throw new UsageError(`the table cannot be written to ${file}: ${message}`, { file }, { cause: error })
  }
}
