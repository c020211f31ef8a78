/**
 * The control plane: what the main thread asks of a node's thread, over Comlink. Nothing here is on the path of a
 * message, and nothing depends on its order with messages. Calls are carried out in the order in which they were made.
 */
import type { MessagePort } from 'node:worker_threads'
import type { NodeInspection, NodeMetricsData } from '@troupe/core'
import type { ErrorData, InspectionLimits } from '@troupe/core/host'
import type { NodeSettings } from './node-host.ts'
import type { PeerDescriptor } from './node-links.ts'

/** The task that a thread of the pool is given: to host a node until it is told to stop. */
export interface HostTask {
  /** The thread's end of the control plane. */
  readonly control: MessagePort
}

/** The death of a node, as it is told to the others. */
export interface NodeDeath {
  readonly node: string
  readonly epoch: number
  readonly reason: string
}

export interface HostControl {
  /** The thread's id, before any foreign code runs on it. */
  identify(): number
  /** Starts the node, with its way to the pool for tasks; what went wrong, as plain data. */
  start(settings: NodeSettings, tasks: MessagePort): Promise<ErrorData | undefined>
  /** Opens the channels to another node. */
  connect(peer: PeerDescriptor): void
  /** Delivers what a dead node had published, then tells of its death. */
  nodeDown(death: NodeDeath): void
  inspect(limits: InspectionLimits): NodeInspection
  metrics(): NodeMetricsData | undefined
  /** Resolves once no actor lives on the node any more. */
  drain(): Promise<void>
  /** Ends the node in order; the thread's task is over then. */
  stop(): Promise<void>
}

/** The exit code of a thread that ended itself because its node could not go on: its journal or a channel failed. */
export const nodeFailedExitCode = 70
/** The exit code of a thread that ended itself because it kept more memory than its limit. */
export const memoryExceededExitCode = 71
