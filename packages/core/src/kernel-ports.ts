/** What a host gives a node's kernel. */
import type { LogLevel } from './context.ts'
import type { EventStream } from './event-stream.ts'
import type { MessageMode } from './message-value.ts'
import type { MetricsClock } from './metrics/metrics-clock.ts'
import type { NodeServices } from './node-services.ts'
import type { AskObserver, TurnObserver } from './observers.ts'
import type { PlacementPolicies } from './placement.ts'
import type { Clock } from './ports/clock.ts'
import type { Definitions } from './ports/definitions.ts'
import type { Disk } from './ports/disk.ts'
import type { RandomSource } from './ports/random.ts'
import type { TaskRunner } from './ports/task-runner.ts'
import type { Transport } from './ports/transport.ts'
import type { TurnScopes } from './turn-scopes.ts'

export interface KernelPorts {
  /** The node's name. */
  readonly node: string
  /** Raised each time a node of this name starts; a whole number from 0. */
  readonly epoch: number
  readonly clock: Clock
  readonly random: RandomSource
  readonly transport: Transport
  /** Where the journal lives; without it no actor of the node can be durable. */
  readonly disk?: Disk
  /** Bytes after which the journal starts a new segment. Default: the journal's own. */
  readonly segmentBytesMax?: number
  /** Where tasks run. Default: in place, as a step of the node's clock. */
  readonly tasks?: TaskRunner
  /** The host starts them, and stops them when the node has ended. No actor is spawned before they have started. */
  readonly services: NodeServices
  readonly definitions: Definitions
  /** Placement policies by name. Default: none. */
  readonly placement?: PlacementPolicies
  /** The node that `spread` and keys leave out where there are others: that of the program. Default: none. */
  readonly programNode?: string
  /** Brings promises that reject and that nobody awaits to their actors. Default: the platform has them all. */
  readonly scopes?: TurnScopes
  readonly events: EventStream
  readonly messages: MessageMode
  /** Makes the node count and measure what happens on it, by this clock. */
  readonly metrics?: MetricsClock
  readonly turnObserver?: TurnObserver
  readonly askObserver?: AskObserver
  /** How long an ask of an asynchronous turn waits, in milliseconds, before a cycle of asks is looked for. Default 100. */
  readonly askCyclesAfterMs?: number
  /** The least severe log entries that are told. Default `debug`: all. */
  readonly logLevel?: LogLevel
  /** Called when the node gets work while it had none: the host calls `kernel.run` soon, not from inside this call. */
  wake(): void
  /**
   * Runs `run` after the next turns of the node. An ask or a send that is refused at once ends then, so that whoever tries again at
   * once leaves the others their turns: promises run before anything else does. Default: it ends at once.
   */
  afterTurns?(run: () => void): void
  /** The node cannot go on (its journal failed): the host ends it as if it had crashed. */
  failed(error: Error): void
}
