/// <reference path="./comlink-node-adapter.d.ts" />
/**
 * A worker thread as the main thread sees it: one long task of the pool, the control plane to it, and its end. Piscina
 * starts the thread, limits it and puts another in its place when it is gone.
 */
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { NodeDownError, type NodeInspection, type NodeMetricsData } from '@troupe/core'
import { decodeError, type InspectionLimits, toError } from '@troupe/core/host'
import { type Remote, releaseProxy, transfer, wrap } from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import type { Piscina } from 'piscina'
import {
  type HostControl,
  type HostTask,
  memoryExceededExitCode,
  type NodeDeath,
  nodeFailedExitCode,
} from './host-control.ts'
import { revived } from './inspection-transfer.ts'
import type { NodeSettings } from './node-host.ts'
import type { PeerDescriptor } from './node-links.ts'
import type { TaskExecutor } from './tasks/posted-task.ts'
import { TaskRelay } from './tasks/task-relay.ts'

/** Why a thread ended, where nothing was thrown: what it says is all there is. */
export class EndedThread extends Error {}

export class HostThread {
  readonly node: string
  /** Resolves when the thread has ended: nothing of it runs or publishes any more. With why, unless it was stopped. */
  readonly ended: Promise<Error | undefined>
  /** True once {@link ended} has resolved. */
  hasEnded = false
  readonly #pool: Piscina
  readonly #control: Remote<HostControl>
  readonly #controlPort: MessagePort
  readonly #tasks: TaskExecutor
  readonly #abort = new AbortController()
  /** How to fail the calls over the control plane that are under way. */
  readonly #calls = new Set<(error: Error) => void>()
  /** What calls fail with once the thread has ended. */
  #down: NodeDownError | undefined
  #relay: TaskRelay | undefined
  #exited: Promise<void> | undefined

  /** Gives a free thread of the pool the task of hosting `node`. */
  constructor(pool: Piscina, node: string, tasks: TaskExecutor) {
    this.node = node
    this.#pool = pool
    this.#tasks = tasks
    const { port1, port2 } = new MessageChannel()
    this.#controlPort = port1
    this.#control = wrap<HostControl>(nodeEndpoint(port1))
    const task: HostTask = { control: port2 }
    this.ended = this.#end(pool.run(task, { transferList: [port2], signal: this.#abort.signal }))
  }

  async #end(task: Promise<void>): Promise<Error | undefined> {
    let reason: Error | undefined
    try {
      await task
    } catch (error) {
      reason = this.#reasonOf(toError(error))
      // The task fails when the end begins; only after the exit is nothing published and no file written any more.
      await this.#exited
    }
    this.hasEnded = true
    this.#down = new NodeDownError(`${this.node} is down: ${reason?.message ?? 'it was stopped'}`, { node: this.node })
    for (const reject of this.#calls) reject(this.#down)
    this.#calls.clear()
    this.#relay?.close()
    this.#control[releaseProxy]()
    this.#controlPort.close()
    return reason
  }

  #reasonOf(error: Error): Error {
    if (this.#abort.signal.aborted) return this.#abort.signal.reason
    if (error.message.endsWith(`code: ${nodeFailedExitCode}`)) return new EndedThread('its journal or a channel failed')
    if (error.message.endsWith(`code: ${memoryExceededExitCode}`)) {
      return new EndedThread('its actors kept more memory than resourceLimits.maxOldGenerationSizeMb')
    }
    // What Piscina says of a thread that ended by itself has a stack of its own.
    return /code: -?\d+$/.test(error.message) ? new EndedThread(error.message) : error
  }

  /** Starts the node. Rejects with what went wrong there, or a `NodeDownError` when the thread ended or took too long. */
  async start(settings: NodeSettings, timeoutMs: number): Promise<void> {
    const timeout = setTimeout(() => void this.kill(`it did not start within ${timeoutMs} ms`), timeoutMs)
    try {
      const identified = await this.#call(() => this.#control.identify())
      const worker = this.#pool.threads.find(({ threadId }) => threadId === identified)
      if (worker !== undefined) this.#exited = new Promise((resolve) => worker.once('exit', () => resolve()))
      const { port1, port2 } = new MessageChannel()
      this.#relay = new TaskRelay(port1, this.#tasks)
      const failure = await this.#call(() => this.#control.start(settings, transfer(port2, [port2])))
      if (failure !== undefined) throw decodeError(failure)
    } finally {
      clearTimeout(timeout)
    }
  }

  /** Opens the channels to another node; resolves when they are open. */
  connect(peer: PeerDescriptor): Promise<void> {
    return this.#call(() => this.#control.connect(transfer(peer, [peer.sender.port, peer.receiver.port, peer.bell])))
  }

  /** Tells the node of another's death. */
  nodeDown(death: NodeDeath): Promise<void> {
    return this.#call(() => this.#control.nodeDown(death))
  }

  async inspect(limits: InspectionLimits): Promise<NodeInspection> {
    return revived(await this.#call(() => this.#control.inspect(limits)))
  }

  metrics(): Promise<NodeMetricsData | undefined> {
    return this.#call(() => this.#control.metrics())
  }

  /** Resolves once no actor lives on the node any more. */
  drain(): Promise<void> {
    return this.#call(() => this.#control.drain())
  }

  /** Ends the node in order, and resolves when it has. */
  async stop(): Promise<void> {
    if (!this.hasEnded) this.#control.stop().catch(() => {})
    await this.ended
  }

  /** Terminates the thread at once, as a crash would; resolves when it has ended. */
  async kill(reason: string): Promise<void> {
    this.#abort.abort(new EndedThread(reason))
    await this.ended
  }

  /** Makes a call over the control plane, which never answers once the thread has ended. */
  #call<Result>(make: () => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => {
      if (this.#down !== undefined) {
        reject(this.#down)
        return
      }
      // Not a race with `ended`, which would keep every answer until the thread ends.
      this.#calls.add(reject)
      make()
        .then(resolve, reject)
        .finally(() => this.#calls.delete(reject))
    })
  }
}
