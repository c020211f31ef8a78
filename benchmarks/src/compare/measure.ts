/** Measurements: a peer's jobs in a fresh process, and what its lines come to. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { type Workload, workloadNamed } from '../../peers/workloads.ts'
import { median } from '../measured.ts'
import type { Peer } from './peers.ts'

/** A process that does not end is ended after this long. */
const processTimeoutMs = 120_000

/** How much is measured in one process. */
export interface Effort {
  readonly quick: boolean
  /** Milliseconds that one measured run should take; a slow peer gets a smaller size. */
  readonly budgetMs: number
  /** Measured runs in one process, after those that warm it up. */
  readonly rounds: number
}

/** What one process came to in one job. */
export interface Sample {
  /** In the workload's unit. */
  readonly value: number
  /** Nanoseconds of each round trip, where latencies are measured. */
  readonly latencies: readonly number[]
}

interface Line {
  readonly job: string
  readonly completed: number
  readonly nanoseconds: number
  readonly value?: number
  readonly latencies?: readonly number[]
}

/** The job of a workload and variant, as a peer's program takes it. */
export function jobOf(workload: Workload, variant: string, effort: Effort): string {
  const size = effort.quick ? workload.quickSize : workload.size
  const rounds = workload.measures === 'rate' || workload.measures === 'latency' ? effort.rounds : 1
  return [workload.name, variant, size, effort.budgetMs, rounds].join(',')
}

/** Runs jobs in one process, which all must take the same command; the sample of each, by job. */
export async function measure(peer: Peer, jobs: readonly string[]): Promise<Map<string, Sample>> {
  const [name = '', variant = ''] = (jobs[0] ?? '').split(',')
  const [program = '', ...options] = peer.command(name, variant)
  const child = spawn(program, [...options, ...jobs], {
    env: { ...process.env, NODE_ENV: 'production', ERL_CRASH_DUMP: '/dev/null' },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: processTimeoutMs,
    killSignal: 'SIGKILL',
  })
  let complaint = ''
  child.stderr.on('data', (data) => {
    complaint = `${complaint}${data}`.slice(-2_000)
  })
  const closed = new Promise<string>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve(code === 0 ? '' : `exit ${code ?? signal}`))
  })
  const lines = new Map<string, Line[]>(jobs.map((job) => [job, []]))
  for await (const text of createInterface({ input: child.stdout })) {
    const line = JSON.parse(text) as Line
    lines.get(line.job)?.push(line)
  }
  const failure = await closed
  if (failure !== '') throw new Error(`${peer.name}, ${jobs.join(' ')}: ${failure}\n${complaint}`)
  return new Map([...lines].map(([job, measured]) => [job, sampleOf(peer, job, measured)]))
}

function sampleOf(peer: Peer, job: string, lines: readonly Line[]): Sample {
  const workload = workloadNamed(job.split(',')[0] ?? '')
  if (lines.length === 0) throw new Error(`${peer.name}, ${job}: nothing was measured`)
  const latencies = lines.flatMap((line) => line.latencies ?? [])
  return { value: median(lines.map((line) => figureOf(workload, line))), latencies }
}

function figureOf(workload: Workload, line: Line): number {
  switch (workload.measures) {
    case 'rate':
      return (line.completed * (workload.unitWeight ?? 1) * 1e9) / line.nanoseconds
    case 'latency':
      return median(line.latencies ?? []) / 1_000
    default:
      return line.value ?? Number.NaN
  }
}
