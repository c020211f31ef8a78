/**
 * `pnpm bench compare`: ours and the peers in turn, in one run. Prints medians, spread, ratios and the bars; `--save`
 * writes them with plots to `benchmarks/results/` and into `docs/performance.md`. Progress goes to standard error.
 */
import { parseArgs } from 'node:util'
import { workloads } from '../../peers/workloads.ts'
import { type Comparison, compare } from './compare.ts'
import { peerNames } from './peers.ts'
import { barTable, figureTable, jsonLines, latencyTable, machineLine } from './report.ts'
import { saveResults } from './results.ts'

const usage = `usage: pnpm bench compare [workloads] [--peers a,b] [--runs N] [--json] [--quick] [--save]

  --peers  beside troupe; all that are installed unless some are named
  --runs   fresh processes for each figure; 5
  --json   one object a line instead of tables
  --quick  proves that all works; its figures say nothing
  --save   writes benchmarks/results/ and the tables of docs/performance.md

workloads: ${workloads.map(({ name }) => name).join(', ')}
peers: ${peerNames.join(', ')}`

/** The command; returns the exit code. */
export async function compareCommand(words: readonly string[]): Promise<number> {
  const given = parse(words)
  if (typeof given === 'string') {
    console.error(`${given}\n\n${usage}`)
    return 2
  }
  const { values, positionals, peers, runs } = given
  if (values.help) {
    console.log(usage)
    return 0
  }
  const command = ['pnpm bench compare', ...words].join(' ')
  const comparison = await compare({
    workloads: positionals,
    peers,
    quick: values.quick,
    runs,
    progress: (text) => console.error(text),
  })
  if (values.json) console.log(jsonLines(comparison.rows))
  else printComparison(comparison)
  if (values.save && values.quick) console.error('quick figures say nothing and are not saved')
  else if (values.save) for (const path of await saveResults(comparison, command)) console.error(`wrote ${path}`)
  for (const failure of comparison.failures) console.error(`failed: ${failure}`)
  return comparison.failures.length > 0 ? 1 : 0
}

/** The arguments, or what is wrong with them. */
function parse(words: readonly string[]) {
  let parsed: ReturnType<typeof parseWords>
  try {
    parsed = parseWords(words)
  } catch (error) {
    return (error as Error).message
  }
  const { values, positionals } = parsed
  const peers = values.peers?.split(',') ?? []
  const runs = Number(values.runs)
  if (!Number.isInteger(runs) || runs < 1 || runs > 1_000)
    return `--runs is a whole number from 1 to 1,000, got ${values.runs}`
  const names = workloads.map(({ name }) => name)
  return (
    unknown('workload', positionals, names) ?? unknown('peer', peers, peerNames) ?? { values, positionals, peers, runs }
  )
}

function parseWords(words: readonly string[]) {
  return parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      peers: { type: 'string' },
      runs: { type: 'string', default: '5' },
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      save: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  })
}

function printComparison({ rows, peers, absent }: Comparison): void {
  console.log(`\n${machineLine()}; ${peers.map(({ version }) => version).join(', ')}`)
  for (const { name, reason } of absent) console.log(`skipped ${name}: ${reason}`)
  for (const table of [figureTable(rows), latencyTable(rows), barTable(rows)])
    if (table !== '') console.log(`\n${aligned(table)}`)
}

/** A table with its columns under each other, for the terminal. */
function aligned(table: string): string {
  const lines = table.split('\n').map((line) => line.slice(2, -2).split(' | '))
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => (line[column] ?? '').length)))
  const isNumeric = lines[1]!.map((mark) => mark.endsWith(':'))
  return lines
    .filter((_, index) => index !== 1)
    .map((line) =>
      line
        .map((cell, column) => (isNumeric[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
        .join('  '),
    )
    .join('\n')
}

function unknown(what: string, given: readonly string[], known: readonly string[]): string | undefined {
  const strange = given.filter((name) => !known.includes(name))
  return strange.length === 0 ? undefined : `there is no ${what} ${strange.join(', ')}`
}
