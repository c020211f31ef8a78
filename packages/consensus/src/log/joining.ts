/**
 * A change of members, before it is proposed. A configuration whose voters are not there decides nothing, not even its own
 * end, so that there would be no way back. The leader therefore asks its voters-to-be how far they are, and proposes the
 * change once as many of them as elect and accept have all that was decided when it was asked for. While none gets any
 * further it waits for a while, and then refuses, as etcd does (`raft: learner not ready`).
 */
import { identified, type LogConfiguration, logConfiguration, movedMember, votersOf } from './configuration.ts'
import type { Entry } from './entry.ts'
import { identityOf } from './introducing.ts'
import { compareLogBallots } from './log-ballot.ts'
import type { JoinAck, JoinProbe, Reconfigure } from './messages.ts'
import type { JoiningMembers, Leadership, ReplicaContext, ReplicaState } from './replica-state.ts'

/** Rounds of heartbeats, two election timeouts, that a leader waits while no voter-to-be gets any further. */
const joinRoundsMax = 8

/**
 * Asks the voters-to-be, unless a change is under way already. Returns the entry that is to be proposed, if nobody needs to be
 * asked. Throws a `ConfigurationError` for members that could not work.
 */
export function beginChange(
  state: ReplicaState,
  lead: Leadership,
  asked: Reconfigure,
  ctx: ReplicaContext,
): Entry | undefined {
  if (lead.joining !== undefined || isChanging(lead)) return undefined
  const { members } = nextConfiguration(state, asked)
  const problem = movedMember(state.log, state.configuration.members, members)
  if (problem !== undefined) throw problem
  lead.joining = { asked, target: state.decided, applied: new Map(), rounds: joinRoundsMax }
  const ready = readyChange(state, lead)
  if (ready === undefined) askOthers(state, lead, ctx)
  return ready
}

/** Says how far this replica is, and which one it is. */
export function onJoinProbe(state: ReplicaState, { replyTo, ballot }: JoinProbe, ctx: ReplicaContext): void {
  const { id: from, identity, applied } = state
  if (identity !== undefined) ctx.tell(replyTo, 'joinAck', { ballot, from, identity, applied })
}

/** Returns the entry that is to be proposed, if with this answer there are enough. */
export function onJoinAck(state: ReplicaState, { ballot, from, identity, applied }: JoinAck): Entry | undefined {
  const { lead } = state
  if (lead?.joining === undefined || compareLogBallots(lead.ballot, ballot) !== 0) return undefined
  const { joining } = lead
  // One that lost what it had stored will not vote under its old id.
  if ((identityOf(state, from) ?? identity) !== identity) return undefined
  const before = joining.applied.get(from) ?? -1
  if (applied > before) joining.applied.set(from, applied)
  if (before < joining.target && applied > before) joining.rounds = joinRoundsMax
  return readyChange(state, lead)
}

/** Asks again, and refuses what has waited long enough. */
export function changeTick(state: ReplicaState, ctx: ReplicaContext): void {
  const { lead, connected, configuration } = state
  if (lead?.joining === undefined) return
  const { joining } = lead
  // One that has lost its quorum may have been replaced, and has nothing to say.
  if (!lead.elected || !connected) joining.rounds = joinRoundsMax
  if (--joining.rounds >= 0) {
    askOthers(state, lead, ctx)
    return
  }
  lead.joining = undefined
  const { asked, applied } = joining
  const next = nextConfiguration(state, asked)
  const missing = votersOf(next).filter((voter) => voter.id !== state.id && !hasCaughtUp(state, joining, voter.id))
  const ids = missing.map(({ id }) => id)
  ctx.tell(asked.client, 'unready', {
    config: configuration.number,
    change: asked.change,
    needed: neededOf(next),
    absent: ids.filter((id) => !applied.has(id)),
    behind: ids.filter((id) => applied.has(id)),
  })
}

function readyChange(state: ReplicaState, lead: Leadership): Entry | undefined {
  const { joining } = lead
  if (joining === undefined) return undefined
  if (isChanging(lead)) {
    // What it found in the log at its election ends the configuration first.
    lead.joining = undefined
    return undefined
  }
  const configuration = nextConfiguration(state, joining.asked)
  let ready = 0
  for (const { id } of votersOf(configuration)) if (hasCaughtUp(state, joining, id)) ready++
  if (ready < neededOf(configuration)) return undefined
  lead.joining = undefined
  return { kind: 'configuration', configuration }
}

function askOthers(state: ReplicaState, lead: Leadership, ctx: ReplicaContext): void {
  const { joining, ballot } = lead
  if (joining === undefined) return
  for (const { id, learner, replica } of joining.asked.members)
    if (!learner && !hasCaughtUp(state, joining, id)) ctx.tellEarly(replica, 'joinProbe', { replyTo: ctx.self, ballot })
}

/** Has all that was decided when the change was asked for. */
function hasCaughtUp({ id: own }: ReplicaState, { applied, target }: JoiningMembers, id: string): boolean {
  return id === own || (applied.get(id) ?? -1) >= target
}

/** As many voters as it takes to elect and to accept. */
function neededOf({ quorums: { election, acceptance } }: LogConfiguration): number {
  return Math.max(election, acceptance)
}

/** A configuration is in the log already, or is about to be. */
function isChanging({ stopped, waiting }: Leadership): boolean {
  return stopped || waiting.some(({ kind }) => kind === 'configuration')
}

/** The configuration that is asked for, with the identities that this leader knows. */
function nextConfiguration(state: ReplicaState, { members, quorums }: Reconfigure): LogConfiguration {
  const known = members.map((member) => identified(member, identityOf(state, member.id)))
  return logConfiguration(state.log, state.configuration.number + 1, known, quorums)
}
