/** A task on its thread: found by its module and name, run with a signal that is seen also by a loop without an await. */
import { type CompiledTask, encodeError, isTask, takeMessage, taskFailedError, toError } from '@troupe/core/host'
import { fromPortable, toPortable } from '../channel/portable.ts'
import { importDefinitions, onlyNamed } from '../module-loading.ts'
import { markThread, type ThreadMark } from '../thread-mark.ts'
import '../value-extensions.ts'
import { type PooledTask, type PostedOutcome, TaskState } from './posted-task.ts'

/** How this thread is called in messages. */
const threadName = 'a thread for tasks'
const loaded = new Map<string, CompiledTask>()
let mark: ThreadMark | undefined

/** Runs a task to its end. Never rejects: what went wrong is part of the outcome. */
export async function runTask({ name, module, args, state }: PooledTask): Promise<PostedOutcome> {
  const word = new Int32Array(state)
  try {
    const task = loaded.get(`${module}#${name}`) ?? (await load(name, module))
    return await run(task, args, word)
  } catch (error) {
    return { failure: encodeError(error) }
  } finally {
    // Lets go of the wait for the abort.
    Atomics.store(word, 0, TaskState.ended)
    Atomics.notify(word, 0)
  }
}

async function run(task: CompiledTask, args: unknown, word: Int32Array): Promise<PostedOutcome> {
  const moved: ArrayBuffer[] = []
  const transfer = (...buffers: ArrayBuffer[]) => void moved.push(...buffers)
  try {
    const result = await task.run(fromPortable(args), { signal: signalOf(word), transfer })
    const taken = takeMessage(result, moved, () => `the result of task ${task.name}`)
    return { value: toPortable(taken.value, new Set(taken.moved)), transfer: taken.moved }
  } catch (thrown) {
    return { failure: encodeError(taskFailedError(task, toError(thrown))) }
  }
}

async function load(name: string, module: string): Promise<CompiledTask> {
  mark ??= markThread(threadName)
  const wanted = { name, module, node: threadName }
  const exported = Object.values(await importDefinitions(wanted, mark))
  const task = onlyNamed([...new Set(exported.filter(isTask))], wanted, 'task')
  loaded.set(`${module}#${name}`, task)
  return task
}

/** The signal over the shared word: aborted by an event, and at once for who looks at it from a busy loop. */
function signalOf(word: Int32Array): AbortSignal {
  const controller = new AbortController()
  const { signal } = controller
  const look = () => {
    if (Atomics.load(word, 0) === TaskState.cancelled) controller.abort()
  }
  const aborted = Reflect.getOwnPropertyDescriptor(AbortSignal.prototype, 'aborted')?.get as () => boolean
  Object.defineProperties(signal, {
    aborted: {
      get() {
        look()
        return aborted.call(signal)
      },
    },
    throwIfAborted: {
      value() {
        look()
        AbortSignal.prototype.throwIfAborted.call(signal)
      },
    },
  })
  const wait = Atomics.waitAsync(word, 0, TaskState.running)
  if (wait.async) void wait.value.then(look)
  else look()
  return signal
}
