/**
 * A campaign that ends at the first failing seed, in the order of the seeds: in this thread, or spread over threads that
 * import the program by themselves. Both find the same seed, however many threads there are.
 *
 * A program that is a function of a test's file may need what only the test runner has there. So the first seed is run
 * here and on a thread; unless both are one run, to the hash, all seeds are run here.
 */
import { extname } from 'node:path'
import { Piscina } from 'piscina'
import { ClaimTally } from '../claim-tally.ts'
import { type FaultKind, noFaults } from '../fault-knobs.ts'
import type { SimulationScenario } from '../simulation-scenario.ts'
import { runSeeds, type SeedsResult, type SeedsTask } from './seeds-worker.ts'

/** Seeds that a thread gets at a time. */
const seedsPerTask = 4
/** Less work than this, in milliseconds, is done before threads have started. */
const worthThreadsMs = 1_500

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
  /** Where its two runs differ, when that is how it failed. */
  readonly divergence: string | undefined
  /** For each `sometimes` claim, how many of the runs reached it. */
  readonly seedsReached: Readonly<Record<string, number>>
  /** Threads that seeds were run on; 1: only this one. */
  readonly threads: number
}

/** How a campaign is run. */
export interface SeedsCampaignOptions {
  /** Most threads; `undefined`: as many as `cores`, where that is worth it. */
  readonly threads: number | undefined
  readonly cores: number
  readonly onProgress: (progress: SeedsProgress) => void
  /** Why the seeds are not spread over threads. */
  readonly onAlone: (why: string) => void
}

/** A seed that failed, and where its two runs differ if they do. */
interface FailedSeed {
  readonly seed: number
  readonly divergence: string | undefined
}

type Pool = Piscina<SeedsTask, SeedsResult>

/** Runs the seeds of `task`, those in this thread with `scenario`. */
export async function campaignOf(
  task: SeedsTask,
  scenario: SimulationScenario,
  options: SeedsCampaignOptions,
): Promise<SeedsOutcome> {
  const campaign = new SeedsCampaign(task, scenario, options)
  return await campaign.run()
}

class SeedsCampaign {
  readonly #task: SeedsTask
  readonly #scenario: SimulationScenario
  readonly #options: SeedsCampaignOptions
  readonly #claims = new ClaimTally()
  readonly #injected = noFaults()
  #runs = 0
  #events = 0
  #failed: FailedSeed | undefined
  #threads = 1

  constructor(task: SeedsTask, scenario: SimulationScenario, options: SeedsCampaignOptions) {
    this.#task = task
    this.#scenario = scenario
    this.#options = options
  }

  async run(): Promise<SeedsOutcome> {
    const { seeds } = this.#task
    const { threads = this.#options.cores } = this.#options
    if (threads === 1 || seeds.length === 1) await this.#runHere(seeds)
    else await this.#spread(threads)
    const { seedsReached } = this.#claims
    const totals = { runs: this.#runs, seeds: seeds.length, events: this.#events, injected: this.#injected }
    return {
      ...totals,
      failedSeed: this.#failed?.seed,
      divergence: this.#failed?.divergence,
      seedsReached,
      threads: this.#threads,
    }
  }

  async #spread(threads: number): Promise<void> {
    const [first, ...rest] = this.#task.seeds as [number, ...number[]]
    const started = performance.now()
    const result = await this.#runHere([first])
    if (this.#failed !== undefined) return
    const expectedMs = (performance.now() - started) * rest.length
    if (this.#options.threads === undefined && expectedMs < worthThreadsMs) {
      await this.#runHere(rest)
      return
    }
    const pool: Pool = new Piscina({
      filename: new URL(`./seeds-worker${extname(import.meta.url)}`, import.meta.url).href,
      maxThreads: threads,
    })
    try {
      if (await this.#isSameProgram(pool, first, result.hash)) {
        this.#threads = threads
        await this.#runOn(pool, threads, rest)
      } else await this.#runHere(rest)
    } finally {
      await pool.destroy()
    }
  }

  /** Whether a thread runs what this one does. */
  async #isSameProgram(pool: Pool, seed: number, hash: string): Promise<boolean> {
    if (this.#task.testFile === undefined) return true
    try {
      const probe = await pool.run({ ...this.#task, seeds: [seed] })
      if (probe.hash === hash) return true
      this.#options.onAlone(`on a thread of its own seed ${seed} is another run`)
    } catch (error) {
      this.#options.onAlone(error instanceof Error ? error.message : String(error))
    }
    return false
  }

  async #runHere(seeds: readonly number[]): Promise<SeedsResult> {
    const { onProgress } = this.#options
    let [runs, events] = [this.#runs, this.#events]
    const result = await runSeeds(this.#scenario, { ...this.#task, seeds }, (more) => {
      runs++
      events += more
      onProgress({ runs, seeds: this.#task.seeds.length, events })
    })
    this.#add(result)
    return result
  }

  async #runOn(pool: Pool, threads: number, seeds: readonly number[]): Promise<void> {
    const chunks: number[][] = []
    for (let start = 0; start < seeds.length; start += seedsPerTask) {
      chunks.push(seeds.slice(start, start + seedsPerTask))
    }
    const failed = new Map<number, FailedSeed>()
    let next = 0
    const lane = async () => {
      // Chunks begin in order, so all before a failed one have begun: the first that fails is among them.
      while (next < chunks.length && failed.size === 0) {
        const index = next++
        const result = await pool.run({ ...this.#task, seeds: chunks[index] as number[] })
        const failure = failedSeedOf(result)
        if (failure !== undefined) failed.set(index, failure)
        this.#add(result)
        const { onProgress } = this.#options
        onProgress({ runs: this.#runs, seeds: this.#task.seeds.length, events: this.#events })
      }
    }
    await Promise.all(Array.from({ length: threads }, lane))
    this.#failed = failed.get(Math.min(...failed.keys()))
  }

  #add(result: SeedsResult): void {
    const { runs, events, injected, claims } = result
    this.#runs += runs
    this.#events += events
    for (const kind of Object.keys(injected) as FaultKind[]) this.#injected[kind] += injected[kind]
    for (const made of claims) this.#claims.add(made)
    this.#failed ??= failedSeedOf(result)
  }
}

function failedSeedOf({ failedSeed, divergence }: SeedsResult): FailedSeed | undefined {
  return failedSeed === undefined ? undefined : { seed: failedSeed, divergence }
}
