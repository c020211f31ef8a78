/** `troupe bugs`: how many seeds it takes to find each planted bug, under the plan in which its clean twin finds none. */
import { type Scenario, type SeedsSurvey, scenarios, seedsOf, surveySeeds } from '@troupe/scenarios'
import type { Command } from 'commander'
import type { CommandContext } from '../command-context.ts'
import { wholeNumber } from '../flags.ts'
import { Progress } from '../progress.ts'
import { printJson, printLine, secondsSince, type Terminal } from '../terminal.ts'
import { UsageError } from '../usage-error.ts'

interface BugsFlags {
  readonly seeds?: readonly number[]
  readonly nodes?: number
  readonly json?: true
}

/** Adds the command. */
export function addBugsCommand(troupe: Command, context: CommandContext): void {
  troupe
    .command('bugs')
    .summary('how many seeds find each planted bug')
    .description('Plants one mistake after the other, and says how many seeds it takes to find each.')
    .argument('[bugs...]', 'their names (default: all)')
    .option('--seeds <seeds>', 'N for 1 to N, or A..B (default: 200)', seedsOf)
    .option('--nodes <number>', "nodes of the cluster (default: the scenario's)", wholeNumber('--nodes', 1))
    .option('--json', 'print one object a line')
    .action(context.action((names: string[], flags: BugsFlags) => surveyBugs(context, names, flags)))
}

async function surveyBugs(terminal: Terminal, names: readonly string[], flags: BugsFlags): Promise<boolean> {
  const known = [...scenarios.values()].flatMap(({ bugs }) => [...bugs.keys()])
  const unknown = names.find((name) => !known.includes(name))
  if (unknown !== undefined) {
    throw new UsageError(`there is no planted bug '${unknown}'; there are ${known.join(', ')}`, { bug: unknown })
  }
  const searched = [...scenarios.values()]
    .map((scenario) => {
      const bugs = [...scenario.bugs.keys()].filter((bug) => names.length === 0 || names.includes(bug))
      return { scenario, bugs }
    })
    .filter(({ bugs }) => bugs.length > 0)
  const { seeds = seedsOf('200') } = flags
  const surveys = searched.reduce((sum, { bugs }) => sum + bugs.length + 1, 0)
  const progress = new Progress(terminal, 'bugs', surveys * seeds.length)
  const survey = (scenario: Scenario, bug?: string) => surveyOne(scenario, bug, { ...flags, seeds, progress })
  if (!flags.json) printHeading(terminal)
  let passed = true
  for (const { scenario, bugs } of searched) {
    const clean = await survey(scenario)
    for (const bug of bugs) {
      const buggy = await survey(scenario, bug)
      passed &&= buggy.found > 0 && clean.found === 0
      progress.end()
      if (flags.json) {
        const what = scenario.bugs.get(bug)
        printJson(terminal, { bug, scenario: scenario.name, what, ...buggy, cleanFound: clean.found })
      } else printRow(terminal, bug, scenario.name, buggy, clean.found)
    }
  }
  progress.end()
  return passed
}

/** All seeds with one bug, or with none. */
async function surveyOne(
  scenario: Scenario,
  bug: string | undefined,
  { seeds, nodes, progress }: BugsFlags & { readonly seeds: readonly number[]; readonly progress: Progress },
) {
  const options = { ...(nodes === undefined ? {} : { nodes }), ...(bug === undefined ? {} : { bug }) }
  const started = performance.now()
  const onSeed = () => progress.step(`, ${scenario.name} ${bug === undefined ? 'without a bug' : `with ${bug}`}`)
  const found = await surveySeeds((seed) => scenario.run(seed, options), { seeds, onSeed })
  return { ...found, seconds: secondsSince(started) }
}

const widths = [22, 10, 7, 7, 8, 6, 6]

function printHeading(terminal: Terminal): void {
  printCells(terminal, ['bug', 'scenario', 'seeds', 'found', 'median', 'p95', 'clean'])
}

function printRow(
  terminal: Terminal,
  bug: string,
  scenario: string,
  { seeds, found, seedsMedian, seedsP95 }: SeedsSurvey,
  cleanFound: number,
): void {
  printCells(terminal, [bug, scenario, seeds, found, seedsMedian ?? '-', seedsP95 ?? '-', cleanFound])
}

/** Text to the left, numbers to the right. */
function printCells(terminal: Terminal, cells: readonly (string | number)[]): void {
  const padded = cells.map((cell, index) => {
    const width = widths[index] as number
    return index < 2 ? String(cell).padEnd(width) : String(cell).padStart(width)
  })
  printLine(terminal, padded.join(' ').trimEnd())
}
