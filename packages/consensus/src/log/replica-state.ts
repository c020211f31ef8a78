/** The state of a replica, what of it is durable, and how it begins. */
import type { ActorContext, ActorRef } from '@troupe/core'
import { type LogConfiguration, type LogMember, logMemberOf } from './configuration.ts'
import type { Entry, LogEntries } from './entry.ts'
import type { LogBallot } from './log-ballot.ts'
import type {
  HeartbeatReply,
  LogClientProtocol,
  Outcomes,
  PromisedLog,
  Reads,
  Reconfigure,
  ReleasedLeases,
  ReplicaProtocol,
} from './messages.ts'
import type { Sessions } from './sessions.ts'

/** Times, sizes and limits, for good: those that a replica has stored with its snapshot win over what it is started with. */
export interface LogOptions {
  /**
   * After so many milliseconds without its leader a replica that hears from a quorum stands for election. Default 500.
   * `Infinity`: there are no heartbeats and nothing is sent again; it stands when it is told to `campaign`.
   */
  readonly electionTimeoutMs: number
  // An entry of many commands counts as so many entries, and a command as one for each 1,024 bytes of it.
  /** Entries of one message, at most. Default 512. */
  readonly batchMax: number
  /** Entries that are proposed and not yet decided, at most; further commands wait. Default 8,192. */
  readonly inFlightMax: number
  /** Commands that wait at the leader beyond those, at most; further ones are sent back. Default 16,384. */
  readonly waitingMax: number
  /** Entries that are kept after they were applied, for followers that lag. Default 1,024. */
  readonly keepEntries: number
  /** Bytes of one command, about; a client refuses a larger one. At most 16 MiB. Default 1 MiB. */
  readonly commandBytesMax: number
  /** Bytes of one part of a snapshot. At most 16 MiB. Default 65,536. */
  readonly chunkBytes: number
  /** Sessions that are open at a time. Default 1,024. */
  readonly sessionsMax: number
  /**
   * Reads are answered without asking anybody while a lease of so many milliseconds runs, which reads renew. Nobody else
   * can lead until it has run out, so let it be no longer than `electionTimeoutMs`: a longer one is as safe, and makes a lost
   * leader missed for longer. Default 0: no leases.
   */
  readonly leaseMs: number
  /** By how large a share of time a clock may run fast or slow; leases are safe as long as none exceeds it. Default 0.02. */
  readonly clockDriftMax: number
}

/** The arguments of a replica. */
export interface ReplicaArguments {
  readonly log: string
  readonly id: string
  /** The first configuration, or any that is known when this replica is to join. */
  readonly configuration: LogConfiguration
  readonly options: LogOptions
}

/** How far a follower is, as its leader knows. */
interface Peer {
  /** The next entry to send it. */
  next: number
  /** It has stored and synced all below. */
  matched: number
  /** `matched` at the last tick: no progress since means that something was lost. */
  matchedAtTick: number
  /** What is below was given up at a tick, or is sent again from here on: it is not under way. */
  underWayFrom: number
}

/** A lease that an acceptor has given: it promises nobody else anything `until` then, by its monotonic clock. */
interface GivenLease {
  /** Absent: given before this replica was started again, to whomever. */
  readonly ballot?: LogBallot
  /** The number of the probe that it came with. */
  readonly probe: number
  readonly until: number
}

/** A change of members that is not proposed yet: those that are to vote are asked how far they are. */
export interface JoiningMembers {
  readonly asked: Reconfigure
  /** What was decided when it was asked for. */
  readonly target: number
  /** By id: how far those that have answered have applied. */
  readonly applied: Map<string, number>
  /** For how many rounds more it is waited while nobody gets any further. */
  rounds: number
}

/** What a replica knows while it leads, or wants to. Nothing of it survives a restart: a new ballot is drawn. */
export interface Leadership {
  readonly ballot: LogBallot
  /** What the leader before gave up when it handed over. */
  readonly predecessor: ReleasedLeases | undefined
  /** True once a quorum has promised. */
  elected: boolean
  readonly promises: Map<string, PromisedLog>
  /** The ballot of the log that was adopted at the election, and its length. */
  adopted: LogBallot | undefined
  adoptedLength: number
  /** All that may have been decided before this ballot is decided once `decided` exceeds this index. */
  ownIndex: number
  /** By id; those that got their `acceptSync`. */
  readonly peers: Map<string, Peer>
  /** What this replica has synced itself. */
  synced: number
  /** Waits for room, or for the election. */
  readonly waiting: Entry[]
  /** The commands that are proposed and not decided. */
  inFlight: number
  /** The commands among those. */
  commandsWaiting: number
  /** Who is to hear of a session's results; of an opening, by its nonce. */
  readonly clients: Map<number, ActorRef<LogClientProtocol>>
  readonly openers: Map<string, ActorRef<LogClientProtocol>>
  /** Who asked for the next configuration. */
  reconfigurer: ActorRef<LogClientProtocol> | undefined
  joining: JoiningMembers | undefined
  /** A configuration entry is in the log: nothing is appended any more. */
  stopped: boolean
  flushing: boolean
  /** The last probe's number, when it was sent first, and who answered it; `probing` until enough have. */
  probe: number
  probedAt: number
  probing: boolean
  readonly acks: Set<string>
  /** The reads that hang on that probe, those that wait for the next one, and how many these are. */
  probed: Reads[]
  reads: Reads[]
  readsWaiting: number
  /** Who gave a lease with that probe, and of how many milliseconds the shortest is. */
  readonly lenders: Set<string>
  lentMs: number
  /** The end of the lease, by the monotonic clock; the probes whose leases were given up; the round from which on it asks again. */
  leaseUntil: number
  released: number
  leasesFrom: number
  /** The member that is to lead in this one's place, and for how many rounds it is waited for. */
  successor: string | undefined
  successorRounds: number
}

/** A snapshot under way to this replica. */
interface Incoming {
  readonly id: number
  readonly from: string
  /** What is not stored of it. */
  parts: Uint8Array[]
  /** All that has come; what of that is stored. */
  bytes: number
  stored: number
}

/** Bytes of a snapshot under way, from `offset` on. */
export interface SnapshotPiece {
  readonly offset: number
  readonly bytes: Uint8Array
}

/** A replica's state. `promised`, `acceptedBallot` and the log are durable; what was applied is stored with snapshots. */
export interface ReplicaState {
  readonly log: string
  readonly id: string
  readonly options: LogOptions
  /** That of the entry to be applied next. */
  configuration: LogConfiguration
  promised: LogBallot | undefined
  acceptedBallot: LogBallot | undefined
  readonly entries: LogEntries
  /** Entries below are decided. */
  decided: number
  /** Entries below are in `machine`. */
  applied: number
  machine: any
  readonly sessions: Sessions
  /** The word that this replica stored when it first started. */
  identity: string | undefined
  /** The configuration in which enough of the other voters know it by that word. */
  knownIn: number
  /** By id, the words of the replicas that have introduced themselves. */
  readonly identities: Map<string, string>
  /** The longest lease that it has given. */
  longestLeaseMs: number
  /** What is stored of a large snapshot under way to this replica. */
  pieces: Uint8Array[] | undefined
  // From here on nothing is durable.
  /** The commands of the applied entries that are kept. */
  kept: number
  /** Who knows this replica by its word in this configuration, and who knows another one under its id. */
  readonly knownBy: Set<string>
  refusedBy: string | undefined
  given: GivenLease | undefined
  /** The ballot that this replica leads under, or would. */
  own: LogBallot
  /** The highest ballot of a leader that it has heard of in this configuration. */
  leader: LogBallot | undefined
  round: number
  /** The last round that the leader was heard of in. */
  leaderRound: number
  connected: boolean
  /** The member whose death is to be told. */
  watched: string | undefined
  readonly replies: Map<string, HeartbeatReply>
  lead: Leadership | undefined
  /** The round in which catching up was last asked for, so that it is not asked for with every message. */
  caughtUpRound: number
  incoming: Incoming | undefined
  /** The snapshot last sent, as bytes. */
  outgoing: { readonly id: number; readonly bytes: Uint8Array } | undefined
}

/** A snapshot as it travels. */
export interface LogSnapshot {
  readonly applied: number
  readonly configuration: LogConfiguration
  readonly sessions: Sessions
  readonly machine: unknown
}

/** What a replica must not forget. */
export type ReplicaEvents = {
  promised: (state: ReplicaState, ballot: LogBallot) => void
  /** Entries accepted under a ballot: they replace all from `at` on. */
  appended: (state: ReplicaState, append: Append) => void
  /** Decided entries, from whoever had them: what stands behind them stays. */
  learned: (state: ReplicaState, learned: { readonly at: number; readonly entries: readonly Entry[] }) => void
  /** The entries from there on were accepted behind the end of their configuration: they will never be decided. */
  voided: (state: ReplicaState, from: number) => void
  /** Written where it matters, at the end of a configuration; else what was decided is learned again. */
  decided: (state: ReplicaState, length: number) => void
  /** The word that it draws when it first starts. */
  began: (state: ReplicaState, identity: string) => void
  /** The word of another replica. */
  introduced: (state: ReplicaState, introduced: { readonly id: string; readonly identity: string }) => void
  /** Enough voters of that configuration know its word. */
  known: (state: ReplicaState, config: number) => void
  /** It gives leases of so many milliseconds. */
  lends: (state: ReplicaState, leaseMs: number) => void
  /** A `LogSnapshot`, encoded, so that nothing of it is shared with what is applied later. */
  installed: (state: ReplicaState, bytes: Uint8Array) => void
  /** A piece of a snapshot that is too large for one record. */
  piece: (state: ReplicaState, piece: SnapshotPiece) => void
  /** The last piece of it: as `installed`, all of them together. */
  completed: (state: ReplicaState, bytes: Uint8Array) => void
}

/** See {@link ReplicaEvents}. */
export interface Append {
  readonly ballot: LogBallot
  readonly at: number
  readonly entries: readonly Entry[]
  /** What was known to be decided then, for a recovery to begin with. */
  readonly decided: number
}

export type ReplicaContext = ActorContext<ReplicaProtocol, ReplicaEvents>

/** What was applied, by entry, for those who wait. */
export interface Applied {
  readonly index: number
  readonly entry: Entry
  /** Of commands: one for each, or `expired` when their session is closed. */
  readonly outcomes: Outcomes | 'expired' | undefined
}

/** The reference of a member other than this one; `undefined` for a stranger. */
export function replicaOf(state: ReplicaState, id: string): LogMember | undefined {
  return logMemberOf(state.configuration, id)
}
