/**
 * The configuration of a replicated log: its members and quorums. A configuration ends with the entry that brings the
 * next one (a stop entry, as in Lamport, Malkhi, Zhou, "Reconfiguring a State Machine", 2010). A quorum is a set of ids
 * of the *configured* voters: never a count of replies, never "those connected now".
 */
import { type ActorRef, ConfigurationError } from '@troupe/core'
import { requireMember, requireMembers } from '../given-options.ts'
import { majorities, type QuorumSizes, quorumProblem } from '../paxos/configuration.ts'
import type { ReplicaProtocol } from './messages.ts'

/** One member of a log: a replica on a node. */
export interface LogMember {
  /** Unique among the members. */
  readonly id: string
  /** What its replica stored when it first started, where that was known: one that has stored another word is another one. */
  readonly identity?: string
  /** The name of the node that it lives on. */
  readonly node: string
  /** Of two candidates with the same number the one with the higher priority leads. */
  readonly priority: number
  /** A learner gets every entry and votes on none. */
  readonly learner: boolean
  readonly replica: ActorRef<ReplicaProtocol>
}

/** Plain data, the same at every replica that has got this far. */
export interface LogConfiguration {
  /** From 1; each is followed by the next number. */
  readonly number: number
  readonly members: readonly LogMember[]
  /** Of the voters. */
  readonly quorums: QuorumSizes
}

/** Members of one configuration, at most. */
const membersMax = 64

/**
 * The same configuration, made here. Its members are read in nearly every turn: those that came out of messages, journals and
 * snapshots are objects of so many kinds to the engine that it looks each of their fields up by name, and frozen lists are
 * read by place no faster.
 */
export function ownConfiguration({ number, members, quorums }: LogConfiguration): LogConfiguration {
  return { number, members: ownMembers(members), quorums }
}

/** See {@link ownConfiguration}. */
export function ownMembers(members: readonly LogMember[]): readonly LogMember[] {
  return members.map((member) => identified(member, member.identity))
}

/** The same member, made here, with that identity or without one. */
export function identified(member: LogMember, identity: string | undefined): LogMember {
  const { id, node, priority, learner, replica } = member
  return identity === undefined
    ? { id, node, priority, learner, replica }
    : { id, node, priority, learner, replica, identity }
}

/** By the members, which nobody changes: those that vote, where not all do. */
const voters = new WeakMap<readonly LogMember[], readonly LogMember[]>()

/**
 * Those that vote. What is called in nearly every turn goes through members by their places: lists in messages are frozen, and an
 * iterator of such makes an object for each of them.
 */
export function votersOf({ members }: LogConfiguration): readonly LogMember[] {
  for (let index = 0; index < members.length; index++)
    if ((members[index] as LogMember).learner) return votersAmong(members)
  return members
}

function votersAmong(members: readonly LogMember[]): readonly LogMember[] {
  let known = voters.get(members)
  if (known === undefined) {
    known = members.filter(({ learner }) => !learner)
    voters.set(members, known)
  }
  return known
}

/** The member with that id; `undefined` for a stranger. */
export function logMemberOf({ members }: LogConfiguration, id: string): LogMember | undefined {
  for (let index = 0; index < members.length; index++) {
    const member = members[index] as LogMember
    if (member.id === id) return member
  }
  return undefined
}

/** True for a member that votes. */
export function isVoter(configuration: LogConfiguration, id: string): boolean {
  return logMemberOf(configuration, id)?.learner === false
}

/** The next one that votes, in turn; `id` when nobody does. */
export function voterAfter(members: readonly LogMember[], id: string): string {
  const voting = members.filter(({ learner }) => !learner)
  const at = voting.findIndex((member) => member.id === id)
  return voting[(at + 1) % voting.length]?.id ?? id
}

/** The same ids, each on the same node and with the same part in the log. */
export function isSameMembers(left: readonly LogMember[], right: readonly LogMember[]): boolean {
  const other = new Map(right.map((member) => [member.id, member]))
  return (
    left.length === right.length &&
    left.every(({ id, node, priority, learner }) => {
      const same = other.get(id)
      return same?.node === node && same.priority === priority && same.learner === learner
    })
  )
}

/**
 * The configuration of these members, with those quorums; default: majorities. Throws a `ConfigurationError` when it could not
 * work. A change of members that is under way is compared with what came of it, so that they must be equal to themselves.
 */
export function logConfiguration(
  log: string,
  number: number,
  members: readonly LogMember[],
  given?: QuorumSizes,
): LogConfiguration {
  const where = `replicated log ${log}`
  requireMembers(where, members)
  for (const member of members) requireMember(where, member)
  const voters = members.filter(({ learner }) => !learner).length
  const check = (holds: boolean, what: string) => {
    if (!holds) throw new ConfigurationError(`${where}: ${what}`, { log })
  }
  check(voters > 0, 'no member votes; name at least one that is not a learner')
  check(members.length <= membersMax, `${members.length} members; ${membersMax} are the most`)
  check(new Set(members.map(({ id }) => id)).size === members.length, 'two members have the same id')
  const quorums = given === undefined ? majorities(voters) : given
  const problem = quorumProblem(quorums, voters)
  check(problem === undefined, problem ?? '')
  return { number, members, quorums }
}

/**
 * What is wrong with members of whom one would go on under its id on another node: what it has promised and voted is on the disk of
 * the one where it is. `undefined`: nothing.
 */
export function movedMember(
  log: string,
  before: readonly LogMember[],
  members: readonly LogMember[],
): ConfigurationError | undefined {
  for (const { id, node } of members) {
    const known = before.find((member) => member.id === id)
    if (known === undefined || known.node === node) continue
    const what = `member ${id} lives on node ${known.node}, where it has stored what it voted for, and cannot go on on ${node}`
    return new ConfigurationError(`replicated log ${log}: ${what}; replace it by a member of a new id`, {
      log,
      id,
      node,
    })
  }
  return undefined
}
