/**
 * Tasks in place: the runner of hosts without threads. A task is a step of its own on the node's clock, `durationMs`
 * after it was started, so that in virtual time it comes in the same order in every run. Its arguments and its result
 * are copied as between threads.
 */
import { decodeError, encodeError, toError } from './errors.ts'
import { takeMessage } from './message-value.ts'
import type { Clock } from './ports/clock.ts'
import type { RunningTask, TaskOutcome, TaskRequest, TaskRunner } from './ports/task-runner.ts'
import { taskFailedError } from './task-table.ts'

export class InPlaceTasks implements TaskRunner {
  readonly #clock: Clock
  readonly #durationMs: number

  constructor(clock: Clock, durationMs = 0) {
    this.#clock = clock
    this.#durationMs = durationMs
  }

  start(request: TaskRequest, done: (outcome: TaskOutcome) => void): RunningTask {
    const controller = new AbortController()
    const step = this.#clock.schedule(this.#durationMs, () => void run(request, controller.signal, done))
    return {
      cancel() {
        step.cancel()
        controller.abort()
      },
    }
  }
}

async function run(request: TaskRequest, signal: AbortSignal, done: (outcome: TaskOutcome) => void): Promise<void> {
  const { task, args } = request
  const moved: ArrayBuffer[] = []
  try {
    const result = await task.run(args, { signal, transfer: (...buffers) => void moved.push(...buffers) })
    done({ error: undefined, value: takeMessage(result, moved, () => `the result of task ${task.name}`).value })
  } catch (thrown) {
    // As it would arrive from another thread.
    done({ error: taskFailedError(task, decodeError(encodeError(toError(thrown)))) })
  }
}
