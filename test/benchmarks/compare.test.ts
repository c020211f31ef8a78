/**
 * The comparison with peers, in its quick mode: every peer that is installed completes and verifies every workload that
 * it has. No time is judged.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { workloads } from '../../benchmarks/peers/workloads.ts'
import { bars } from '../../benchmarks/src/compare/bars.ts'
import { type Comparison, compare } from '../../benchmarks/src/compare/compare.ts'
import { peerNames } from '../../benchmarks/src/compare/peers.ts'
import { plotOf } from '../../benchmarks/src/compare/plots.ts'
import { barResults, barTable, figureTable, jsonLines, roughNote } from '../../benchmarks/src/compare/report.ts'
import type { Figure, Row } from '../../benchmarks/src/compare/rows.ts'

/** Programs of their own, which need not be installed. */
const optional = ['erlang', 'caf']

describe('a quick comparison', () => {
  let comparison: Comparison
  beforeAll(async () => {
    comparison = await compare({ quick: true })
  }, 300_000)

  test('has every peer but for programs that are not installed', () => {
    expect(comparison.absent.map(({ name }) => name).filter((name) => !optional.includes(name))).toEqual([])
    expect(comparison.peers.length + comparison.absent.length).toBe(peerNames.length)
  })

  test('completes every workload of every peer', () => {
    expect(comparison.failures).toEqual([])
    for (const { workload, variant, figures } of comparison.rows) {
      const doing = comparison.peers.filter(({ does }) => does[workload.name]?.includes(variant))
      expect(figures.map(({ peer }) => peer)).toEqual(doing.map(({ name }) => name))
      for (const { peer, median } of figures) {
        expect(median, `${peer}, ${workload.name} ${variant}`).toBeGreaterThanOrEqual(0)
      }
    }
  })

  test('does every workload with ours', () => {
    const ours = comparison.peers.find(({ name }) => name === 'troupe')
    expect(Object.keys(ours?.does ?? {}).toSorted()).toEqual(workloads.map(({ name }) => name).toSorted())
  })

  test('has a line of JSON for each figure', () => {
    const lines = jsonLines(comparison.rows).split('\n')
    expect(lines).toHaveLength(comparison.rows.reduce((sum, { figures }) => sum + figures.length, 0))
    for (const line of lines) {
      expect(JSON.parse(line)).toMatchObject({
        peer: expect.any(String),
        workload: expect.any(String),
        unit: expect.any(String),
        median: expect.any(Number),
        min: expect.any(Number),
        max: expect.any(Number),
        runs: 1,
        version: expect.any(String),
        machine: expect.stringContaining(`Node ${process.versions.node}`),
        measured: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        quick: true,
      })
      const { better, unit } = JSON.parse(line) as Figure
      expect(better).toBe(unit.endsWith('/s') && !unit.startsWith('ms') ? 'more' : 'less')
      const first = ['peer', 'workload', 'unit', 'median', 'min', 'max', 'runs']
      expect(Object.keys(JSON.parse(line)).slice(0, first.length)).toEqual(first)
    }
    const latencies = lines
      .map((line) => JSON.parse(line) as Figure)
      .filter(({ workload }) => workload === 'xthread-ask')
    for (const { p50 = 0, p99 = 0, p999 = 0 } of latencies) {
      expect(p50).toBeGreaterThan(0)
      expect(p99).toBeGreaterThanOrEqual(p50)
      expect(p999).toBeGreaterThanOrEqual(p99)
    }
  })

  test('measures every bar whose peer is there', () => {
    const missing = barResults(comparison.rows)
      .filter(({ bar, measured }) => measured === undefined && !optional.includes(bar.against ?? ''))
      .map(({ bar }) => bar)
    expect(missing).toEqual([])
    expect(barResults(comparison.rows)).toHaveLength(bars.length)
  })
})

describe('a row', () => {
  const figure = (peer: string, median: number, ratio?: number): Figure => ({
    ...{ peer, workload: 'ping-pong', unit: 'messages/s', median, min: median / 2, max: median * 2, runs: 3 },
    better: 'more',
    ...(ratio === undefined ? {} : { ratio }),
  })
  const row: Row = {
    workload: workloads.find(({ name }) => name === 'ping-pong')!,
    variant: '',
    figures: [figure('troupe', 8e6), figure('xstate', 1e7, 0.8), figure('erlang', 2e6, 4)],
  }

  test('meets a bar at its limit and not below it', () => {
    const met = barResults([row]).map(({ bar, measured, isMet }) => [bar.against, measured, isMet])
    expect(met).toEqual([
      ['xstate', 0.8, false],
      ['erlang', 4, true],
      ['loop', undefined, false],
    ])
  })

  test('is shown with its spread and ratio', () => {
    expect(figureTable([row]).split('\n').at(-2)).toBe('|  | xstate | 10.0 M messages/s | 5.00 M to 20.0 M | 0.800 x |')
  })

  test('is marked when the machine changed meanwhile', () => {
    const rough: Row = { ...row, figures: row.figures.map((each) => ({ ...each, machineChanged: true })) }
    expect(figureTable([rough])).toContain('| ping-pong † | troupe |')
    expect(barTable([rough])).toContain('| ping-pong † | ≥ 1 x xstate | 0.800 | not met |')
    expect(plotOf('Rough', [rough])).toContain('ping-pong †')
    expect(roughNote([row, rough])).toMatch(/^†: the machine changed/)
    expect([figureTable([row]), barTable([row]), roughNote([row])].join('')).not.toContain('†')
  })

  test('is a panel with a bar for each peer, the fastest first', () => {
    const svg = plotOf('Some <peers>', [row])
    expect(svg).toContain('<title>Some &lt;peers&gt;</title>')
    expect([...svg.matchAll(/class="end" x[^>]*>([^<]+)</g)].map(([, name]) => name)).toEqual([
      'xstate',
      'troupe',
      'erlang',
    ])
    const widths = [...svg.matchAll(/<rect class="\w+" [^>]*width="([\d.]+)"/g)].map(([, width]) => Number(width))
    expect(widths).toEqual(widths.toSorted((left, right) => right - left))
    expect(widths.every((width) => width > 0)).toBe(true)
  })
})
