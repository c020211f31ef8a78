/**
 * Rows: a workload and what ours and the peers came to in it. Each figure is a fresh process; the processes of a row
 * take turns, round by round, so that what changes on the machine meets all of them.
 */
import { build } from 'hdr-histogram-js'
import { type Workload, workloads } from '../../peers/workloads.ts'
import { median } from '../measured.ts'
import { type Calibration, type Calibrator, differ } from './calibration.ts'
import { type Effort, jobOf, measure, type Sample } from './measure.ts'
import type { Peer } from './peers.ts'

/** What one peer came to in one workload: a line of the JSON. */
export interface Figure {
  readonly peer: string
  readonly workload: string
  readonly unit: string
  readonly median: number
  readonly min: number
  readonly max: number
  /** Processes that were measured. */
  readonly runs: number
  /** Where a workload is done in several ways. */
  readonly variant?: string
  /** Ours by this peer's, the median of the rounds; more than 1 is more of ours. Not given: for ours itself. */
  readonly ratio?: number
  /** Which figures are better, and which ratios: `more` for what is completed a second, `less` for times, bytes and processor time. */
  readonly better: 'more' | 'less'
  /** Microseconds, where latencies are measured. */
  readonly p50?: number
  readonly p99?: number
  readonly p999?: number
  /** What was measured, such as `xstate 5.33.3`. */
  readonly version?: string
  /** What it was measured on: processor, memory, system and Node. */
  readonly machine?: string
  /** When the row was done, in ISO 8601. */
  readonly measured?: string
  /** True: a figure of `--quick`, which says nothing. */
  readonly quick?: true
  /** The machine before the row and after it, see {@link Calibration}. */
  readonly loopNs?: readonly [before: number, after: number]
  readonly cacheLineNs?: readonly [before: number, after: number]
  /** Whether those differ by so much that the row is rough. */
  readonly machineChanged?: boolean
}

/** A workload in one of its variants, with the figures of all who do it, ours first. */
export interface Row {
  readonly workload: Workload
  readonly variant: string
  readonly figures: readonly Figure[]
  /** The machine before and after. */
  readonly machine?: readonly [Calibration, Calibration]
}

/** What is to be measured. */
export interface Plan {
  readonly workload: Workload
  readonly variant: string
  readonly peers: readonly Peer[]
}

/** How it is to be measured. */
export interface RowOptions {
  readonly effort: Effort
  /** What is measured on, as each figure tells it. */
  readonly machine: string
  /** Processes for each figure. */
  readonly runs: number
  /** How often a row is measured again when the machine was another one after it than before. */
  readonly repeats: number
  progress(text: string): void
  /** A peer could not do its part of a row, and is left out of it. */
  failed(why: string): void
}

/** The rows of these workloads that ours or, where ours was not asked for, at least one peer does. */
export function planOf(names: readonly string[], peers: readonly Peer[]): Plan[] {
  return workloads
    .filter(({ name }) => names.length === 0 || names.includes(name))
    .flatMap((workload) => (workload.variants ?? ['']).map((variant) => ({ workload, variant })))
    .map((row) => ({ ...row, peers: peers.filter((peer) => peer.does[row.workload.name]?.includes(row.variant)) }))
    .filter(({ peers: doing }) => doing.length > 0)
}

/** Measures a row, again if the machine changed meanwhile. */
export async function measureRow(plan: Plan, options: RowOptions, calibrator: Calibrator): Promise<Row> {
  const label = labelOf(plan.workload.name, plan.variant)
  for (let attempt = 0; ; attempt++) {
    const before = calibrator.measure()
    const samples = await takeTurns(plan, options, label)
    const after = calibrator.measure()
    options.progress(`${label}: machine ${machineText(before)}, after ${machineText(after)}`)
    const machineChanged = differ(before, after)
    if (attempt >= options.repeats || !machineChanged) {
      const [loopNs, cacheLineNs] = [
        [before.loopNs, after.loopNs],
        [before.cacheLineNs, after.cacheLineNs],
      ] as const
      const facts = { machine: options.machine, measured: now(), loopNs, cacheLineNs, machineChanged }
      if (machineChanged) options.progress(`${label}: the machine changed meanwhile; the row is marked`)
      return { ...rowOf(plan, samples, facts), machine: [before, after] }
    }
    options.progress(`${label}: the machine changed meanwhile; measured again`)
  }
}

async function takeTurns(plan: Plan, options: RowOptions, label: string): Promise<Map<Peer, Sample[]>> {
  const { effort, runs, progress, failed } = options
  const job = jobOf(plan.workload, plan.variant, effort)
  const samples = new Map<Peer, Sample[]>(plan.peers.map((peer) => [peer, []]))
  for (let round = 0; round < runs; round++) {
    // Forth and back, so that nobody always comes after the same other.
    const peers = [...samples.keys()]
    for (const peer of round % 2 === 0 ? peers : peers.reverse()) {
      try {
        const [sample] = (await measure(peer, [job])).values()
        samples.get(peer)?.push(sample!)
        progress(`${label} ${round + 1}/${runs} ${peer.name}: ${figureText(sample!.value)} ${plan.workload.unit}`)
      } catch (error) {
        failed(error instanceof Error ? error.message : String(error))
        samples.delete(peer)
      }
    }
  }
  return samples
}

/** All rows at once, one process for each peer and command: proves that all works, and says nothing about speed. */
export async function measureQuickly(
  plans: readonly Plan[],
  { effort, machine, atOnce }: Pick<RowOptions, 'effort' | 'machine'> & { readonly atOnce: number },
): Promise<{ rows: Row[]; failures: string[] }> {
  const tasks = new Map<string, { peer: Peer; jobs: string[] }>()
  for (const { workload, variant, peers } of plans) {
    for (const peer of peers) {
      const key = `${peer.name} ${peer.command(workload.name, variant).join(' ')}`
      const task = tasks.get(key) ?? { peer, jobs: [] }
      task.jobs.push(jobOf(workload, variant, effort))
      tasks.set(key, task)
    }
  }
  const samples = new Map<string, Sample>()
  const failures: string[] = []
  const waiting = [...tasks.values()]
  const lane = async () => {
    for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) {
      try {
        const measured = await measure(task.peer, task.jobs)
        for (const [job, sample] of measured) samples.set(`${task.peer.name} ${job}`, sample)
      } catch (error) {
        failures.push(error instanceof Error ? error.message : String(error))
      }
    }
  }
  await Promise.all(Array.from({ length: atOnce }, lane))
  const rows = plans.flatMap((plan) => {
    const job = jobOf(plan.workload, plan.variant, effort)
    const taken = plan.peers.flatMap((peer): [Peer, Sample[]][] => {
      const sample = samples.get(`${peer.name} ${job}`)
      return sample === undefined ? [] : [[peer, [sample]]]
    })
    return taken.length === 0 ? [] : [rowOf(plan, new Map(taken), { machine, measured: now(), quick: true })]
  })
  return { rows, failures }
}

/** What the figures of a row tell of how they came about. */
type RowFacts = Pick<Figure, 'machine' | 'measured' | 'quick' | 'loopNs' | 'cacheLineNs' | 'machineChanged'>

function rowOf({ workload, variant }: Plan, samples: ReadonlyMap<Peer, readonly Sample[]>, facts: RowFacts): Row {
  const ours = [...samples].find(([{ name }]) => name === 'troupe')?.[1]
  const figures = [...samples].map(([{ name, version }, taken]): Figure => {
    const values = taken.map(({ value }) => value)
    const ratios = ours === undefined ? [] : taken.map(({ value }, round) => ours[round]!.value / value)
    return {
      peer: name,
      workload: workload.name,
      unit: workload.unit,
      median: median(values),
      min: Math.min(...values),
      max: Math.max(...values),
      runs: values.length,
      ...(variant === '' ? {} : { variant }),
      ...(ours === undefined || name === 'troupe' ? {} : { ratio: median(ratios) }),
      better: workload.measures === 'rate' ? 'more' : 'less',
      ...(workload.measures === 'latency' ? percentiles(taken) : {}),
      version,
      ...facts,
    }
  })
  return { workload, variant, figures }
}

function percentiles(samples: readonly Sample[]): Pick<Figure, 'p50' | 'p99' | 'p999'> {
  const histogram = build({ numberOfSignificantValueDigits: 3 })
  for (const { latencies } of samples) for (const nanoseconds of latencies) histogram.recordValue(nanoseconds)
  const at = (percentile: number) => histogram.getValueAtPercentile(percentile) / 1_000
  return { p50: at(50), p99: at(99), p999: at(99.9) }
}

/** A workload and its variant, as reports name them. */
export function labelOf(workload: string, variant = ''): string {
  return variant === '' ? workload : `${workload} (${variant})`
}

/** Whether the machine changed while the row was measured. */
export function isRough({ figures }: Pick<Row, 'figures'>): boolean {
  return figures.some(({ machineChanged }) => machineChanged === true)
}

/** The name of a row in reports; one that is rough is marked. */
export function rowLabel(row: Row): string {
  return `${labelOf(row.workload.name, row.variant)}${isRough(row) ? ` ${roughMark}` : ''}`
}

/** What marks a row that is rough. */
export const roughMark = '†'

function now(): string {
  return new Date().toISOString()
}

/** A figure with three digits that count. */
export function figureText(value: number): string {
  if (value >= 1e6) return `${(value / 1e6).toPrecision(3)} M`
  if (value >= 1_000) return Math.round(value).toLocaleString('en-US')
  return value.toPrecision(3)
}

function machineText({ loopNs, cacheLineNs }: Calibration): string {
  return `${loopNs.toFixed(2)} ns a step, ${Math.round(cacheLineNs)} ns a cache line and back`
}
