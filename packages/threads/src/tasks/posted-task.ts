/** A task on its way between threads, and what became of it: both as structured clone carries them. */
import type { ErrorData } from '@troupe/core/host'

/** One run of a task. */
export interface PostedTask {
  readonly name: string
  /** The URL of the module that exports it. */
  readonly module: string
  /** The arguments in their portable form. */
  readonly args: unknown
  /** The buffers in `args` that are moved. */
  readonly transfer: readonly ArrayBuffer[]
}

/** How a run ended: an error that names the task, or the result in its portable form. */
export type PostedOutcome =
  | { readonly failure: ErrorData }
  | { readonly failure?: undefined; readonly value: unknown; readonly transfer: readonly ArrayBuffer[] }

/** What runs posted tasks: the pool, or the way to it. */
export interface TaskExecutor {
  /** Runs a task, and calls `done` at most once, later. The function that is returned ends it. */
  run(task: PostedTask, done: (outcome: PostedOutcome) => void): () => void
}

/** What a thread of the pool is given: the task, and the word by which it is told that nobody waits any more. */
export interface PooledTask extends PostedTask {
  readonly state: SharedArrayBuffer
}

/** The values of that word. */
export const TaskState = { running: 0, cancelled: 1, ended: 2 } as const
