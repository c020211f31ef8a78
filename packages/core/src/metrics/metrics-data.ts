/** What `system.metrics()` gives: plain data by node and definition, counted since the node's epoch began. */
import type { DeadLetterReason } from '../effects.ts'
import type { HistogramData } from './histogram.ts'

export interface SystemMetrics {
  /** The nodes that answered; one that is down or stuck is not among them. */
  readonly nodes: readonly NodeMetricsData[]
}

export interface NodeMetricsData {
  readonly node: string
  /** Raised each time the node came back; its counters then began at 0 again. */
  readonly epoch: number
  /** Turns of all definitions. */
  readonly turns: number
  /** Messages that found no handler, by reason, counted where that was noticed. */
  readonly deadLetters: Readonly<Partial<Record<DeadLetterReason, number>>>
  /** Asks that were made on this node. */
  readonly asks: AskMetrics
  readonly definitions: readonly DefinitionMetrics[]
  /** What only some hosts have: the channels to the other nodes and the thread's loop. */
  readonly thread?: ThreadMetrics
}

export interface AskMetrics {
  readonly opened: number
  /** Those that wait for their end now. */
  readonly open: number
  /** How the others ended: `reply`, a `TroupeError`'s code, or `failure` for any other error of the callee. */
  readonly ended: Readonly<Record<string, number>>
}

export interface DefinitionMetrics {
  readonly definition: string
  /** Actors that were started, and those that live now. */
  readonly spawned: number
  readonly living: number
  readonly turns: number
  readonly failures: number
  readonly restarts: number
  /** Messages that wait now in the mailboxes of all its actors, and how long the oldest of them has waited. */
  readonly waiting: number
  readonly oldestWaitingMs: number
  /** How long turns took, in milliseconds; asynchronous ones from their begin to their end. */
  readonly turnMs: HistogramData
  /** Messages that waited in a mailbox behind the one being handled: at every 64th turn of the node. */
  readonly mailboxDepth: HistogramData
  /** How long the oldest of them had waited, in milliseconds, at the same turns. */
  readonly mailboxAgeMs: HistogramData
}

export interface ThreadMetrics {
  readonly peers: readonly PeerMetrics[]
  /** Times the thread looked for work before it parked, times it parked, and times another thread's doorbell woke it. */
  readonly spins: number
  readonly parkings: number
  readonly wakes: number
}

/** The channels between this node and another. Bytes are those of frames in the ring, with their headers. */
export interface PeerMetrics {
  readonly node: string
  readonly messagesOut: number
  readonly bytesOut: number
  readonly messagesIn: number
  readonly bytesIn: number
  /** Messages that wait on this thread for room in the ring. */
  readonly pending: number
}
