/** A node on a worker thread: what the control plane calls. */
import { type MessagePort, threadId } from 'node:worker_threads'
import { ConfigurationError, mainNode, type NodeInspection, type NodeMetricsData } from '@troupe/core'
import { type ErrorData, encodeError, type InspectionLimits } from '@troupe/core/host'
import { EventForwarding } from './event-forwarding.ts'
import { HeapGuard } from './heap-limit.ts'
import { type HostControl, memoryExceededExitCode, type NodeDeath, nodeFailedExitCode } from './host-control.ts'
import { ModuleDefinitions } from './module-definitions.ts'
import { NodeHost, type NodeSettings } from './node-host.ts'
import type { PeerDescriptor } from './node-links.ts'
import { loadServices } from './services-module.ts'
import { PortableTasks } from './tasks/portable-tasks.ts'
import { RemoteTasks } from './tasks/task-relay.ts'
import { markThread } from './thread-mark.ts'

export class WorkerHost implements HostControl {
  #host: NodeHost | undefined
  #forwarding: EventForwarding | undefined
  #heapGuard: HeapGuard | undefined
  #stopping: Promise<void> | undefined
  readonly #stopped: () => void

  /** `stopped` is called once the node has ended in order. */
  constructor(stopped: () => void) {
    this.#stopped = stopped
  }

  identify(): number {
    return threadId
  }

  async start(settings: NodeSettings, tasks: MessagePort): Promise<ErrorData | undefined> {
    const { node, servicesModule, memoryMbMax } = settings
    try {
      const mark = markThread(node)
      const { services, placement } = await loadServices(servicesModule)
      const host = new NodeHost({
        settings,
        definitions: new ModuleDefinitions(node, mark),
        placement,
        tasks: new PortableTasks(new RemoteTasks(tasks)),
        failed: (error) => this.#die(error),
        broken: (_from, error) => this.#die(error),
      })
      const { events } = host.kernel.ports
      const send = (name: string, data: unknown) => host.links.sendEvent(mainNode, name, data)
      this.#forwarding = new EventForwarding({ node, events, send })
      await host.startServices(services)
      this.#host = host
      if (memoryMbMax !== undefined) {
        this.#heapGuard = new HeapGuard(memoryMbMax, () => {
          this.#forwarding?.end()
          host.links.flush()
          process.exit(memoryExceededExitCode)
        })
      }
      return undefined
    } catch (error) {
      return encodeError(error)
    }
  }

  connect(peer: PeerDescriptor): void {
    this.#started.connect(peer)
  }

  nodeDown(death: NodeDeath): void {
    this.#host?.nodeDown(death)
  }

  inspect(limits: InspectionLimits): NodeInspection {
    return this.#started.inspect(limits)
  }

  metrics(): NodeMetricsData | undefined {
    return this.#started.metrics()
  }

  drain(): Promise<void> {
    return this.#started.drain()
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    this.#heapGuard?.close()
    this.#forwarding?.end()
    await this.#host?.stop()
    this.#stopped()
  }

  get #started(): NodeHost {
    if (this.#host === undefined) throw new ConfigurationError('the node was not started')
    return this.#host
  }

  /** The node cannot go on: nothing it has not published may leave it any more. */
  #die(error: Error): void {
    const { kernel, links } = this.#started
    const { node, ports } = kernel
    ports.events.emit('escalated', { actor: `/${node}`, ref: kernel.guardian.ref, error })
    this.#forwarding?.end()
    links.flush()
    process.exit(nodeFailedExitCode)
  }
}
