/** What a host is to the conformance suite. */
import type { ActorHandle, ActorRef, ActorSystem, ProtocolOf } from '@troupe/core'
import type { Gate, Recorder } from './actors/recorder.ts'

/** What only some hosts offer; a case that needs it is skipped, visibly, on the others. */
type Capability =
  /** More than one node. */
  | 'several nodes'
  /** A node can be made to die; it comes back with its roots. */
  | 'node crash'
  /** The test decides when a sync completes, and knows when nothing else is left to do. */
  | 'held disk'
  /** The test can put a file on the disk of `node`, beside those of a journal that was not opened yet. */
  | 'planted file'
  /** The system has a directory that another could be given. */
  | 'data directory'

/** A running system with what the cases need around it. */
export interface Bench {
  readonly system: ActorSystem
  /** The node on which the cases put their actors, and where there are several, another. */
  readonly node: string
  readonly otherNode: string
  /** `node` dies and comes back; resolves when its roots are there again. With `node crash`. */
  readonly crash?: () => Promise<void>
  /** Holds the syncs of `node`'s disk, and lets them go; with `held disk`. */
  readonly disk?: { hold(): void; release(): void }
  /** Puts a file on `node`'s disk; with `planted file`. */
  readonly plant?: (file: string, bytes: Uint8Array) => Promise<void>
  /** Starts another system on the same data, which should not succeed; with `data directory`. */
  readonly startAnother?: () => Promise<ActorSystem>
  /** Resolves when nothing runs any more but what waits for the disk. */
  readonly idle?: () => Promise<void>
  readonly recorder: ActorHandle<ProtocolOf<typeof Recorder>>
  readonly gate: ActorHandle<ProtocolOf<typeof Gate>>
  readonly to: ActorRef<ProtocolOf<typeof Recorder>>
}

export interface Host {
  readonly name: string
  readonly capabilities: readonly Capability[]
  /** Runs `body` in a fresh system and ends it. */
  run(body: (bench: Omit<Bench, 'recorder' | 'gate' | 'to'>) => Promise<void>): Promise<void>
}

/** One case: a numbered promise of `docs/semantics.md`, and what shows that it is kept. */
export interface Case {
  readonly promise: string
  readonly name: string
  readonly needs?: readonly Capability[]
  readonly check: (bench: Bench) => Promise<void>
}
