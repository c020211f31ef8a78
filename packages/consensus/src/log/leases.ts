/**
 * Leases: for a while voters promise nobody but the leader anything, so that it may answer reads without asking them. A
 * probe asks for them, its answers bring them; once those who gave one meet every election quorum the leader has its own,
 * from the moment at which the probe was *sent*, by its monotonic clock. After Gray and Cheriton, "Leases" (1989), and
 * Chandra, Griesemer, Redstone, "Paxos Made Live" (2007), section 5.2.
 *
 * What that rests on: no clock runs faster or slower than real time by a larger share than `clockDriftMax`. A voter keeps its
 * word until its clock has moved by the lease; the leader ends its own sooner, by what the two may differ. The clock is
 * read in the turn that answers: a leader that was paused finds its lease over when it goes on.
 *
 * - A replica that was started again may have given a lease that it forgot: the longest one is durable, and so long it waits.
 * - A leader that hands over gives up its leases first, and says so to its successor, which tells those whom it prepares.
 * - Nothing holds back who was in the next configuration: the old one has ended, and its leader was the first to know.
 */
import { isVoter, votersOf } from './configuration.ts'
import { compareLogBallots, type LogBallot } from './log-ballot.ts'
import type { ReadAck, ReadProbe, ReleasedLeases } from './messages.ts'
import type { Leadership, ReplicaContext, ReplicaState } from './replica-state.ts'

/** Rounds of heartbeats for which a leader that handed over asks for no lease. */
const handOverRounds = 4

/** A replica that has just been started: what it may have promised before, it keeps. */
export function awaitForgottenLeases(state: ReplicaState, ctx: ReplicaContext): void {
  const { longestLeaseMs } = state
  state.given = longestLeaseMs > 0 ? { probe: 0, until: ctx.monotonicNow() + longestLeaseMs } : undefined
}

/** True while a lease forbids this replica to promise anything to `ballot`. */
export function isLentTo(
  state: ReplicaState,
  { ballot, released }: { readonly ballot: LogBallot; readonly released?: ReleasedLeases },
  ctx: ReplicaContext,
): boolean {
  const { given } = state
  if (given === undefined) return false
  if (ctx.monotonicNow() >= given.until) {
    state.given = undefined
    return false
  }
  if (given.ballot === undefined) return true
  // Whoever stands under another ballot has left the one before; and the end of a configuration ends its leases.
  if (given.ballot.node === ballot.node || given.ballot.config < ballot.config) return false
  const isReleased = compareLogBallots(given.ballot, released?.ballot) === 0 && given.probe <= (released?.probe ?? 0)
  return !isReleased
}

/** Gives the lease that a probe asks for, if that is from whom this replica takes for the leader; the milliseconds, or 0. */
export function giveLease(state: ReplicaState, { ballot, id, leaseMs = 0 }: ReadProbe, ctx: ReplicaContext): number {
  if (leaseMs <= 0 || compareLogBallots(state.leader, ballot) !== 0) return 0
  if (isLentTo(state, { ballot }, ctx)) return 0
  // Before the answer leaves: after a restart this is all that it knows.
  if (leaseMs > state.longestLeaseMs) ctx.persist('lends', leaseMs)
  const until = ctx.monotonicNow() + leaseMs
  state.given = { ballot, probe: id, until: Math.max(until, state.given?.until ?? until) }
  return leaseMs
}

/** The lease that a probe of this leader asks for; `undefined` while it does without. */
export function wantedLease(state: ReplicaState, lead: Leadership): number | undefined {
  const { leaseMs } = state.options
  return leaseMs > 0 && state.round >= lead.leasesFrom ? leaseMs : undefined
}

/** Notes a lease that came with an answer, and takes up its own once enough have given one. */
export function takeLease(state: ReplicaState, lead: Leadership, { from, id, leaseMs = 0 }: ReadAck): void {
  const { configuration, options } = state
  if (leaseMs <= 0 || id <= lead.released || !isVoter(configuration, from)) return
  lead.lentMs = Math.min(lead.lentMs, leaseMs)
  lead.lenders.add(from)
  // This replica is one of them: it promises nobody anything without ceasing to lead.
  if (lead.lenders.size + 1 < votersToAsk(state)) return
  const { clockDriftMax } = options
  const safeMs = lead.lentMs * ((1 - clockDriftMax) / (1 + clockDriftMax))
  lead.leaseUntil = Math.max(lead.leaseUntil, lead.probedAt + safeMs)
}

/** True when this leader may answer reads now without asking anybody. */
export function holdsLease(lead: Leadership, ctx: ReplicaContext): boolean {
  return lead.leaseUntil > 0 && ctx.monotonicNow() < lead.leaseUntil
}

/** True when it is time to ask for the next one, so that this one need not run out. */
export function isLeaseHalfOver({ options }: ReplicaState, lead: Leadership, ctx: ReplicaContext): boolean {
  return lead.leaseUntil - ctx.monotonicNow() < options.leaseMs / 2
}

/** Gives up what was lent so far; returns the number of the last probe that may have brought any. */
export function releaseLeases(state: ReplicaState, lead: Leadership): number {
  lead.released = lead.probe
  lead.leaseUntil = 0
  lead.leasesFrom = state.round + handOverRounds
  return lead.released
}

/** Voters, this one with them, that meet every election quorum. */
export function votersToAsk({ configuration }: ReplicaState): number {
  return votersOf(configuration).length - configuration.quorums.election + 1
}
