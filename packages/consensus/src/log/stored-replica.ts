/** A replica as it first begins, and as its own snapshots have it: what is stored, and what is made of that. */
import { cloneValue } from '@troupe/core/host'
import { takeSnapshot } from './applying.ts'
import { type LogConfiguration, ownConfiguration } from './configuration.ts'
import { type LogEntries, ownEntry } from './entry.ts'
import type { LogSnapshot, ReplicaArguments, ReplicaState } from './replica-state.ts'
import type { AnyMachine } from './state-machine.ts'

/** What a replica's own snapshot holds. */
export type StoredReplica = LogSnapshot &
  Pick<
    ReplicaState,
    | 'log'
    | 'id'
    | 'options'
    | 'promised'
    | 'acceptedBallot'
    | 'entries'
    | 'decided'
    | 'identity'
    | 'knownIn'
    | 'identities'
    | 'longestLeaseMs'
  > & {
    /** Those of a snapshot that was under way. */
    readonly pieces?: ReplicaState['pieces']
  }

/** What a snapshot of `state` stores. */
export function storedReplica(state: ReplicaState, machine: AnyMachine): StoredReplica {
  return {
    ...takeSnapshot(state, machine),
    log: state.log,
    id: state.id,
    options: state.options,
    promised: state.promised,
    acceptedBallot: state.acceptedBallot,
    entries: state.entries,
    decided: state.decided,
    identity: state.identity,
    knownIn: state.knownIn,
    identities: state.identities,
    longestLeaseMs: state.longestLeaseMs,
    // Only what comes may complete them.
    ...(state.incoming === undefined || state.incoming.stored === 0 ? {} : { pieces: state.pieces }),
  }
}

/** The state that was stored. */
export function restoredReplica(stored: StoredReplica, machine: AnyMachine): ReplicaState {
  const { machine: value } = stored
  const entries = { trimmed: stored.entries.trimmed, entries: stored.entries.entries.map(ownEntry) }
  const configuration = restoredConfiguration(stored, entries)
  return replicaWith(
    { ...stored, configuration, entries },
    machine.restore === undefined ? value : machine.restore(value),
  )
}

/** The entry that brought the configuration has the same object, so that a snapshot stores it once. */
function restoredConfiguration(
  { configuration, entries: stored }: StoredReplica,
  { entries }: LogEntries,
): LogConfiguration {
  const at = stored.entries.findIndex(
    (entry) => entry.kind === 'configuration' && entry.configuration === configuration,
  )
  const entry = entries[at]
  return entry?.kind === 'configuration' ? entry.configuration : ownConfiguration(configuration)
}

/** A replica that has stored nothing yet. */
export function initialReplica(
  { log, id, configuration, options }: ReplicaArguments,
  machine: AnyMachine,
): ReplicaState {
  const stored = {
    log,
    id,
    options,
    configuration: ownConfiguration(configuration),
    promised: undefined,
    acceptedBallot: undefined,
    entries: { trimmed: 0, entries: [] },
    decided: 0,
    applied: 0,
    sessions: new Map(),
    identity: undefined,
    knownIn: 0,
    identities: new Map(),
    longestLeaseMs: 0,
  }
  return replicaWith(stored, firstState(machine))
}

/** A replica with that of its state which is durable. Each is made here, so that all are alike to who runs their code. */
function replicaWith(stored: Omit<StoredReplica, 'machine'>, machine: unknown): ReplicaState {
  const { id, configuration } = stored
  return {
    log: stored.log,
    id,
    options: stored.options,
    configuration,
    promised: stored.promised,
    acceptedBallot: stored.acceptedBallot,
    entries: stored.entries,
    decided: stored.decided,
    applied: stored.applied,
    machine,
    sessions: stored.sessions,
    identity: stored.identity,
    knownIn: stored.knownIn,
    identities: stored.identities,
    longestLeaseMs: stored.longestLeaseMs,
    pieces: stored.pieces,
    knownBy: new Set(),
    kept: 0,
    refusedBy: undefined,
    given: undefined,
    own: { config: configuration.number, n: 0, priority: 0, node: id },
    leader: undefined,
    round: 0,
    leaderRound: 0,
    connected: false,
    watched: undefined,
    replies: new Map(),
    lead: undefined,
    caughtUpRound: -1,
    incoming: undefined,
    outgoing: undefined,
  }
}

/** The state before the first command. A copy, where it is data: `initial` may give the same object to each replica of a thread. */
function firstState({ initial, restore }: AnyMachine): unknown {
  return restore === undefined ? cloneValue(initial()) : initial()
}
