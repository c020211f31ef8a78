/**
 * The way of tasks from a node's thread to the pool on the main thread: a port beside the control plane's, opened with
 * the node. Only what is posted and how it ended goes over it, so that buffers can be moved both ways.
 */
import type { MessagePort } from 'node:worker_threads'
import type { PostedOutcome, PostedTask, TaskExecutor } from './posted-task.ts'

/** Node to pool: run this; or, without a task, end that. */
type TaskCall = readonly [id: number, task: PostedTask | undefined]
/** Pool to node. */
type TaskReply = readonly [id: number, outcome: PostedOutcome]

/** The main thread's end: runs what a node posts, and ends all of it when the node is no more. */
export class TaskRelay {
  readonly #port: MessagePort
  readonly #running = new Map<number, () => void>()

  constructor(port: MessagePort, executor: TaskExecutor) {
    this.#port = port
    port.on('message', ([id, task]: TaskCall) => {
      if (task === undefined) this.#cancel(id)
      else
        this.#running.set(
          id,
          executor.run(task, (outcome) => this.#reply(id, outcome)),
        )
    })
    port.unref()
  }

  /** The node is gone: so are its tasks. */
  close(): void {
    this.#port.close()
    for (const id of [...this.#running.keys()]) this.#cancel(id)
  }

  #reply(id: number, outcome: PostedOutcome): void {
    this.#running.delete(id)
    const reply: TaskReply = [id, outcome]
    this.#port.postMessage(reply, outcome.failure === undefined ? [...outcome.transfer] : [])
  }

  #cancel(id: number): void {
    const cancel = this.#running.get(id)
    this.#running.delete(id)
    cancel?.()
  }
}

/** The node's end. */
export class RemoteTasks implements TaskExecutor {
  readonly #port: MessagePort
  readonly #waiting = new Map<number, (outcome: PostedOutcome) => void>()
  #nextId = 1

  constructor(port: MessagePort) {
    this.#port = port
    port.unref()
  }

  run(task: PostedTask, done: (outcome: PostedOutcome) => void): () => void {
    const id = this.#nextId++
    if (id === 1) {
      this.#port.on('message', ([ended, outcome]: TaskReply) => this.#ended(ended, outcome))
      this.#port.unref()
    }
    this.#post([id, task], task.transfer)
    this.#waiting.set(id, done)
    return () => {
      if (this.#waiting.delete(id)) this.#post([id, undefined], [])
    }
  }

  #post(call: TaskCall, transfer: readonly ArrayBuffer[]): void {
    this.#port.postMessage(call, [...transfer])
  }

  #ended(id: number, outcome: PostedOutcome): void {
    const done = this.#waiting.get(id)
    this.#waiting.delete(id)
    done?.(outcome)
  }
}
