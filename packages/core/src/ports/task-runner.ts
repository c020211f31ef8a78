/** The task runner port: where tasks run. */
import type { CompiledTask } from '../task-definition.ts'

/** One run of a task, as the kernel hands it over. */
export interface TaskRequest {
  readonly task: CompiledTask
  /** The task's own: what was moved is moved already, the rest may have to be copied. */
  readonly args: unknown
  /** The buffers in `args` that may be moved on. */
  readonly transfer: readonly ArrayBuffer[]
}

/** How a run ended: with its result, or with an error, which is a `TroupeError` that names the task. */
export type TaskOutcome =
  | { readonly error: undefined; readonly value: unknown }
  | { readonly error: Error; readonly value?: undefined }

export interface TaskRunner {
  /**
   * Runs a task and calls `done` once with how it ended, never before this call has returned. A task that was
   * cancelled may end without `done` being called.
   */
  start(request: TaskRequest, done: (outcome: TaskOutcome) => void): RunningTask
}

/** What {@link TaskRunner.start} returns. */
export interface RunningTask {
  /** Nobody waits for the task any more: it is withdrawn, or told by its signal and ended. */
  cancel(): void
}
