/**
 * The configuration of one instance: its members and its quorums. Every role is given the same one when it is spawned,
 * and a quorum is always a set of ids of *these* members: never a count of replies, never "those connected now".
 *
 * Quorums are flexible (Howard, Malkhi, Spiegelman, "Flexible Paxos", 2016): an election and an acceptance need not be
 * majorities as long as any two of them share a member, which is what makes a later election see an earlier choice.
 */
import { type ActorRef, ConfigurationError } from '@troupe/core'
import { type KnownOptions, shownValue, unknownOptionProblem } from '@troupe/core/host'
import { requireMember } from '../given-options.ts'
import type { AcceptorProtocol, LearnerProtocol, ProposerProtocol } from './messages.ts'

/** One member: an acceptor, a proposer and a learner that live on one node. */
export interface Member {
  /** Unique among the members; the `node` of its ballots and the `from` of its replies. */
  readonly id: string
  /** The name of the node that it lives on. */
  readonly node: string
  /** The priority of its ballots. */
  readonly priority: number
  readonly acceptor: ActorRef<AcceptorProtocol>
  readonly proposer: ActorRef<ProposerProtocol>
  readonly learner: ActorRef<LearnerProtocol>
}

/** How many members make a quorum, for each kind. */
export interface QuorumSizes {
  /** Members whose promise elects a ballot (phase 1). */
  readonly election: number
  /** Members whose vote chooses a value (phase 2). */
  readonly acceptance: number
}

/** How long a role waits before it tries again; the wait doubles from `minMs` to `maxMs` and half of it is random. */
export interface RetryDelay {
  readonly minMs: number
  readonly maxMs: number
}

/** What the roles of one instance know of it: plain data, the same for all. */
export interface Configuration {
  readonly instance: string
  readonly members: readonly Member[]
  readonly quorums: QuorumSizes
  readonly retry: RetryDelay
}

/** The arguments of each role's `init`. */
export interface RoleArguments {
  readonly configuration: Configuration
  /** The member that the role belongs to. */
  readonly id: string
}

/** The two kinds of quorum as majorities of `memberCount` members. */
export function majorities(memberCount: number): QuorumSizes {
  const majority = Math.floor(memberCount / 2) + 1
  return { election: majority, acceptance: majority }
}

/** The member with that id; `undefined` for a stranger. */
export function memberOf(configuration: Configuration, id: string): Member | undefined {
  return configuration.members.find((member) => member.id === id)
}

/** Adds the sender of a reply to the set of those who replied; a stranger's reply is ignored. */
export function collect(replies: Set<string>, configuration: Configuration, from: string): void {
  if (memberOf(configuration, from) !== undefined) replies.add(from)
}

/** Throws a `ConfigurationError` when two quorums of that configuration could miss each other, or an id is used twice. */
export function validateConfiguration(configuration: Configuration): void {
  const { instance, members, quorums } = configuration
  const check = (holds: boolean, what: string) => {
    if (!holds) throw new ConfigurationError(`Paxos instance ${instance}: ${what}`, { instance })
  }
  check(members.length > 0, 'there are no members')
  for (const { id, node, priority } of members) requireMember(`Paxos instance ${instance}`, { id, node, priority })
  check(new Set(members.map(({ id }) => id)).size === members.length, 'two members have the same id')
  const problem = quorumProblem(quorums, members.length)
  check(problem === undefined, problem ?? '')
}

const knownQuorums: KnownOptions<QuorumSizes> = { election: true, acceptance: true }

/** Why quorums of these sizes could not work among so many who vote, and which sizes would; `undefined`: they do. */
export function quorumProblem(quorums: QuorumSizes, voters: number): string | undefined {
  const unknown = unknownOptionProblem('quorums', quorums, knownQuorums)
  if (unknown !== undefined) return unknown.message
  const { election, acceptance } = quorums
  for (const [name, size] of Object.entries({ election, acceptance })) {
    if (Number.isInteger(size) && size >= 1 && size <= voters) continue
    return `quorums.${name} must be a whole number from 1 to ${voters}, got ${shownValue(size)}`
  }
  if (election + acceptance > voters) return undefined
  const usual = majorities(voters)
  const least = (size: number) => `${size === voters ? '' : 'at least '}${size}`
  return (
    `an election of ${election} and an acceptance of ${acceptance} among ${voters} voters can miss each other: ` +
    `beside an election of ${election} the acceptance must be ${least(voters + 1 - election)}, beside an acceptance of ${acceptance} ` +
    `the election ${least(voters + 1 - acceptance)}; majorities are ${usual.election} and ${usual.acceptance}`
  )
}
