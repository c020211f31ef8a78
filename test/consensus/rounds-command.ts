/**
 * `pnpm rounds [--seeds N] [--nodes N,...] [--svg FILE] [--json]`: rounds, messages and time to decide of the round-based
 * algorithms, without faults and with all of them, as a table and as a plot of how the rounds are distributed.
 */
import { accessSync, constants, existsSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { ConfigurationError, TroupeError } from '@troupe/core'
import { type RoundAlgorithm, type RoundsRun, runRounds, scenarioNamed, seedsOf } from '@troupe/scenarios'
import type { FaultKnobs } from '@troupe/simulation'

const algorithms: readonly RoundAlgorithm[] = ['ben-or', 'chandra-toueg']
const settings: readonly { readonly faults: string; readonly options: { readonly faults?: FaultKnobs } }[] = [
  { faults: 'none', options: { faults: {} } },
  { faults: 'all', options: {} },
]

interface Row {
  readonly algorithm: RoundAlgorithm
  readonly nodes: number
  readonly faults: string
  readonly seeds: number
  readonly failures: readonly number[]
  /** The round that decided: median, 95th percentile, largest. */
  readonly rounds: readonly [median: number, p95: number, max: number]
  /** Messages from one node to another, until all had decided: median and 95th percentile. */
  readonly messages: readonly [median: number, p95: number]
  /** Of them those of the failure detectors: median. */
  readonly detectorMessages: number
  /** Virtual milliseconds until all had decided: median and 95th percentile. */
  readonly decidedMs: readonly [median: number, p95: number]
  /** How many seeds were decided in each round, from round 1. */
  readonly histogram: readonly number[]
}

const usage = `usage: pnpm rounds [--seeds N or A..B] [--nodes 3,5,7] [--svg FILE] [--json]

  --seeds   the seeds of each row; 200
  --nodes   members, a row for each number, each algorithm, and without faults and with all
  --svg     write the plot there
  --json    one object a line instead of a table`

/** One alone sends nothing, so that nobody sees the round in which it decides. */
const nodesMin = 2

/** Where the command writes. */
interface Streams {
  readonly stdout: { write(text: string): unknown }
  readonly stderr: { write(text: string): unknown }
}

/** What was asked for. */
interface Command {
  readonly seeds: readonly number[]
  readonly nodes: readonly number[]
  readonly svg: string | undefined
  readonly json: boolean
}

/** Runs the command; returns the exit code, as those of `troupe`: 1 when a seed failed, 2 when what was typed makes no sense. */
export async function roundsCommand(words: readonly string[], { stdout, stderr }: Streams): Promise<number> {
  let command: Command | undefined
  try {
    command = commandOf(words)
  } catch (error) {
    if (!(error instanceof TroupeError)) throw error
    stderr.write(`${error.name} (${error.code}): ${error.message}\n`)
    return 2
  }
  if (command === undefined) {
    stdout.write(`${usage}\n`)
    return 0
  }
  const { seeds, nodes: sizes, svg, json } = command
  const rows: Row[] = []
  for (const algorithm of algorithms) {
    for (const nodes of sizes) {
      for (const { faults, options } of settings) {
        const runs: RoundsRun[] = []
        for (const seed of seeds) runs.push(await runRounds(algorithm, seed, { nodes, ...options }))
        rows.push(rowOf(algorithm, nodes, faults, runs))
        if (!json) stderr.write(`${algorithm}, ${nodes} nodes, faults ${faults}\n`)
      }
    }
  }
  stdout.write(`${json ? rows.map((row) => JSON.stringify(row)).join('\n') : tableOf(rows)}\n`)
  if (svg !== undefined) writeFileSync(svg, plotOf(rows))
  return rows.every(({ failures }) => failures.length === 0) ? 0 : 1
}

/** The command; `undefined` for `--help`. Throws a `ConfigurationError` before anything is run. */
function commandOf(words: readonly string[]): Command | undefined {
  const { values } = parse(words)
  if (values.help) return undefined
  const seeds = seedsOf(values.seeds)
  const { max } = scenarioNamed(algorithms[0] as string).nodes
  const nodes = values.nodes.split(',').map((text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= nodesMin && value <= max) return value
    throw new ConfigurationError(
      `--nodes takes whole numbers from ${nodesMin} to ${max}, with commas between them; got '${text}'`,
      {
        value: values.nodes,
      },
    )
  })
  if (values.svg !== undefined) verifyWritable(values.svg)
  return { seeds, nodes, svg: values.svg, json: values.json }
}

function parse(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      options: {
        seeds: { type: 'string', default: '200' },
        nodes: { type: 'string', default: '3,5,7' },
        svg: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    })
  } catch (error) {
    throw new ConfigurationError((error as Error).message, {}, { cause: error })
  }
}

/** Throws unless a file can be written there; nothing is written yet. */
function verifyWritable(path: string): void {
  try {
    if (existsSync(path) && statSync(path).isDirectory()) throw new Error(`${path} is a folder`)
    accessSync(existsSync(path) ? path : dirname(path), constants.W_OK)
  } catch (error) {
    throw new ConfigurationError(`--svg cannot be written: ${(error as Error).message}`, { path }, { cause: error })
  }
}

function rowOf(algorithm: RoundAlgorithm, nodes: number, faults: string, runs: readonly RoundsRun[]): Row {
  const good = runs.filter(({ failure }) => failure === undefined)
  const at = (share: number, pick: (run: RoundsRun) => number) => {
    const sorted = good.map(pick).sort((left, right) => left - right)
    return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN)
  }
  const decidedIn = (run: RoundsRun) => run.decidedIn ?? run.rounds
  const all = (run: RoundsRun) => run.messages + run.detectorMessages
  const time = (run: RoundsRun) => run.decidedMs ?? Number.NaN
  const histogram: number[] = []
  for (const run of good) histogram[decidedIn(run) - 1] = (histogram[decidedIn(run) - 1] ?? 0) + 1
  return {
    algorithm,
    nodes,
    faults,
    seeds: runs.length,
    failures: runs.filter(({ failure }) => failure !== undefined).map(({ seed }) => seed),
    rounds: [at(0.5, decidedIn), at(0.95, decidedIn), at(1, decidedIn)],
    messages: [at(0.5, all), at(0.95, all)],
    detectorMessages: at(0.5, ({ detectorMessages }) => detectorMessages),
    decidedMs: [at(0.5, time), at(0.95, time)],
    histogram: Array.from(histogram, (count) => count ?? 0),
  }
}

function tableOf(table: readonly Row[]): string {
  const lines = [
    '| algorithm | nodes | faults | rounds: median, p95, max | messages: median, p95 | of detectors | virtual ms: median, p95 | failed |',
    '|---|---|---|---|---|---|---|---|',
  ]
  for (const { algorithm, nodes, faults, rounds, messages, detectorMessages, decidedMs, failures, seeds } of table) {
    lines.push(
      `| ${algorithm} | ${nodes} | ${faults} | ${rounds.join(', ')} | ${messages.join(', ')} | ${detectorMessages} | ${decidedMs.join(', ')} | ${failures.length} of ${seeds} |`,
    )
  }
  return lines.join('\n')
}

/** Bars: the share of the seeds that each round decided, a panel for each row. */
function plotOf(table: readonly Row[]): string {
  const [width, height, roundsShown] = [360, 110, 16]
  const panels = table.map(({ algorithm, nodes, faults, histogram }, index) => {
    const [x, y] = [(index % 2) * width, Math.floor(index / 2) * height]
    const total = histogram.reduce((sum, count) => sum + count, 0)
    const shown = Array.from({ length: roundsShown }, (_, at) =>
      at < roundsShown - 1 ? (histogram[at] ?? 0) : histogram.slice(at).reduce((sum, count) => sum + count, 0),
    )
    const bars = shown.map((count, at) => {
      const tall = Math.round((count / Math.max(1, total)) * (height - 45))
      const label = at === roundsShown - 1 ? `${roundsShown}+` : `${at + 1}`
      return `<rect x="${x + 10 + at * 21}" y="${y + height - 22 - tall}" width="17" height="${tall}"/><text x="${x + 18 + at * 21}" y="${y + height - 9}" text-anchor="middle">${label}</text>`
    })
    return `<text x="${x + 10}" y="${y + 14}">${algorithm}, ${nodes} nodes, faults: ${faults}</text>${bars.join('')}`
  })
  const [w, h] = [2 * width, Math.ceil(table.length / 2) * height]
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}" font-family="sans-serif" font-size="10"><title>Rounds to decide, share of the seeds</title><rect width="${w}" height="${h}" fill="white"/><g fill="#35608a">${panels.join('')}</g></svg>\n`
}
