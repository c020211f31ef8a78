/**
 * The tasks of a node that are under way: each ends once, by its result, its failure, its caller's signal, its timeout,
 * or the end of the actor or the node that waits for it. The runner is told of every end but the task's own.
 */
import type { ActorCell } from './actor-cell.ts'
import type { RejectFor } from './ask-table.ts'
import { ActorStoppedError, ConfigurationError, SystemStoppedError, TaskError } from './errors.ts'
import { takeMessage } from './message-value.ts'
import type { Clock, ScheduledTask } from './ports/clock.ts'
import type { RunningTask, TaskOutcome, TaskRunner } from './ports/task-runner.ts'
import { shownValue } from './shown-value.ts'
import type { CompiledTask, TaskOptions } from './task-definition.ts'

/** Milliseconds that every clock can wait. */
const timeoutMsMax = 2 ** 31 - 1

/** One task under way. */
interface PendingTask {
  readonly from: ActorCell | undefined
  readonly task: CompiledTask
  readonly promise: Promise<unknown>
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
  running: RunningTask | undefined
  timeout: ScheduledTask | undefined
  unlisten: (() => void) | undefined
}

export class TaskTable {
  #size = 0
  readonly #clock: Clock
  readonly #runner: TaskRunner
  readonly #rejectFor: RejectFor
  readonly #pending = new Set<PendingTask>()

  constructor(clock: Clock, runner: TaskRunner, rejectFor: RejectFor) {
    this.#clock = clock
    this.#runner = runner
    this.#rejectFor = rejectFor
  }

  /** Tasks under way. */
  get size(): number {
    return this.#size
  }

  /** Starts a task. Throws what is wrong with its arguments or options; then nothing was moved and nothing runs. */
  start(from: ActorCell | undefined, task: CompiledTask, args: unknown, options: TaskOptions = {}): Promise<unknown> {
    const caller = from?.path() ?? 'the program'
    const { signal, transfer = [], timeoutMs } = options
    if (timeoutMs !== undefined && !(timeoutMs > 0 && timeoutMs <= timeoutMsMax)) {
      throw new ConfigurationError(
        `${caller}: timeoutMs of task ${task.name} must be above 0 and at most 2^31 - 1, got ${shownValue(timeoutMs)}`,
      )
    }
    if (signal?.aborted) return Promise.reject(abortedError(task, signal.reason))
    const taken = takeMessage(args, transfer, () => `the arguments of task ${task.name} from ${caller}`)
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const pending: PendingTask = {
      from,
      task,
      promise,
      resolve,
      reject,
      running: undefined,
      timeout: undefined,
      unlisten: undefined,
    }
    this.#pending.add(pending)
    this.#size++
    if (from !== undefined) from.openTasks++
    if (signal !== undefined) this.#listen(pending, signal)
    if (timeoutMs !== undefined) {
      pending.timeout = this.#clock.schedule(timeoutMs, () =>
        this.#cancel(
          pending,
          new TaskError(`task ${task.name} did not end within ${timeoutMs} ms; raise timeoutMs or give it less`, {
            ...factsOf(task, 'timeout'),
            timeoutMs,
          }),
        ),
      )
    }
    pending.running = this.#runner.start({ task, args: taken.value, transfer: taken.moved }, (outcome) =>
      this.#end(pending, outcome),
    )
    return promise
  }

  /** Ends the tasks of an actor that is no more, or begins a new generation. */
  dropCell(cell: ActorCell): void {
    if (cell.openTasks === 0) return
    for (const pending of [...this.#pending]) {
      if (pending.from !== cell) continue
      // The turn that waited is over for good: nobody else need handle this.
      pending.promise.catch(() => {})
      this.#cancel(
        pending,
        new ActorStoppedError(`${cell.path()} stopped while it waited for task ${pending.task.name}`),
      )
    }
  }

  /** The node ends: tasks from outside the actors fail, those of its actors are forgotten with the turns that wait. */
  close(reason: string): void {
    for (const pending of [...this.#pending]) {
      if (pending.from === undefined) {
        this.#cancel(pending, new SystemStoppedError(`task ${pending.task.name}: ${reason}`))
      } else if (this.#take(pending)) pending.running?.cancel()
    }
  }

  #listen(pending: PendingTask, signal: AbortSignal): void {
    const abort = () => this.#cancel(pending, abortedError(pending.task, signal.reason))
    signal.addEventListener('abort', abort, { once: true })
    pending.unlisten = () => signal.removeEventListener('abort', abort)
  }

  #cancel(pending: PendingTask, error: Error): void {
    if (!this.#take(pending)) return
    pending.running?.cancel()
    this.#rejectFor(pending.from, () => pending.reject(error))
  }

  #end(pending: PendingTask, { error, value }: TaskOutcome): void {
    if (!this.#take(pending)) return
    if (error === undefined) pending.resolve(value)
    else this.#rejectFor(pending.from, () => pending.reject(error))
  }

  #take(pending: PendingTask): boolean {
    if (!this.#pending.delete(pending)) return false
    this.#size--
    if (pending.from !== undefined) pending.from.openTasks--
    pending.timeout?.cancel()
    pending.unlisten?.()
    return true
  }
}

/** Why a task has no result. */
export type TaskFailureReason = 'failed' | 'aborted' | 'timeout' | 'died'

/** What a program needs to know of a failed task. */
export function factsOf({ name, module }: CompiledTask | TaskName, reason: TaskFailureReason) {
  return { task: name, ...(module === undefined ? {} : { module }), reason }
}

/** A task by name. */
export interface TaskName {
  readonly name: string
  readonly module: string | undefined
}

/** The error of a task that threw. */
export function taskFailedError(task: TaskName, cause: Error): TaskError {
  const where = task.module === undefined ? '' : ` of ${task.module}`
  return new TaskError(`task ${task.name}${where} threw: ${cause.message}`, factsOf(task, 'failed'), { cause })
}

function abortedError(task: CompiledTask, reason: unknown): TaskError {
  return new TaskError(
    `task ${task.name} was aborted by its caller's signal`,
    factsOf(task, 'aborted'),
    reason === undefined ? undefined : { cause: reason },
  )
}
