/**
 * Measures a program on several numbers of threads: a stage for each, all open at once, and the runs in turn, since the
 * machine's speed changes by the second. Each run is timed from the first spawn to the result, then verified, then cleared.
 */
import { median } from '../src/measured.ts'
import type { SavinaProgram, Size } from './program.ts'
import { Stage } from './stage.ts'
import { busiestSince, threadTimes } from './thread-times.ts'

/** What was measured of one program on one number of threads. */
export interface Measurement {
  readonly peer: 'troupe'
  readonly workload: string
  readonly threads: number
  readonly unit: string
  /** Units completed a second: the median of the runs, and their extremes. */
  readonly median: number
  readonly min: number
  readonly max: number
  /** How many runs were measured. */
  readonly runs: number
  /** The program's parameters. */
  readonly size: Size
  /** Whether it was placed on all threads although it is best kept on one. */
  readonly spread: boolean
  /** True: it proves that all works, and says nothing about speed. */
  readonly quick: boolean
  /** Milliseconds of a run: the median. */
  readonly milliseconds: number
  /** Milliseconds of processor time of a run, of all threads together: the median. */
  readonly cpuMilliseconds: number
  /**
   * Milliseconds of processor time of the busiest thread in a run: the median; 0 where the system does not tell. Its ratio
   * between numbers of threads is what they gain when nothing else uses the machine, and nobody waits for anybody.
   */
  readonly busiestMilliseconds: number
}

/** How a program is measured. */
export interface MeasureOptions {
  /** The numbers of threads, each from 1. */
  readonly threads: readonly number[]
  /** Measured runs on each. */
  readonly runs: number
  /** Runs before those, verified as well, that are not counted. */
  readonly warmUps: number
  readonly size: Size
  /** Places programs on all threads that are best kept on one. */
  readonly spread: boolean
  /** Marks the lines as ones that say nothing about speed. Default false. */
  readonly quick?: boolean
  /** Told before each run. */
  readonly onRun?: (run: { readonly threads: number; readonly number: number; readonly of: number }) => void
}

interface Sample {
  readonly milliseconds: number
  readonly cpuMilliseconds: number
  readonly busiestMilliseconds: number
}

/**
 * Measures one program; a line for each number of threads. Rejects with a `WrongResultError` when a result is wrong, with
 * a `RangeError` when the program cannot have the size, and with the failure of an actor.
 */
export async function measureProgram(
  program: SavinaProgram,
  { threads, runs, warmUps, size, spread, quick = false, onRun }: MeasureOptions,
): Promise<Measurement[]> {
  const prepared = program.prepare(size)
  const stages: { readonly stage: Stage; readonly samples: Sample[] }[] = []
  try {
    for (const count of threads) {
      const stage = await Stage.open({ threads: count })
      stage.use(program.oneThread && !spread ? 'one' : 'all')
      stages.push({ stage, samples: [] })
    }
    const of = warmUps + runs
    for (let number = 1; number <= of; number++) {
      for (const { stage, samples } of stages) {
        onRun?.({ threads: stage.threads, number, of })
        const timesBefore = threadTimes()
        const cpuBegan = process.cpuUsage()
        const began = performance.now()
        const verify = await prepared.run(stage)
        const milliseconds = performance.now() - began
        const cpu = process.cpuUsage(cpuBegan)
        const busiestMilliseconds = busiestSince(timesBefore)
        verify()
        await stage.clear()
        if (number <= warmUps) continue
        samples.push({ milliseconds, cpuMilliseconds: (cpu.user + cpu.system) / 1_000, busiestMilliseconds })
      }
    }
  } finally {
    for (const { stage } of stages) await stage.close()
  }
  return stages.map(({ stage, samples }) => {
    const rates = samples.map(({ milliseconds }) => prepared.units / (milliseconds / 1_000))
    return {
      peer: 'troupe',
      workload: program.name,
      threads: stage.threads,
      unit: `${program.unit}/s`,
      median: median(rates),
      min: Math.min(...rates),
      max: Math.max(...rates),
      runs,
      size,
      spread: program.oneThread && spread,
      quick,
      milliseconds: median(samples.map((sample) => sample.milliseconds)),
      cpuMilliseconds: median(samples.map((sample) => sample.cpuMilliseconds)),
      busiestMilliseconds: median(samples.map((sample) => sample.busiestMilliseconds)),
    }
  })
}
