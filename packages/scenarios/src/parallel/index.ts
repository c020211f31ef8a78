/**
 * `@troupe/scenarios/parallel`: seeds and mutants on several threads, which are those of a Troupe system's pool for tasks.
 * A run is a function of its seed and its options, so what comes out is the same for any number of threads.
 */
import type { MutantResult } from '@troupe/simulation/mutation'
import { createSystem, type ThreadSystem } from '@troupe/threads'
import type { ScenarioRun } from '../scenario.ts'
import { type MutantTask, mutantTask, type SeedsTask, seedsTask } from './scenario-tasks.ts'

export type { MutantTask, SeedsTask } from './scenario-tasks.ts'

/** Threads that run scenarios; to be disposed of. */
export class ScenarioThreads implements AsyncDisposable {
  readonly #system: ThreadSystem

  private constructor(system: ThreadSystem) {
    this.#system = system
  }

  /** So many threads, from 1 to 1,024; each starts when there is work for it. */
  static async start(threads: number): Promise<ScenarioThreads> {
    return new ScenarioThreads(await createSystem({ threads: 1, log: 'none', tasks: { maxThreads: threads } }))
  }

  /** Runs some seeds of a scenario, one after the other on one thread; resolves with their runs in order. */
  runSeeds(task: SeedsTask): Promise<ScenarioRun[]> {
    return this.#system.task(seedsTask, task)
  }

  /** Judges one mutant. */
  judgeMutant(task: MutantTask): Promise<MutantResult> {
    return this.#system.task(mutantTask, task)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#system.stop()
  }
}
