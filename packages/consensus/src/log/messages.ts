/**
 * The messages of a replicated log. Every one carries the configuration it belongs to, most of them in their ballot.
 *
 * ```
 *   leader                              other replicas
 *      │ ── prepare ───────────────────▶ │            phase 1, election: once for the whole rest of the log
 *      │ ◀───────────────── promise ──── │
 *      │ ── acceptSync ────────────────▶ │            brings a follower's log in line with the leader's
 *      │ ── acceptBatch ───────────────▶ │            phase 2, proposal: entries, many at a time, not waiting
 *      │ ◀──────────────── accepted ──── │            ... and acceptance, each after its sync
 *      │ ── decide (or in a batch) ────▶ │
 * ```
 */
import type { ActorRef } from '@troupe/core'
import type { QuorumSizes } from '../paxos/configuration.ts'
import type { LogConfiguration, LogMember } from './configuration.ts'
import type { Entry } from './entry.ts'
import type { LogBallot } from './log-ballot.ts'

/** Asks who is there. Answered by every member, in whatever state. */
export interface Heartbeat {
  readonly config: number
  readonly from: string
  readonly round: number
}

/** Answers a {@link Heartbeat}. */
export interface HeartbeatReply {
  readonly config: number
  readonly from: string
  /** That of the heartbeat. */
  readonly round: number
  /** Under which the sender leads or would lead. */
  readonly ballot: LogBallot
  /** True when the sender hears from a quorum: only such a one can lead. */
  readonly connected: boolean
}

/** Phase 1a, for all entries that are not decided. */
export interface PrepareLog {
  readonly ballot: LogBallot
  /** What the sender's log is, so that a promise need only carry what it lacks. */
  readonly decided: number
  readonly acceptedBallot?: LogBallot
  readonly length: number
  /** The leases that a leader gave up when it asked the sender to take over. */
  readonly released?: ReleasedLeases
}

/** Leases of a leader that it has given up: those of its ballot that came with its probes up to this one. */
export interface ReleasedLeases {
  readonly ballot: LogBallot
  readonly probe: number
}

/** Phase 1b. */
export interface PromisedLog {
  readonly ballot: LogBallot
  readonly from: string
  readonly acceptedBallot?: LogBallot
  readonly length: number
  readonly decided: number
  /**
   * What the leader lacks, when this log is further: it replaces all from `at` on. Absent with `behind`: the leader
   * lacks decided entries, has to catch up first and then to prepare again; this is no promise yet.
   */
  readonly suffix?: { readonly at: number; readonly entries: readonly Entry[] }
  readonly behind?: true
}

/** Phase 2a: entries for the log, from index `at` on. An `acceptSync` is the first of its ballot at a follower. */
export interface AcceptEntries {
  readonly ballot: LogBallot
  readonly at: number
  readonly entries: readonly Entry[]
  readonly decided: number
}

/** Phase 2b: the sender has stored the ballot's log up to `length`, exclusive, and synced it. */
export interface AcceptedLog {
  readonly ballot: LogBallot
  readonly from: string
  readonly length: number
}

/** The sender's log of this ballot ends at `length`; entries after it were lost on the way. */
export interface Missing {
  readonly ballot: LogBallot
  readonly from: string
  readonly length: number
}

/** All below `length` is decided. */
export interface DecideLog {
  readonly ballot: LogBallot
  readonly length: number
}

/** Refuses what came under `ballot`, because of a promise to a higher one. */
export interface NackLog {
  readonly ballot: LogBallot
  readonly promised: LogBallot
}

/** A follower of this ballot that never got its `acceptSync` asks to be prepared again. */
interface PrepareRequest {
  readonly ballot: LogBallot
  readonly from: string
}

/** Asks for decided entries from `applied` on, or for the next part of the snapshot that stands for them. */
export interface CatchUp {
  /** Where to: a replica that is about to join is no member yet. */
  readonly replyTo: ActorRef<ReplicaProtocol>
  readonly applied: number
  readonly snapshot?: { readonly id: number; readonly offset: number }
}

/** Decided entries. */
export interface Learned {
  readonly from: string
  readonly at: number
  readonly entries: readonly Entry[]
}

/** A part of a snapshot: all parts together, decoded, are a `LogSnapshot`. */
export interface SnapshotChunk {
  readonly from: string
  /** The number of entries that the snapshot stands for. */
  readonly id: number
  readonly offset: number
  readonly data: Uint8Array
  readonly last: boolean
}

/** Asks whether the sender of `ballot` still leads; answered unless a higher ballot was promised. */
export interface ReadProbe {
  readonly ballot: LogBallot
  readonly id: number
  /** Asks for a lease of so many milliseconds too; absent: for none. */
  readonly leaseMs?: number
}

/** Answers a {@link ReadProbe}. */
export interface ReadAck {
  readonly ballot: LogBallot
  readonly from: string
  readonly id: number
  /** For so many milliseconds, by its own clock, the sender promises no other replica anything. Absent: there is no lease. */
  readonly leaseMs?: number
}

/** The leader asks a follower, whose log is as long as its own, to lead in its place. */
interface TakeOver {
  readonly ballot: LogBallot
  /** The leader has given up the leases that came with its probes up to this one. */
  readonly probe: number
}

/**
 * Has a replica stand for election now, as one does that misses its leader, in place of the ballot `instead` (absent: of
 * nobody). One that leads, or has promised another ballot than that, does nothing.
 */
interface Campaign {
  readonly instead?: LogBallot
}

/** A leader that is asked for a change of members asks those that are to vote how far they are. */
export interface JoinProbe {
  readonly replyTo: ActorRef<ReplicaProtocol>
  readonly ballot: LogBallot
}

/** Answers a {@link JoinProbe}. */
export interface JoinAck {
  /** That of the probe. */
  readonly ballot: LogBallot
  readonly from: string
  readonly identity: string
  readonly applied: number
}

/** A replica that has no word of its own in the configuration tells the voters which one it is. */
export interface Introduce {
  readonly replyTo: ActorRef<ReplicaProtocol>
  readonly config: number
  readonly from: string
  readonly identity: string
}

/** Answers an {@link Introduce}: whom the sender knows under that id, and will know after a restart too. */
export interface Introduced {
  readonly config: number
  readonly from: string
  readonly identity: string
}

/** Asks for a session. Sent again until it is opened. */
export interface OpenSession {
  readonly client: ActorRef<LogClientProtocol>
  /** The client's own word for it. */
  readonly nonce: string
  /** The name of the definition that the client takes the log's replicas to have. Absent: it did not say. */
  readonly definition?: string
}

/** A client's commands: as many numbers from `first` on as there are operations. Sent again until results come. */
export interface Commands {
  readonly client: ActorRef<LogClientProtocol>
  readonly session: number
  readonly ackedUpTo: number
  readonly first: number
  readonly operations: readonly unknown[]
  /** How many commands they count as, when some are large. Absent: as many as there are. */
  readonly weight?: number
}

/** A client's reads: as many numbers from `first` on as there are queries. */
export interface Reads {
  readonly client: ActorRef<LogClientProtocol>
  readonly first: number
  readonly queries: readonly unknown[]
  /** As in {@link OpenSession}. */
  readonly definition?: string
}

/** Asks for the next configuration; answered when it is decided, by `reconfigured`, or by `unready`. */
export interface Reconfigure {
  readonly client: ActorRef<LogClientProtocol>
  /** The number of the configuration that is to be replaced: a request that comes again changes nothing. */
  readonly config: number
  /** The client's number for it. */
  readonly change: number
  readonly members: readonly LogMember[]
  readonly quorums: QuorumSizes
}

/** A change of members is not proposed: too few of those that are to vote are there. */
export interface UnreadyMembers {
  readonly config: number
  /** That of the {@link Reconfigure}. */
  readonly change: number
  /** As many voters have to have caught up. */
  readonly needed: number
  /** Those that did not answer, and those that did and have not caught up. */
  readonly absent: readonly string[]
  readonly behind: readonly string[]
}

/** What commands or queries came to, by number: as many from `first` on as there are values. */
export interface Outcomes {
  readonly first: number
  readonly values: readonly unknown[]
  /** Those whose value is an error instead; absent: none. */
  readonly failures?: readonly { readonly number: number; readonly name: string; readonly message: string }[]
}

/** Results for a client. */
export interface Results extends Outcomes {
  readonly session: number
}

/** Where to turn instead. */
interface Redirect {
  /** The members that the sender knows of, and the one that leads, if it knows. */
  readonly config: number
  readonly members: readonly LogMember[]
  readonly leader?: string
  /** Set when the sender leads but has taken in all that it can. */
  readonly overloaded?: true
}

export type LogClientProtocol = {
  opened: (message: { readonly nonce: string; readonly session: number }) => void
  results: (message: Results) => void
  answers: (message: Outcomes) => void
  /** With the log's limit, for which it was closed. */
  expired: (message: { readonly session: number; readonly sessionsMax: number }) => void
  redirect: (message: Redirect) => void
  unready: (message: UnreadyMembers) => void
  /** The replica's definition has this name, and not that which the client sent: nothing that it asks for is taken in. */
  foreign: (message: { readonly definition: string }) => void
  reconfigured: (message: { readonly config: number; readonly members: readonly LogMember[] }) => void
}

/** What a replica tells of itself. It has applied no more than it knows to be decided, and accepted no less. */
export interface ReplicaStatus {
  readonly id: string
  readonly role: 'follower' | 'candidate' | 'leader'
  /** The number of its configuration. */
  readonly config: number
  readonly configuration: LogConfiguration
  /** The id of whoever leads, as far as it has heard. */
  readonly leader: string | undefined
  /** Under which it leads, or stands for election. */
  readonly ballot: LogBallot | undefined
  /** The highest ballot that it has promised. */
  readonly promised: LogBallot | undefined
  /** Entries below are in its state only: whoever lacks one of them gets a snapshot. */
  readonly trimmed: number
  /** Entries below are in its state. */
  readonly applied: number
  /** Entries below are decided, as far as it knows. */
  readonly decided: number
  /** It has accepted all entries below. */
  readonly length: number
  /**
   * `voter`, `learner`, or `joining` while it is no member; `new`: a voter that has not met enough of the others yet and
   * votes on nothing; `refused`: a voter that lost what it had stored, and votes on nothing until it is replaced by one of a
   * new id.
   */
  readonly standing: 'voter' | 'learner' | 'joining' | 'new' | 'refused'
}

export type ReplicaProtocol = {
  heartbeat: (message: Heartbeat) => void
  heartbeatReply: (message: HeartbeatReply) => void
  prepare: (message: PrepareLog) => void
  promise: (message: PromisedLog) => void
  acceptSync: (message: AcceptEntries) => void
  acceptBatch: (message: AcceptEntries) => void
  accepted: (message: AcceptedLog) => void
  missing: (message: Missing) => void
  decide: (message: DecideLog) => void
  nack: (message: NackLog) => void
  prepareRequest: (message: PrepareRequest) => void
  behind: (message: { readonly ballot: LogBallot }) => void
  catchUp: (message: CatchUp) => void
  learned: (message: Learned) => void
  snapshotChunk: (message: SnapshotChunk) => void
  readProbe: (message: ReadProbe) => void
  readAck: (message: ReadAck) => void
  takeOver: (message: TakeOver) => void
  campaign: (message: Campaign) => void
  joinProbe: (message: JoinProbe) => void
  joinAck: (message: JoinAck) => void
  introduce: (message: Introduce) => void
  introduced: (message: Introduced) => void
  open: (message: OpenSession) => void
  commands: (message: Commands) => void
  reads: (message: Reads) => void
  reconfigure: (message: Reconfigure) => void
  transfer: (message: { readonly to: string }) => void
  /** To itself: the time of a heartbeat round. */
  tick: () => void
  /** To itself: what came in meanwhile goes out together. */
  flush: () => void
  status: () => ReplicaStatus
}
