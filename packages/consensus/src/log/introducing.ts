/**
 * A replica whose disk was lost and that comes back under its old id has forgotten what it voted for, and must not vote as
 * if it were new. It cannot know that it is not; so no voter votes before others know it.
 *
 * When a replica first starts, over an empty journal, it draws a word of its own, its *identity*, and stores it. It then
 * introduces itself to the other voters, who store whom they know under that id, and votes once more than half of them know
 * it by this word. The one that comes back with another word reaches more than half of them as well, and meets one that
 * knows better. A change of members writes the identities that its leader knows into the configuration; from then on
 * nobody needs to be asked. What was voted in a configuration matters in that one only, so that each one begins anew.
 *
 * All that is enforced where it is known: by the replica itself. Nothing of it travels with votes.
 */
import type { ActorRef } from '@troupe/core'
import { askToCatchUp } from './catching-up.ts'
import { isVoter, logMemberOf, memberAt, votersOf } from './configuration.ts'
import type { Introduce, Introduced, ReplicaProtocol, ReplicaStatus } from './messages.ts'
import type { ReplicaContext, ReplicaState } from './replica-state.ts'

/** Replicas that are no members and have introduced themselves, at most; further ones are not remembered. */
const strangersMax = 64

/** Draws the identity, when there is none yet. */
export function begin(state: ReplicaState, ctx: ReplicaContext): void {
  if (state.identity !== undefined) return
  const word = () => ctx.random.int(2 ** 32).toString(36)
  ctx.persist('began', `${word()}-${word()}`)
}

/** What this replica is to its configuration: only a `voter` votes. */
export function standingOf({
  configuration,
  id,
  identity,
  knownIn,
  refusedBy,
}: ReplicaState): ReplicaStatus['standing'] {
  const member = logMemberOf(configuration, id)
  if (member === undefined) return 'joining'
  if (member.learner) return 'learner'
  if (member.identity !== undefined) return member.identity === identity ? 'voter' : 'refused'
  if (knownIn === configuration.number) return 'voter'
  return refusedBy === undefined ? 'new' : 'refused'
}

/** True unless this is a voter that has no right to vote. */
export function isTrusted(state: ReplicaState): boolean {
  const standing = standingOf(state)
  return standing !== 'new' && standing !== 'refused'
}

/** Tells the voters which one this is, until all that are there know it, the configuration says so, or it is refused. */
export function introduceSelf(state: ReplicaState, ctx: ReplicaContext): void {
  const { configuration, id, identity, knownBy } = state
  const listed = logMemberOf(configuration, id)?.identity
  if (listed !== undefined && listed !== identity && isVoter(configuration, id)) refuse(state, 'the configuration', ctx)
  if (listed !== undefined || state.refusedBy !== undefined) return
  const voters = votersOf(configuration)
  for (let index = 0; index < voters.length; index++) {
    const voter = memberAt(voters, index)
    if (voter.id !== id && !knownBy.has(voter.id)) introduceTo(voter.replica, state, ctx)
  }
  meet(state, ctx)
}

/** Held until the identity is stored: one that nobody has heard of may be forgotten. */
function introduceTo(replica: ActorRef<ReplicaProtocol>, state: ReplicaState, ctx: ReplicaContext): void {
  const { configuration, id: from, identity } = state
  if (identity !== undefined)
    ctx.tell(replica, 'introduce', { replyTo: ctx.self, config: configuration.number, from, identity })
}

/** Stores the identity of another replica, or finds that it is another one than before, and says whom it knows. */
export function onIntroduce(state: ReplicaState, message: Introduce, ctx: ReplicaContext): void {
  const { replyTo, config, from, identity } = message
  const { configuration, id, identities } = state
  if (from === id) return
  // One that nobody knows yet answers no heartbeats: that there is a later configuration may be heard from it alone.
  if (config > configuration.number) askToCatchUp(state, from, ctx)
  const member = logMemberOf(configuration, from)
  const known = member?.identity ?? identities.get(from)
  if (known === undefined) {
    if (member === undefined && strangersOf(state) >= strangersMax) {
      ctx.log.warn('too many replicas that are no members have introduced themselves', { from, strangersMax })
      return
    }
    ctx.persist('introduced', { id: from, identity })
  } else if (known !== identity) {
    ctx.log.warn('a replica has lost what it had stored; replace it by a member of a new id', { id: from })
  }
  ctx.tell(replyTo, 'introduced', { config: configuration.number, from: id, identity: known ?? identity })
  // It may have been started only now, so that what it was told before is lost.
  const isDue = config === configuration.number && isVoter(configuration, from) && !state.knownBy.has(from)
  if (isDue && logMemberOf(configuration, id)?.identity === undefined) introduceTo(replyTo, state, ctx)
}

/** Another voter says whom it knows under this replica's id. */
export function onIntroduced(state: ReplicaState, { config, from, identity }: Introduced, ctx: ReplicaContext): void {
  const { configuration, id } = state
  if (config !== configuration.number || from === id || !isVoter(configuration, from)) return
  if (identity === state.identity) {
    state.knownBy.add(from)
    meet(state, ctx)
  } else {
    refuse(state, from, ctx)
  }
}

/** Says so once, to whoever operates it. */
function refuse(state: ReplicaState, knownTo: string, ctx: ReplicaContext): void {
  if (state.refusedBy !== undefined) return
  state.refusedBy = knownTo
  const what = 'this replica has lost what it had stored, and votes on nothing: replace it by a member of a new id'
  ctx.log.error(what, { id: state.id, knownTo })
}

/** Forgets who met whom in the configuration before. What others voted in that one matters no more. */
export function meetAnew(state: ReplicaState): void {
  state.knownBy.clear()
  state.refusedBy = undefined
}

/** The identity of a member, for the next configuration: as far as this replica knows it. */
export function identityOf({ configuration, id, identity, identities }: ReplicaState, member: string) {
  return member === id ? identity : (logMemberOf(configuration, member)?.identity ?? identities.get(member))
}

/** More than half of the other voters know this one: whoever comes back without its disk meets one of them. */
function meet(state: ReplicaState, ctx: ReplicaContext): void {
  const { configuration, id, knownBy, knownIn } = state
  if (!isVoter(configuration, id) || knownIn === configuration.number || state.refusedBy !== undefined) return
  const others = votersOf(configuration).length - 1
  if (others === 0 || knownBy.size > others / 2) ctx.persist('known', configuration.number)
}

function strangersOf({ configuration, identities }: ReplicaState): number {
  let count = 0
  for (const id of identities.keys()) if (logMemberOf(configuration, id) === undefined) count++
  return count
}
