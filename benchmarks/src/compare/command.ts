/**
 * `pnpm bench compare`: ours and the peers in turn, in one run. Prints medians, spread, ratios and the bars; `--save`
 * writes them with plots to `benchmarks/results/` and into `docs/performance.md`. Progress goes to standard error.
 */
import { parseArgs } from 'node:util'
import { workloads } from '../../peers/workloads.ts'
import { type Comparison, compare, NothingToCompareError } from './compare.ts'
import { peerNames } from './peers.ts'
import { barTable, figureTable, jsonLines, latencyTable, machineLine, roughNote } from './report.ts'
import { saveResults } from './results.ts'

const usage = `usage: pnpm bench compare [workloads] [--peers a,b] [--runs N] [--repeats N] [--json] [--quick] [--save]

  --peers    beside troupe; all that are installed unless some are named
  --runs     fresh processes for each figure; 5
  --repeats  how often a row is measured again when the machine changed meanwhile; 2
  --json     one object a line instead of tables: peer, workload, unit, median, min, max, runs; better (more or less, of the
             figure and its ratio); variant, ratio, p50, p99 and p999 where there are such; version, machine, measured, the machine's loopNs and cacheLineNs before and after the
             row, machineChanged, and quick
  --quick    proves that all works; its figures say nothing
  --save     writes benchmarks/results/ and the tables of docs/performance.md

workloads: ${workloads.map(({ name }) => name).join(', ')}
peers: ${peerNames.join(', ')}`

/** The command; returns the exit code. */
export async function compareCommand(words: readonly string[]): Promise<number> {
  const given = parse(words)
  if (typeof given === 'string') {
    console.error(`${given}\n\n${usage}`)
    return 2
  }
  const { values, positionals, peers, runs, repeats } = given
  if (values.help) {
    console.log(usage)
    return 0
  }
  const command = ['pnpm bench compare', ...words].join(' ')
  let comparison: Comparison
  try {
    comparison = await compare({
      workloads: positionals,
      peers,
      quick: values.quick,
      runs,
      repeats,
      progress: (text) => console.error(text),
    })
  } catch (error) {
    if (!(error instanceof NothingToCompareError)) throw error
    console.error(error.message)
    return 2
  }
  if (values.json) console.log(jsonLines(comparison.rows))
  else printComparison(comparison, values.quick)
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
  const [runs, repeats] = [Number(values.runs), Number(values.repeats)]
  if (peers.some((peer) => peer.trim() === '')) {
    return `--peers is a list of names such as xstate,erlang, got '${values.peers}'`
  }
  const isWhole = (value: number, least: number) => Number.isInteger(value) && value >= least && value <= 1_000
  if (!isWhole(runs, 1)) return `--runs is a whole number from 1 to 1,000, got ${values.runs}`
  if (!isWhole(repeats, 0)) return `--repeats is a whole number from 0 to 1,000, got ${values.repeats}`
  const names = workloads.map(({ name }) => name)
  return (
    unknown('workload', positionals, names) ??
    unknown('peer', peers, peerNames) ?? { values, positionals, peers, runs, repeats }
  )
}

function parseWords(words: readonly string[]) {
  return parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      peers: { type: 'string' },
      runs: { type: 'string', default: '5' },
      repeats: { type: 'string', default: '2' },
      json: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      save: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  })
}

function printComparison({ rows, peers, absent }: Comparison, quick: boolean): void {
  const versions = [...new Set(peers.map(({ version }) => version))]
  console.log(`\n${machineLine()}; ${versions.join(', ')}`)
  for (const { name, reason } of absent) console.log(`skipped ${name}: ${reason}`)
  const tables = quick ? [figureTable(rows)] : [figureTable(rows), latencyTable(rows), barTable(rows)]
  for (const table of tables) if (table !== '') console.log(`\n${aligned(table)}`)
  if (roughNote(rows) !== '') console.log(`\n${roughNote(rows)}`)
  if (quick) console.log('\nAll of it works. The figures of a quick run say nothing, and no bar is judged by them.')
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
