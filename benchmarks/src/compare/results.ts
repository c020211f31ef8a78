/**
 * Results that are kept: `benchmarks/results/` holds the figures as JSON lines and the plots, and `docs/performance.md`
 * has the tables between two marks. A run of some workloads replaces their rows and leaves the others.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { workloadNamed, workloads } from '../../peers/workloads.ts'
import { replaceSection, projectRoot as root } from '../page-section.ts'
import type { Comparison } from './compare.ts'
import { plotOf } from './plots.ts'
import { barTable, figureTable, jsonLines, latencyTable, machineLine, roughNote } from './report.ts'
import { type Figure, labelOf, type Row } from './rows.ts'

/** A loop that takes so many times as long at one moment as at another shares its core with somebody. */
const busyFactor = 2
const jsonPath = 'benchmarks/results/compare.jsonl'
const docsPath = 'docs/performance.md'

/** Writes them; returns the paths. */
export async function saveResults({ rows, peers, absent }: Comparison, command: string): Promise<string[]> {
  mkdirSync(`${root}benchmarks/results`, { recursive: true })
  const kept = existsSync(root + jsonPath) ? rowsOf(readFileSync(root + jsonPath, 'utf8')) : []
  const isSame = (left: Row) => (right: Row) => left.workload === right.workload && left.variant === right.variant
  const all = workloads.flatMap((workload) =>
    (workload.variants ?? ['']).flatMap((variant) => {
      const place = { workload, variant, figures: [] }
      return rows.find(isSame(place)) ?? kept.find(isSame(place)) ?? []
    }),
  )
  const older = all.filter((row) => !rows.includes(row)).map(({ workload, variant }) => labelOf(workload.name, variant))
  const isAcross = ({ workload }: Row) => workload.name.startsWith('xthread') || workload.name === 'cpu'
  const plots = {
    'one-thread': plotOf(
      'In one thread',
      all.filter((row) => !isAcross(row)),
    ),
    'across-threads': plotOf('Across threads', all.filter(isAcross)),
  }
  const written = [jsonPath]
  writeFileSync(root + jsonPath, `${jsonLines(all)}\n`)
  for (const [name, svg] of Object.entries(plots)) {
    const path = `benchmarks/results/${name}.svg`
    writeFileSync(root + path, svg)
    written.push(path)
  }
  const skipped = absent.map(({ name, reason }) => `Skipped: ${name} (${reason}).`)
  const facts = [
    `Measured ${new Date().toISOString().slice(0, 10)} by \`${command}\` on ${machineLine()}.`,
    `Peers: ${[...new Set(peers.map(({ version }) => version))].join(', ')}.`,
    ...machineFact(rows),
    ...skipped,
    ...(older.length === 0 ? [] : [`From earlier runs: ${older.join(', ')}.`]),
  ]
  const figures = Object.keys(plots).map((name) => `![${name}](../benchmarks/results/${name}.svg)`)
  const section = [
    facts.join(' '),
    barTable(all),
    ...figures,
    latencyTable(all),
    figureTable(all),
    roughNote(all),
  ].filter((part) => part !== '')
  replaceSection(docsPath, 'pnpm bench compare --save', section.join('\n\n'))
  return [...written, docsPath]
}

/** How steady the machine was; nothing when nobody looked. */
function machineFact(rows: readonly Row[]): string[] {
  const moments = rows.flatMap(({ machine }) => machine ?? [])
  if (moments.length === 0) return []
  const loops = moments.map(({ loopNs }) => loopNs)
  const lines = moments.map(({ cacheLineNs }) => cacheLineNs)
  const [low, high] = [Math.min(...loops), Math.max(...loops)]
  const span = (from: number, to: number, digits: number) => `${from.toFixed(digits)} to ${to.toFixed(digits)} ns`
  const fact = `Meanwhile a step of a fixed loop took ${span(low, high, 2)}, a cache line's way to the other core and back ${span(Math.min(...lines), Math.max(...lines), 0)}`
  return [high > low * busyFactor ? `${fact}: others used the machine too, and the figures are rough.` : `${fact}.`]
}

/** The rows that JSON lines tell of. */
function rowsOf(text: string): Row[] {
  const rows = new Map<string, Row & { figures: Figure[] }>()
  for (const line of text.split('\n').filter((each) => each !== '')) {
    const figure = JSON.parse(line) as Figure
    const variant = figure.variant ?? ''
    const key = `${figure.workload} ${variant}`
    const row = rows.get(key) ?? { workload: workloadNamed(figure.workload), variant, figures: [] }
    row.figures.push(figure)
    rows.set(key, row)
  }
  return [...rows.values()]
}
