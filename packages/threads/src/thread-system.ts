/**
 * The system on threads: the main thread's own node, and one node on each worker thread. From outside it is an
 * `ActorSystem` like any other; what it adds is where an actor is placed, what happens when a thread dies, and the end.
 */
import {
  type ActorDefinition,
  ActorSystem,
  ConfigurationError,
  mainNode,
  type NodeInspection,
  type NodeMetricsData,
} from '@troupe/core'
import { type InspectionLimits, stopMsMax } from '@troupe/core/host'
import { createDoorbell } from './channel/index.ts'
import { attachLog } from './log-sink.ts'
import { localOnlyReason, ModuleDefinitions } from './module-definitions.ts'
import { NodeHost } from './node-host.ts'
import { loadServices } from './services-module.ts'
import { checkOptions, type ThreadSystemOptions } from './system-options.ts'
import { PortableTasks } from './tasks/portable-tasks.ts'
import { TaskPool, type TaskPoolInspection } from './tasks/task-pool.ts'
import { refuseInsideNode } from './thread-mark.ts'
import { ThreadNodes } from './thread-nodes.ts'

/** Roots that a node's end names when it was not done at the deadline. */
const lateMax = 5

export class ThreadSystem extends ActorSystem {
  readonly #main: NodeHost
  readonly #nodes: ThreadNodes
  readonly #tasks: TaskPool
  #deadline = Number.POSITIVE_INFINITY

  /** Use {@link createSystem}. */
  constructor(main: NodeHost, nodes: ThreadNodes, tasks: TaskPool) {
    super(main.kernel)
    this.#main = main
    this.#nodes = nodes
    this.#tasks = tasks
    nodes.onUpAgain = (node, epoch) => this.guardian.nodeUp(node, epoch)
  }

  get nodes(): readonly string[] {
    return this.#nodes.names
  }

  protected override async inspectNodes(limits: InspectionLimits): Promise<readonly NodeInspection[]> {
    return [this.#main.inspect(limits), ...(await this.#nodes.inspect(limits))]
  }

  protected override async nodeMetrics(): Promise<readonly NodeMetricsData[]> {
    return [this.#main.metrics(), ...(await this.#nodes.metrics())].filter((data) => data !== undefined)
  }

  /** What the pool for tasks does now: its threads, the tasks that run and those that wait. */
  inspectTasks(): TaskPoolInspection {
    return this.#tasks.inspect()
  }

  /**
   * Terminates a worker thread abruptly, as a crash would, for tests and demonstrations. Resolves when the thread is
   * gone and its death was told; `nodeUp` on the event stream says when another has taken its place and its roots were
   * started again. Rejects with a `ConfigurationError` for a node that is not on a worker thread.
   */
  async killNode(node: string): Promise<void> {
    await this.#nodes.kill(node, 'it was killed')
  }

  /** See `ActorSystem.stop`; the deadline bounds the end of the threads too, which are terminated then. */
  override stop(options: { readonly deadlineMs?: number } = {}): Promise<void> {
    const { deadlineMs = 10_000 } = options
    this.#deadline = Math.min(this.#deadline, Date.now() + deadlineMs)
    return super.stop({ deadlineMs })
  }

  protected place(node: string | undefined, definition: ActorDefinition<any, any>): string {
    if (node === undefined || node === 'spread') {
      return localOnlyReason(definition) === undefined ? this.#nodes.next() : mainNode
    }
    if (node === 'local') return mainNode
    const known = [mainNode, ...this.nodes]
    if (known.includes(node)) return node
    throw new ConfigurationError(
      `spawn of ${definition.name}: there is no node ${node}; there are ${known.join(', ')}, 'spread' and 'local'`,
      { node, nodes: known },
    )
  }

  protected async end(): Promise<void> {
    const late = (node: string) => {
      const living = this.guardian.roots.filter(({ ref }) => ref.node === node).map(({ definition }) => definition.name)
      if (living.length === 0) return undefined
      const others = living.length > lateMax ? `, and ${living.length - lateMax} more` : ''
      return `stop() was at its deadline (deadlineMs), and ${living.slice(0, lateMax).join(', ')}${others} had not ended`
    }
    await this.#nodes.stop(Math.max(0, this.#deadline - Date.now()), late)
    await this.#main.stop()
    await this.#tasks.stop()
  }
}

/**
 * Starts a system of worker threads. The process stays alive from here to `system.stop()`.
 *
 * Rejects with a `ConfigurationError` when an option is malformed, when `servicesModule` does not load, or when it is
 * called on a thread that hosts a node; with a `ServiceError` when a service does not start on a node; with a
 * `DataDirectoryInUseError` when another system has the data directory; with a `NodeDownError` when a thread dies before
 * it is up. Nothing is left running then.
 *
 * ```ts
 * await using system = await createSystem({ threads: 4 })
 * const counter = await system.spawn(Counter, { start: 0 })
 * counter.tell('add', 2)
 * const n = await counter.ask('read')
 * ```
 */
export async function createSystem(options: ThreadSystemOptions = {}): Promise<ThreadSystem> {
  await refuseInsideNode()
  const checked = checkOptions(options)
  const {
    development,
    mainSpinLimit,
    dataDirectory,
    recordTurns,
    servicesModule,
    metrics,
    logLevel,
    askCyclesAfterMs,
    log,
  } = checked
  const loaded = await loadServices(servicesModule)
  const services = { ...loaded.services, ...checked.services }
  const placement = { ...loaded.placement, ...checked.placement }
  const tasks = new TaskPool(checked.tasks)
  const mainDoorbell = createDoorbell()
  const main: NodeHost = new NodeHost({
    settings: {
      node: mainNode,
      epoch: 0,
      doorbell: mainDoorbell,
      development,
      spinLimit: mainSpinLimit,
      metrics,
      logLevel,
      askCyclesAfterMs,
      ...(dataDirectory === undefined ? {} : { dataDirectory }),
      ...(recordTurns === undefined ? {} : { recordTurns }),
    },
    definitions: new ModuleDefinitions(mainNode),
    placement,
    tasks: new PortableTasks(tasks),
    failed: (error) => {
      const { kernel } = main
      kernel.ports.events.emit('escalated', { actor: `/${mainNode}`, ref: kernel.guardian.ref, error })
      kernel.halt()
    },
    broken: (node, error) => void nodes.kill(node, error.message),
  })
  attachLog(main.kernel.ports.events, log, logLevel)
  let nodes: ThreadNodes
  try {
    await main.startServices(services)
    nodes = new ThreadNodes({ options: checked, main, mainDoorbell, tasks, servicesStopMs: stopMsMax(loaded.services) })
    await nodes.start()
  } catch (error) {
    await main.stop()
    throw error
  }
  return new ThreadSystem(main, nodes, tasks)
}
