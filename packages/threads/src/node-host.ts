/**
 * One node in its thread: a kernel, the links to the other nodes, and the loop that runs both. The main thread has one
 * as well; only who gives it orders differs.
 */
import { join } from 'node:path'
import {
  EventStream,
  type LogLevel,
  mainNode,
  type NodeInspection,
  type NodeMetricsData,
  type PlacementPolicies,
  type ServiceImplementations,
} from '@troupe/core'
import {
  type Definitions,
  type Frame,
  type InspectionLimits,
  inspectNode,
  type KernelPorts,
  NodeKernel,
  NodeServices,
  RecordingKernel,
  type TaskRunner,
} from '@troupe/core/host'
import { Doorbell, type DoorbellDescriptor } from './channel/index.ts'
import { AskTracing, publishEvents } from './diagnostics.ts'
import { emitForwarded } from './event-forwarding.ts'
import type { NodeDeath } from './host-control.ts'
import { HostLoop } from './host-loop.ts'
import { NodeClock } from './node-clock.ts'
import { NodeDisk } from './node-disk.ts'
import { NodeLinks, type PeerDescriptor } from './node-links.ts'
import { performanceClock, realTime } from './real-time.ts'
import { TurnBoard, type TurnBoardDescriptor } from './turn-board.ts'
import { TurnLog } from './turn-log.ts'

/** What every node of a system is started with: plain data. */
export interface NodeSettings {
  readonly node: string
  readonly epoch: number
  readonly doorbell: DoorbellDescriptor
  readonly development: boolean
  readonly spinLimit: number
  readonly metrics: boolean
  /** How many MiB of heap the thread may keep; without it V8's own limit holds. */
  readonly memoryMbMax?: number
  readonly logLevel: LogLevel
  readonly askCyclesAfterMs: number
  /** Where the node shows its turns to the watchdog; without it nobody watches. */
  readonly board?: TurnBoardDescriptor
  /** The directory of the whole system; the node's own is below it. */
  readonly dataDirectory?: string
  /** The directory into which the turns are recorded. */
  readonly recordTurns?: string
  /** The URL of the module that gives the services. */
  readonly servicesModule?: string
}

/** What a node of this thread needs beside its settings. */
export interface NodeHostParts {
  readonly settings: NodeSettings
  readonly definitions: Definitions
  readonly placement: PlacementPolicies
  readonly tasks: TaskRunner
  /** The node's journal failed: it is to end as if it had crashed. */
  failed(error: Error): void
  /** The channel from a node is broken. */
  broken(node: string, error: Error): void
}

export class NodeHost {
  readonly kernel: NodeKernel
  readonly links: NodeLinks
  readonly #loop: HostLoop
  readonly #doorbell: Doorbell
  readonly #disk: NodeDisk | undefined
  readonly #turnLog: TurnLog | undefined

  /** Throws the file system's error when the data directory cannot be used, or a `DataDirectoryInUseError`. */
  constructor({ settings, definitions, placement, tasks, failed, broken }: NodeHostParts) {
    const { node, epoch, development, spinLimit, dataDirectory, recordTurns, metrics, logLevel, askCyclesAfterMs } =
      settings
    const events = new EventStream()
    publishEvents(events)
    const board = settings.board === undefined ? undefined : new TurnBoard(settings.board)
    const wake = () => this.#loop.wake()
    this.#disk = dataDirectory === undefined ? undefined : new NodeDisk(join(dataDirectory, node))
    this.links = new NodeLinks({
      node,
      development,
      listener: {
        receive: (from, frame: Frame) => this.kernel.receive(from, frame),
        receiveMessage: (from, message) => this.kernel.receiveMessage(from, message),
        receiveReply: (from, reply) => this.kernel.receiveReply(from, reply),
        event: (name, data) => emitForwarded(events, name, data),
        broken,
        wake,
        isIdle: () => this.#loop.isIdle,
        rung: () => this.#doorbell.rung(),
      },
    })
    const clock = new NodeClock()
    const { random, scopes } = realTime()
    const ports: KernelPorts = {
      node,
      epoch,
      clock,
      random,
      ...(scopes === undefined ? {} : { scopes }),
      transport: this.links,
      services: new NodeServices({ node, epoch, clock, random, events }),
      placement,
      programNode: mainNode,
      tasks,
      definitions,
      events,
      messages: development ? 'frozen' : 'shared',
      wake,
      afterTurns: (run) => this.#loop.afterTurns(run),
      failed,
      logLevel,
      askCyclesAfterMs,
      askObserver: new AskTracing(node),
      ...(board === undefined ? {} : { turnObserver: board }),
      ...(metrics ? { metrics: performanceClock } : {}),
      ...(this.#disk === undefined ? {} : { disk: this.#disk }),
    }
    this.#turnLog = recordTurns === undefined ? undefined : new TurnLog(recordTurns, node, epoch)
    this.kernel = this.#turnLog === undefined ? new NodeKernel(ports) : new RecordingKernel(ports, this.#turnLog.write)
    this.#doorbell = new Doorbell(settings.doorbell)
    this.#loop = new HostLoop({
      kernel: this.kernel,
      links: this.links,
      doorbell: this.#doorbell,
      spinLimit,
      ...(board === undefined ? {} : { board }),
    })
    this.#loop.wake()
  }

  /** Starts the node's services, before anybody is placed on it. Rejects with what went wrong; then {@link stop} it. */
  async startServices(services: ServiceImplementations): Promise<void> {
    await this.kernel.ports.services.start(services)
  }

  connect(peer: PeerDescriptor): void {
    this.links.connect(peer)
    this.kernel.nodeUp(peer.node, peer.epoch)
  }

  /** A node died: first what it had published is delivered, then its death is told. */
  nodeDown({ node, epoch, reason }: NodeDeath, error?: Error): void {
    if (this.links.disconnect(node, epoch)) this.kernel.nodeDown(node, epoch, reason, error)
  }

  inspect(limits: InspectionLimits): NodeInspection {
    return inspectNode(this.kernel, limits)
  }

  /** What was counted and measured, when the system was made with `metrics: true`. */
  metrics(): NodeMetricsData | undefined {
    const data = this.kernel.metricsData()
    if (data === undefined) return undefined
    const { spins, parkings, wakes } = this.#doorbell
    return { ...data, thread: { peers: this.links.traffic, spins, parkings, wakes } }
  }

  /** Resolves once no actor lives here any more and nothing waits to be sent. */
  drain(): Promise<void> {
    return this.#loop.quiet()
  }

  /**
   * Ends the node in order: the journal is synced and closed, its services are stopped, what was sent is published, the
   * channels are closed.
   */
  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.kernel.journal.close(resolve))
    this.kernel.halt()
    await this.kernel.ports.services.stop()
    this.#loop.end()
    this.links.flush()
    this.links.close()
    this.#turnLog?.close()
    const disk = this.#disk
    if (disk !== undefined) await new Promise<void>((resolve) => disk.close(() => resolve()))
  }
}
