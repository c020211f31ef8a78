/** The options of the pool for tasks, their defaults and their checks. */

import { availableParallelism } from 'node:os'
import type { ResourceLimits } from 'node:worker_threads'
import type { KnownOptions } from '@troupe/core/host'

/** The pool of threads for `ctx.task` and `system.task`. It starts with the first task. */
export interface TaskPoolOptions {
  /** Threads that stay once the pool has started; a whole number from 0 to `maxThreads`. Default 0. */
  readonly minThreads?: number
  /** Tasks that run at a time; a whole number from 1 to 1,024. Default: what the machine runs in parallel. */
  readonly maxThreads?: number
  /** Tasks that may wait for a thread; one more fails with an `OverloadError`. A whole number from 0. Default 10,000. */
  readonly queueMax?: number
  /** How long a task that was told to end may take, in milliseconds, before its thread is terminated. Default 500. */
  readonly graceMs?: number
  /** How long a thread beyond `minThreads` waits for a task before it ends, in milliseconds. Default 30,000. */
  readonly idleMs?: number
  /** Memory limits of each thread, as Node's `Worker` takes them. */
  readonly resourceLimits?: ResourceLimits
}

/** The options that a pool knows. */
export const knownOfTasks: KnownOptions<TaskPoolOptions> = {
  minThreads: true,
  maxThreads: true,
  queueMax: true,
  graceMs: true,
  idleMs: true,
  resourceLimits: true,
}

/** {@link TaskPoolOptions} with every default filled in. */
export interface CheckedTaskOptions {
  readonly minThreads: number
  readonly maxThreads: number
  readonly queueMax: number
  readonly graceMs: number
  readonly idleMs: number
  readonly resourceLimits: ResourceLimits | undefined
}

/** Fills in the defaults; `check` throws when an option does not hold. */
export function checkTaskOptions(
  options: TaskPoolOptions,
  check: (holds: boolean, option: string, needed: string, value: unknown) => void,
): CheckedTaskOptions {
  const { minThreads = 0, queueMax = 10_000, graceMs = 500, idleMs = 30_000, resourceLimits } = options
  const maxThreads = options.maxThreads ?? Math.max(availableParallelism(), minThreads)
  const isWhole = (value: number, least: number, most = Number.MAX_SAFE_INTEGER) =>
    Number.isInteger(value) && value >= least && value <= most
  check(isWhole(maxThreads, 1, 1_024), 'tasks.maxThreads', 'a whole number from 1 to 1,024', maxThreads)
  check(isWhole(minThreads, 0, maxThreads), 'tasks.minThreads', 'a whole number from 0 to maxThreads', minThreads)
  check(isWhole(queueMax, 0), 'tasks.queueMax', 'a whole number from 0', queueMax)
  check(graceMs >= 0 && graceMs <= 2 ** 31 - 1, 'tasks.graceMs', 'from 0 to 2^31 - 1', graceMs)
  check(idleMs >= 0 && idleMs <= 2 ** 31 - 1, 'tasks.idleMs', 'from 0 to 2^31 - 1', idleMs)
  return { minThreads, maxThreads, queueMax, graceMs, idleMs, resourceLimits }
}
