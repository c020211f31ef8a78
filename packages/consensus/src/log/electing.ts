/**
 * Who leads: rounds of heartbeats among the voters, after Ng, Haridi, Carbone, "Omni-Paxos: Breaking the Barriers of
 * Partial Connectivity" (2023). A voter that hears from a quorum is *connected*; the highest ballot of a connected one
 * leads. One that is connected and misses a leader, because it is gone or no longer connected, raises its own ballot
 * above the leader's. So whoever cannot reach a quorum never disturbs those who can (what elsewhere is a pre-vote), and a
 * leader that lost its quorum is replaced although it is still heard.
 */
import type { ActorRef } from '@troupe/core'
import { askToCatchUp } from './catching-up.ts'
import { isVoter, type LogMember, votersOf } from './configuration.ts'
import { isTrusted, standingOf } from './introducing.ts'
import { compareLogBallots, higherOf, type LogBallot } from './log-ballot.ts'
import type { Heartbeat, HeartbeatReply, ReplicaProtocol } from './messages.ts'
import { type ReplicaContext, type ReplicaState, replicaOf } from './replica-state.ts'

/** Rounds of heartbeats in an election timeout: what is missed less often than this counts as loss or delay. */
const roundsPerTimeout = 4

/** Milliseconds of one round. */
export function roundMs({ options }: ReplicaState): number {
  return Math.max(1, Math.round(options.electionTimeoutMs / roundsPerTimeout))
}

/**
 * Ends a round and begins the next one. Returns true when this replica is to stand for election under `state.own`.
 */
export function nextRound(state: ReplicaState, ctx: ReplicaContext): boolean {
  const { configuration, id } = state
  state.round++
  if (standingOf(state) !== 'voter') return false
  const { count, top } = lately(state)
  const quorum = Math.max(configuration.quorums.election, configuration.quorums.acceptance)
  state.connected = count + 1 >= quorum
  const stand = state.connected && chooseLeader(state, count, top)
  const heartbeat: Heartbeat = { config: configuration.number, from: id, round: state.round }
  const voters = votersOf(configuration)
  for (let index = 0; index < voters.length; index++) {
    const { id: other, replica } = voters[index] as LogMember
    if (other !== id) ctx.tellEarly(replica, 'heartbeat', heartbeat)
  }
  return stand
}

/** The answers of the last rounds: how many there are, and the highest ballot of those who are connected and of its own. */
function lately({ replies, round: now, own }: ReplicaState): { readonly count: number; readonly top: LogBallot } {
  let count = 0
  let top = own
  for (const { round, connected, ballot } of replies.values()) {
    if (round <= now - roundsPerTimeout) continue
    count++
    if (connected) top = higherOf(top, ballot)
  }
  return { count, top }
}

/** Watches whoever leads: where a death is certain, as that of a thread, nobody waits for a timeout. */
export function watchLeader(state: ReplicaState, ctx: ReplicaContext): void {
  const { leader, watched, id } = state
  if (leader?.node === watched) return
  const before = watched === undefined ? undefined : replicaOf(state, watched)?.replica
  if (before !== undefined) ctx.unwatch(before)
  const now = leader === undefined || leader.node === id ? undefined : replicaOf(state, leader.node)
  state.watched = now?.id
  if (now !== undefined) ctx.watch(now.replica)
}

/** The watched leader is gone: the next round draws a ballot. */
export function leaderGone(state: ReplicaState): void {
  if (state.leader !== undefined && state.watched === state.leader.node)
    state.leaderRound = state.round - roundsPerTimeout
  state.replies.delete(state.watched ?? '')
  state.watched = undefined
}

/**
 * Answers another's heartbeat. One of an earlier configuration is answered in any case, a member or not: that there is a
 * later one may be heard from nobody else.
 */
export function answerHeartbeat(state: ReplicaState, { config, from, round }: Heartbeat, ctx: ReplicaContext): void {
  const { own: ballot, connected, id, configuration } = state
  if (config > configuration.number) askToCatchUp(state, from, ctx)
  const isBehind = config < configuration.number
  const replica: ActorRef<ReplicaProtocol> | undefined =
    replicaOf(state, from)?.replica ?? (isBehind ? ctx.sender : undefined)
  if (replica === undefined || !(isBehind || isTrusted(state))) return
  ctx.tellEarly(replica, 'heartbeatReply', { config: configuration.number, from: id, round, ballot, connected })
}

/** Notes an answer, if it is the latest of that voter. */
export function noteReply(state: ReplicaState, reply: HeartbeatReply, ctx: ReplicaContext): void {
  const { config, from, round } = reply
  if (config > state.configuration.number) askToCatchUp(state, from, ctx)
  if (config !== state.configuration.number || from === state.id || !isVoter(state.configuration, from)) return
  if (round > (state.replies.get(from)?.round ?? 0)) state.replies.set(from, reply)
}

/** Draws a ballot above all that this replica has drawn, promised or heard of. */
export function drawBallot(state: ReplicaState): LogBallot {
  const { configuration, id, own, leader, promised } = state
  const config = configuration.number
  const n = Math.max(0, ...[own, leader, promised].map((ballot) => (ballot?.config === config ? ballot.n : 0))) + 1
  const priority = replicaOf(state, id)?.priority ?? 0
  state.own = { config, n, priority, node: id }
  return state.own
}

/** The own ballot is lost: it is no candidate for anybody any more. */
export function withdraw(state: ReplicaState): void {
  state.own = { ...state.own, n: 0 }
}

/** Begins anew in another configuration, where nobody has led yet. */
export function resetElection(state: ReplicaState): void {
  const { configuration, id } = state
  state.own = { config: configuration.number, n: 0, priority: replicaOf(state, id)?.priority ?? 0, node: id }
  state.leader = state.promised?.config === configuration.number ? state.promised : undefined
  state.leaderRound = state.round
  state.connected = false
  state.replies.clear()
}

/** Takes the highest ballot that could lead for the leader's, or draws one. True when this replica is to stand under it. */
function chooseLeader(state: ReplicaState, heard: number, top: LogBallot): boolean {
  const { own, leader } = state
  if (top.n > 0 && compareLogBallots(top, leader) >= 0) {
    state.leader = top
    state.leaderRound = state.round
    return top === own && state.lead === undefined && compareLogBallots(own, state.promised) > 0
  }
  // Nobody who could lead has the leader's ballot: it is gone, cut off, or has come back without it. Where everybody
  // answers and nobody has led, as at the very start, there is nothing to wait for.
  const start = leader === undefined && heard + 1 === votersOf(state.configuration).length
  if (start || state.round - state.leaderRound >= roundsPerTimeout) {
    drawBallot(state)
    state.leaderRound = state.round
  }
  return false
}
