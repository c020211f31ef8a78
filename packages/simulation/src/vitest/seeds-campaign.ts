/**
 * A campaign that ends at the first failing seed, in the order of the seeds: in this thread, or with a program in a module
 * of its own spread over threads. Both find the same seed, however many threads there are.
 */
import { extname } from 'node:path'
import { Piscina } from 'piscina'
import { type FaultKind, noFaults } from '../fault-knobs.ts'
import type { SimulationScenario } from '../simulation-scenario.ts'
import { runSeeds, type SeedsResult, type SeedsTask } from './seeds-worker.ts'

/** Seeds that a thread gets at a time. */
const seedsPerTask = 4

/** What is known while a campaign runs, and at its end. */
export interface SeedsProgress {
  readonly runs: number
  readonly seeds: number
  readonly events: number
}

/** What a campaign came to. */
export interface SeedsOutcome extends SeedsProgress {
  readonly injected: Readonly<Record<FaultKind, number>>
  readonly failedSeed: number | undefined
}

/** Runs the seeds of `task` on so many threads; 1: in this one, with `scenario`. */
export async function campaignOf(
  task: SeedsTask,
  scenario: SimulationScenario,
  threads: number,
  onProgress: (progress: SeedsProgress) => void,
): Promise<SeedsOutcome> {
  const seeds = task.seeds.length
  let [runs, events] = [0, 0]
  if (threads === 1) {
    const result = await runSeeds(scenario, task, (more) => {
      runs++
      events += more
      onProgress({ runs, seeds, events })
    })
    return { ...result, seeds, failedSeed: result.failedSeed }
  }
  const chunks: number[][] = []
  for (let start = 0; start < seeds; start += seedsPerTask) chunks.push(task.seeds.slice(start, start + seedsPerTask))
  const pool = new Piscina<SeedsTask, SeedsResult>({
    filename: new URL(`./seeds-worker${extname(import.meta.url)}`, import.meta.url).href,
    maxThreads: threads,
  })
  const injected = noFaults()
  const failed = new Map<number, number>()
  let next = 0
  const lane = async () => {
    // Chunks begin in order, so all before a failed one have begun: the first that fails is among them.
    while (next < chunks.length && failed.size === 0) {
      const index = next++
      const result = await pool.run({ ...task, seeds: chunks[index] as number[] })
      runs += result.runs
      events += result.events
      for (const kind of Object.keys(injected) as FaultKind[]) injected[kind] += result.injected[kind]
      if (result.failedSeed !== undefined) failed.set(index, result.failedSeed)
      onProgress({ runs, seeds, events })
    }
  }
  try {
    await Promise.all(Array.from({ length: threads }, lane))
  } finally {
    await pool.destroy()
  }
  const first = Math.min(...failed.keys())
  return { runs, seeds, events, injected, failedSeed: failed.get(first) }
}
