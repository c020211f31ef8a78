/** The task runner of a node: turns arguments and results into what can be posted, and back. */
import { ConfigurationError, DefinitionNotFoundError } from '@troupe/core'
import {
  type CompiledTask,
  decodeError,
  type RunningTask,
  type TaskOutcome,
  type TaskRequest,
  type TaskRunner,
  toError,
} from '@troupe/core/host'
import { fromPortable, toPortable } from '../channel/portable.ts'
import { localOnlyReason } from '../module-definitions.ts'
import '../value-extensions.ts'
import type { PostedOutcome, TaskExecutor } from './posted-task.ts'

export class PortableTasks implements TaskRunner {
  readonly #executor: TaskExecutor

  constructor(executor: TaskExecutor) {
    this.#executor = executor
  }

  start({ task, args, transfer }: TaskRequest, done: (outcome: TaskOutcome) => void): RunningTask {
    const { name, module } = task
    const failed = (error: Error): RunningTask => {
      queueMicrotask(() => done({ error }))
      return { cancel() {} }
    }
    if (module === undefined || localOnlyReason(task) !== undefined) return failed(notFound(task))
    try {
      const posted = { name, module, args: toPortable(args, new Set(transfer)), transfer }
      return { cancel: this.#executor.run(posted, (outcome) => done(outcomeOf(outcome))) }
    } catch (thrown) {
      const { message } = toError(thrown)
      return failed(new ConfigurationError(`task ${name}: its arguments cannot be posted: ${message}`, { task: name }))
    }
  }
}

function outcomeOf(outcome: PostedOutcome): TaskOutcome {
  if (outcome.failure !== undefined) return { error: decodeError(outcome.failure) }
  return { error: undefined, value: fromPortable(outcome.value) }
}

function notFound(task: CompiledTask): DefinitionNotFoundError {
  const { name, module } = task
  return new DefinitionNotFoundError(`task ${name} cannot run on the threads of the pool: ${localOnlyReason(task)}`, {
    definition: name,
    ...(module === undefined ? {} : { module }),
  })
}
