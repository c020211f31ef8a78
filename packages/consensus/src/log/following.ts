/**
 * The acceptor's part: promises, votes, and what it hears to be decided. It persists, then tells: output commit keeps
 * `promise` and `accepted` inside until what they speak of is synced.
 */

import { askToCatchUp } from './catching-up.ts'
import { entriesFrom, lengthOf } from './entry.ts'
import { isTrusted } from './introducing.ts'
import { stepDown } from './leading.ts'
import { isLentTo } from './leases.ts'
import { compareLogBallots, higherOf, type LogBallot } from './log-ballot.ts'
import type { AcceptEntries, DecideLog, PrepareLog, PromisedLog } from './messages.ts'
import { type ReplicaContext, type ReplicaState, replicaOf } from './replica-state.ts'

/** Decided entries that a promise carries at most; a candidate that lacks more catches up first. */
const promiseLagMax = 4_096

/** Phase 1b. */
export function onPrepare(state: ReplicaState, prepare: PrepareLog, ctx: ReplicaContext): void {
  const candidate = heard(state, prepare.ballot, ctx)
  if (candidate === undefined) return
  const isNew = compareLogBallots(prepare.ballot, state.promised) > 0
  // It comes again, with the candidate's next tick.
  if (isNew && isLentTo(state, prepare, ctx)) return
  if (isNew) ctx.persist('promised', prepare.ballot)
  if (state.lead !== undefined && compareLogBallots(prepare.ballot, state.lead.ballot) > 0) stepDown(state, ctx)
  ctx.tell(candidate, 'promise', promiseFor(state, prepare))
}

function promiseFor(state: ReplicaState, prepare: PrepareLog): PromisedLog {
  const { id: from, acceptedBallot, decided, entries } = state
  const length = lengthOf(entries)
  const { trimmed } = entries
  const { ballot } = prepare
  const promise: PromisedLog =
    acceptedBallot === undefined ? { ballot, from, length, decided } : { ballot, from, length, decided, acceptedBallot }
  const order = compareLogBallots(acceptedBallot, prepare.acceptedBallot)
  if (prepare.decided < trimmed || decided - prepare.decided > promiseLagMax) return { ...promise, behind: true }
  if (order < 0 || (order === 0 && length <= prepare.length)) return promise
  const at = order > 0 ? prepare.decided : prepare.length
  return { ...promise, suffix: { at, entries: entriesFrom(entries, at) } }
}

/** Phase 2b, the first of a ballot: the log becomes the leader's. Returns true when more is known to be decided. */
export function onAcceptSync(state: ReplicaState, message: AcceptEntries, ctx: ReplicaContext): boolean {
  const { ballot, at, entries } = message
  const leader = heard(state, ballot, ctx)
  if (leader === undefined || compareLogBallots(ballot, state.promised) !== 0) return false
  if (compareLogBallots(ballot, state.acceptedBallot) === 0) return onAcceptBatch(state, message, ctx)
  if (at > lengthOf(state.entries)) return false // Of an earlier life: asked for again with the next tick.
  // What is decided is in the leader's log as it is here, and is never taken back.
  const start = Math.min(Math.max(at, state.decided), at + entries.length)
  if (start < state.decided) ctx.persist('appended', { ballot, at: state.decided, entries: [], decided: state.decided })
  else ctx.persist('appended', { ballot, at: start, entries: entries.slice(start - at), decided: state.decided })
  ctx.tell(leader, 'accepted', { ballot, from: state.id, length: at + entries.length })
  return decideUpTo(state, Math.min(message.decided, at + entries.length))
}

/** Phase 2b. Returns true when more is known to be decided. */
export function onAcceptBatch(state: ReplicaState, message: AcceptEntries, ctx: ReplicaContext): boolean {
  const { ballot, at, entries } = message
  const leader = heard(state, ballot, ctx)
  if (leader === undefined || compareLogBallots(ballot, state.acceptedBallot) !== 0) return false
  const length = lengthOf(state.entries)
  if (at > length) {
    ctx.tellEarly(leader, 'missing', { ballot, from: state.id, length })
    return false
  }
  // In one ballot nothing is ever replaced: an old batch that comes late must not cut off what came after it.
  const end = at + entries.length
  if (end > length) {
    const fresh = at === length ? entries : entries.slice(length - at)
    ctx.persist('appended', { ballot, at: length, entries: fresh, decided: state.decided })
  }
  ctx.tell(leader, 'accepted', { ballot, from: state.id, length: end })
  return decideUpTo(state, Math.min(message.decided, lengthOf(state.entries)))
}

/** Returns true when more is known to be decided. */
export function onDecide(state: ReplicaState, { ballot, length }: DecideLog, ctx: ReplicaContext): boolean {
  const leader = heard(state, ballot, ctx)
  if (leader === undefined || compareLogBallots(ballot, state.acceptedBallot) !== 0) return false
  const own = lengthOf(state.entries)
  if (length > own) ctx.tellEarly(leader, 'missing', { ballot, from: state.id, length: own })
  return decideUpTo(state, Math.min(length, own))
}

/**
 * What every message under a ballot goes through: the reference of its sender; `undefined` for one of another
 * configuration, of a stranger, or of a ballot below the promise, which is refused; and where this replica may not vote.
 */
export function heard(state: ReplicaState, ballot: LogBallot, ctx: ReplicaContext) {
  const { configuration, promised, id } = state
  const { config, node } = ballot
  if (config > configuration.number) {
    askToCatchUp(state, node, ctx)
    return undefined
  }
  if (config < configuration.number || node === id) return undefined
  const member = replicaOf(state, node)
  if (member === undefined || member.learner || !isTrusted(state)) return undefined
  const { replica } = member
  if (promised !== undefined && compareLogBallots(ballot, promised) < 0) {
    ctx.tell(replica, 'nack', { ballot, promised })
    return undefined
  }
  state.leader = higherOf(state.leader, ballot)
  return replica
}

function decideUpTo(state: ReplicaState, length: number): boolean {
  if (length <= state.decided) return false
  state.decided = length
  return true
}
