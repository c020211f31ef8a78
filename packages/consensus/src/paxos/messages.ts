/**
 * The messages of single-decree Paxos (Lamport, "Paxos Made Simple", 2001).
 *
 * ```
 *   proposer                     acceptors                      learners
 *      │ ── prepare ────────────────▶ │                             │   phase 1: election
 *      │ ◀────────────── promise ──── │                             │
 *      │ ── accept ─────────────────▶ │                             │   phase 2: proposal ...
 *      │ ── accept ─────────────────────────────────────────────▶  │
 *      │ ◀───────────── accepted ──── │ ── accepted ──────────────▶ │            ... and acceptance
 *      │ ── decided ────────────────────────────────────────────▶  │
 *      │ ◀──────────────────────────────────────────── inquire ─── │   a learner that knows nothing asks, also others
 * ```
 *
 * `accepted` carries no value. It needs none: a ballot has one value, which learners know from the proposer's
 * `accept`. Every message names its instance, which stands for its configuration; one of another instance is ignored.
 */
import type { Ballot } from '../ballot.ts'

/** Phase 1a: asks an acceptor to take part in no lower ballot any more. */
export interface Prepare {
  readonly instance: string
  readonly ballot: Ballot
}

/** Phase 1b: the acceptor's promise, with the vote of the highest ballot that it has cast. */
export interface Promised {
  readonly instance: string
  readonly ballot: Ballot
  readonly from: string
  readonly accepted?: Vote
}

/** Phase 2a: asks an acceptor to vote for `value`. */
export interface Accept {
  readonly instance: string
  readonly ballot: Ballot
  readonly value: unknown
}

/** Phase 2b: the acceptor's vote. */
export interface Accepted {
  readonly instance: string
  readonly ballot: Ballot
  readonly from: string
}

/** Refuses a `prepare` or an `accept` of `ballot`, because of a promise to a higher one. */
export interface Nack {
  readonly instance: string
  readonly ballot: Ballot
  readonly promised: Ballot
}

/** The value that was chosen. */
export interface Decided {
  readonly instance: string
  readonly value: unknown
}

/** A learner that knows no decision asks another, or a proposer, for it. */
export interface Inquire {
  readonly instance: string
  readonly from: string
}

/** A client's value. */
export interface Propose {
  readonly instance: string
  readonly value: unknown
}

/** A vote as an acceptor remembers it. */
export interface Vote {
  readonly ballot: Ballot
  readonly value: unknown
}

/** A decision, or that there is none yet. */
export type Learned = { readonly decided: false } | { readonly decided: true; readonly value: unknown }

/**
 * Where a proposer stands. `idle`: nothing to do, or waiting to try again; `election`: phase 1, collecting promises;
 * `proposal`: phase 2, the value is out and nobody has voted yet; `acceptance`: votes are coming in; `decided`.
 */
export type ProposerPhase = 'idle' | 'election' | 'proposal' | 'acceptance' | 'decided'

/** What a proposer tells of itself. */
export interface ProposerStatus {
  readonly phase: ProposerPhase
  /** The ballot under way. */
  readonly ballot?: Ballot
}

/** What an acceptor has promised and voted. */
export interface AcceptorStatus {
  readonly promised?: Ballot
  readonly accepted?: Vote
}

export type AcceptorProtocol = {
  prepare: (message: Prepare) => void
  accept: (message: Accept) => void
  /** What the acceptor knows, once it is durable. */
  status: () => AcceptorStatus
}

export type ProposerProtocol = {
  /** Proposes a value; the reply is the decided value, which may be another proposer's. */
  propose: (message: Propose) => unknown
  promise: (message: Promised) => void
  accepted: (message: Accepted) => void
  nack: (message: Nack) => void
  decided: (message: Decided) => void
  inquire: (message: Inquire) => void
  status: () => ProposerStatus
  /** The proposer's own timers: a new ballot is due; the messages of the running ballot are to be sent again. */
  elect: () => void
  resend: () => void
}

export type LearnerProtocol = {
  accept: (message: Accept) => void
  accepted: (message: Accepted) => void
  decided: (message: Decided) => void
  inquire: (message: Inquire) => void
  /** What the learner knows, once it is durable. */
  learned: () => Learned
  /** The learner's own timer: a member may know. */
  poll: () => void
}
