/**
 * The pool for tasks: threads of its own, apart from those that host nodes. It lives on the main thread; the first task
 * starts it. A task that nobody waits for any more is withdrawn while it is queued; when it runs it is told by its
 * signal, and its thread is terminated if it does not end within the time of grace. Piscina replaces the thread, and
 * the other tasks go on.
 *
 *     run -> queued -> running -> ended
 *              '-> withdrawn '-> told -> ended, or terminated after graceMs
 */
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { OverloadError, TaskError } from '@troupe/core'
import { encodeError, factsOf, toError } from '@troupe/core/host'
import { Piscina } from 'piscina'
import { type PooledTask, type PostedOutcome, type PostedTask, type TaskExecutor, TaskState } from './posted-task.ts'
import type { CheckedTaskOptions } from './task-options.ts'

/** One task of the pool. */
interface Job {
  readonly task: PostedTask
  readonly done: (outcome: PostedOutcome) => void
  /** Shared with the thread that runs it; see {@link TaskState}. */
  readonly state: Int32Array<SharedArrayBuffer>
  /** Terminates the thread that runs it. */
  readonly abort: AbortController
  cancelled: boolean
  grace: NodeJS.Timeout | undefined
}

/** What the pool does now. */
export interface TaskPoolInspection {
  /** Threads that are up. */
  readonly threads: number
  readonly running: number
  readonly queued: number
}

export class TaskPool implements TaskExecutor {
  readonly #options: CheckedTaskOptions
  readonly #queued = new Set<Job>()
  readonly #running = new Set<Job>()
  /** The ends of threads that were terminated. */
  readonly #ending = new Set<Promise<unknown>>()
  #pool: Piscina | undefined
  #stopped = false

  constructor(options: CheckedTaskOptions) {
    this.#options = options
  }

  run(task: PostedTask, done: (outcome: PostedOutcome) => void): () => void {
    const job: Job = {
      task,
      done,
      state: new Int32Array(new SharedArrayBuffer(4)),
      abort: new AbortController(),
      cancelled: false,
      grace: undefined,
    }
    if (this.#stopped) return () => {}
    const { maxThreads, queueMax } = this.#options
    if (this.#running.size < maxThreads) this.#begin(job)
    else if (this.#queued.size < queueMax) this.#queued.add(job)
    else queueMicrotask(() => done({ failure: encodeError(overloadError(task, queueMax)) }))
    return () => this.#cancel(job)
  }

  inspect(): TaskPoolInspection {
    return { threads: this.#pool?.threads.length ?? 0, running: this.#running.size, queued: this.#queued.size }
  }

  /** Ends all tasks at once, and resolves when their threads have ended. Nobody is told of what had not ended. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#queued.clear()
    for (const job of this.#running) clearTimeout(job.grace)
    await this.#pool?.destroy()
    await Promise.all(this.#ending)
  }

  #begin(job: Job): void {
    const { name, module, args, transfer } = job.task
    const task: PooledTask = { name, module, args, transfer, state: job.state.buffer }
    this.#running.add(job)
    this.#pool ??= this.#start()
    const running: Promise<PostedOutcome> = this.#pool.run(task, {
      transferList: [...transfer],
      signal: job.abort.signal,
    })
    running.then(
      (outcome) => this.#end(job, outcome),
      (error) => this.#end(job, { failure: encodeError(diedError(job.task, toError(error))) }),
    )
  }

  #end(job: Job, outcome: PostedOutcome): void {
    clearTimeout(job.grace)
    this.#running.delete(job)
    if (this.#stopped) return
    if (!job.cancelled) job.done(outcome)
    for (const next of this.#queued) {
      if (this.#running.size >= this.#options.maxThreads) break
      this.#queued.delete(next)
      this.#begin(next)
    }
  }

  #cancel(job: Job): void {
    if (job.cancelled) return
    job.cancelled = true
    if (this.#queued.delete(job) || !this.#running.has(job)) return
    Atomics.compareExchange(job.state, 0, TaskState.running, TaskState.cancelled)
    Atomics.notify(job.state, 0)
    job.grace = setTimeout(() => this.#terminate(job), this.#options.graceMs)
  }

  #terminate(job: Job): void {
    const before = this.#pool?.threads ?? []
    job.abort.abort()
    const left = new Set(this.#pool?.threads)
    for (const thread of before) {
      if (left.has(thread)) continue
      const ended = once(thread, 'exit').finally(() => this.#ending.delete(ended))
      this.#ending.add(ended)
    }
  }

  #start(): Piscina {
    const { minThreads, maxThreads, idleMs, resourceLimits } = this.#options
    const pool = new Piscina({
      filename: fileURLToPath(import.meta.resolve('#task-entry')),
      minThreads,
      maxThreads,
      idleTimeout: idleMs,
      // Between tasks the event loop must have its turn: what ends the wait for a task's abort is done there.
      atomics: 'disabled',
      recordTiming: false,
      ...(resourceLimits === undefined ? {} : { resourceLimits }),
    })
    // What ends a thread ends its task, where it is handled; the pool tells here of threads without one.
    pool.on('error', () => {})
    return pool
  }
}

function overloadError({ name, module }: PostedTask, queueMax: number): OverloadError {
  return new OverloadError(
    `task ${name}: ${queueMax} tasks wait for a thread already; run fewer at a time, or raise tasks.queueMax`,
    { task: name, module, queueMax },
  )
}

/** The error of a task whose thread ended under it. */
function diedError(task: PostedTask, error: Error & { readonly code?: unknown }): TaskError {
  const exit = /worker exited with code: (-?\d+)/.exec(error.message)
  const how =
    error.code === 'ERR_WORKER_OUT_OF_MEMORY'
      ? 'ran out of memory'
      : exit !== null
        ? `ended its thread with exit code ${exit[1]}`
        : `ended its thread by an uncaught error: ${error.message}`
  return new TaskError(`task ${task.name} of ${task.module} ${how}`, factsOf(task, 'died'), { cause: error })
}
