/** The figures as tables of Markdown, and the bars beside them. */
import { cpus, totalmem } from 'node:os'
import { type Bar, bars } from './bars.ts'
import { type Figure, figureText, isRough, labelOf, type Row, roughMark, rowLabel } from './rows.ts'

/** What the figures were measured on. */
export function machineLine(): string {
  const { length } = cpus()
  const model = cpus()[0]?.model.trim() ?? 'unknown processor'
  const memory = Math.round(totalmem() / 2 ** 30)
  return `${length} x ${model}, ${memory} GiB, ${process.platform} ${process.arch}, Node ${process.versions.node}`
}

/** All figures, a line each. */
export function figureTable(rows: readonly Row[]): string {
  const lines = rows.flatMap((row) =>
    row.figures.map((figure, index) => {
      const label = index === 0 ? rowLabel(row) : ''
      const spread = `${figureText(figure.min)} to ${figureText(figure.max)}`
      const ratio = figure.ratio === undefined ? '' : `${figureText(figure.ratio)} x`
      return cells([label, figure.peer, `${figureText(figure.median)} ${figure.unit}`, spread, ratio])
    }),
  )
  return [
    cells(['workload', 'peer', 'median', 'spread', 'troupe by it']),
    cells(['---', '---', '---:', '---:', '---:']),
    ...lines,
  ].join('\n')
}

/** Latencies, where they were measured; empty otherwise. */
export function latencyTable(rows: readonly Row[]): string {
  const lines = rows.flatMap((row) =>
    row.figures
      .filter(({ p50 }) => p50 !== undefined)
      .map(({ peer, p50 = 0, p99 = 0, p999 = 0 }) =>
        cells([rowLabel(row), peer, ...[p50, p99, p999].map((value) => `${figureText(value)} µs`)]),
      ),
  )
  if (lines.length === 0) return ''
  return [
    cells(['round trip', 'peer', 'p50', 'p99', 'p99.9']),
    cells(['---', '---', '---:', '---:', '---:']),
    ...lines,
  ].join('\n')
}

/** A bar and what was measured of it. */
export interface BarResult {
  readonly bar: Bar
  /** `undefined`: its workload or peer was not in this run. */
  readonly measured: number | undefined
  readonly isMet: boolean
  /** The machine changed meanwhile. */
  readonly isRough: boolean
}

/** Every bar of the rows' workloads, beside this run. */
export function barResults(rows: readonly Row[]): BarResult[] {
  const measuredNames = new Set(rows.map(({ workload }) => workload.name))
  return bars
    .filter(({ workload }) => measuredNames.has(workload))
    .map((bar) => {
      const row = rows.find(
        ({ workload, variant }) => workload.name === bar.workload && variant === (bar.variant ?? ''),
      )
      const figure = row?.figures.find(({ peer }) => peer === (bar.against ?? 'troupe'))
      const measured = bar.against === undefined ? figure?.median : figure?.ratio
      const isMet =
        measured !== undefined &&
        measured >= (bar.atLeast ?? Number.NEGATIVE_INFINITY) &&
        measured <= (bar.atMost ?? Number.POSITIVE_INFINITY)
      return { bar, measured, isMet, isRough: row !== undefined && isRough(row) }
    })
}

/** The bars as a table. */
export function barTable(rows: readonly Row[]): string {
  const lines = barResults(rows).map(({ bar, measured, isMet, isRough: isMarked }) => {
    const wanted = bar.atLeast === undefined ? `≤ ${limitText(bar.atMost)}` : `≥ ${limitText(bar.atLeast)}`
    const of = bar.against === undefined ? unitOf(rows, bar) : `x ${bar.against}`
    const state = measured === undefined ? 'not measured' : isMet ? 'met' : 'not met'
    return cells([
      `${labelOf(bar.workload, bar.variant)}${isMarked ? ` ${roughMark}` : ''}`,
      `${wanted} ${of}`,
      measured === undefined ? '' : figureText(measured),
      state,
    ])
  })
  return [cells(['workload', 'bar', 'measured', '']), cells(['---', '---', '---:', '---']), ...lines].join('\n')
}

/** What the mark in the tables means; empty when no row has it. */
export function roughNote(rows: readonly Row[]): string {
  return rows.some(isRough)
    ? `${roughMark}: the machine changed while this row was measured, and its figures are rough.`
    : ''
}

/** One object a line. */
export function jsonLines(rows: readonly Row[]): string {
  return rows.flatMap(({ figures }) => figures.map((figure: Figure) => JSON.stringify(figure))).join('\n')
}

function unitOf(rows: readonly Row[], bar: Bar): string {
  return rows.find(({ workload }) => workload.name === bar.workload)?.workload.unit ?? ''
}

function limitText(limit = 0): string {
  return Number.isInteger(limit * 10) ? String(limit) : `1/${Math.round(1 / limit)}`
}

function cells(texts: readonly string[]): string {
  return `| ${texts.join(' | ')} |`
}
