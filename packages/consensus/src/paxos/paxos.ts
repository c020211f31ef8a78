/**
 * `startPaxos`: one instance of single-decree Paxos on any host. Each member gets an acceptor, a learner and a proposer
 * on its node, under fixed names; they reach each other by named references, which stay valid when a node and its
 * actors come back, and recover from the journal under fixed durable ids.
 */
import { type ActorDefinition, type ActorRef, type ActorSystem, namedRef } from '@troupe/core'
import { Acceptor } from './acceptor.ts'
import { PaxosClient } from './client.ts'
import {
  type Configuration,
  type Member,
  majorities,
  type QuorumSizes,
  type RetryDelay,
  type RoleArguments,
  validateConfiguration,
} from './configuration.ts'
import { Learner } from './learner.ts'
import type { AcceptorProtocol, LearnerProtocol, ProposerProtocol } from './messages.ts'
import { Proposer } from './proposer.ts'

/** A member as it is configured. */
export interface MemberOptions {
  /** Default: the node's name. Give ids when two members share a node, as in a local test. */
  readonly id?: string
  readonly node: string
  /** Decides between ballots with the same `n`. Default 0. */
  readonly priority?: number
}

/** What {@link startPaxos} starts. */
export interface PaxosOptions {
  /** The instance's name, unique in the system: letters, digits or `-`, `_`, `.`. */
  readonly instance: string
  /** The members: the names of their nodes, or options. */
  readonly members: readonly (string | MemberOptions)[]
  /** The sizes of the quorums, whose sum exceeds the number of members. Default: majorities. */
  readonly quorums?: QuorumSizes
  /** The wait before messages are sent again and before a lost ballot is followed by the next. Default 50 to 2,000 ms. */
  readonly retry?: RetryDelay
  /** Definitions that stand in for the roles' own: variants under test. */
  readonly definitions?: Partial<PaxosDefinitions>
}

/** The definition of each role. */
export interface PaxosDefinitions {
  readonly acceptor: ActorDefinition<AcceptorProtocol, RoleArguments>
  readonly proposer: ActorDefinition<ProposerProtocol, RoleArguments>
  readonly learner: ActorDefinition<LearnerProtocol, RoleArguments>
}

/** The roles' own definitions. */
const paxosDefinitions: PaxosDefinitions = { acceptor: Acceptor, proposer: Proposer, learner: Learner }

/** The configuration that `options` describe. Throws a `ConfigurationError` when quorums could miss each other. */
export function paxosConfiguration(options: PaxosOptions): Configuration {
  const { instance, members, quorums = majorities(members.length), retry = { minMs: 50, maxMs: 2_000 } } = options
  const configuration: Configuration = {
    instance,
    members: members.map((member) => memberFrom(instance, typeof member === 'string' ? { node: member } : member)),
    quorums,
    retry,
  }
  validateConfiguration(configuration)
  return configuration
}

/**
 * Starts the roles of one instance on the members' nodes and returns its client. Rejects with what a spawn threw; the
 * host has to offer each node a disk. The roles stop with the system.
 */
export async function startPaxos<Value = unknown>(
  system: ActorSystem,
  options: PaxosOptions,
): Promise<PaxosClient<Value>> {
  const configuration = paxosConfiguration(options)
  const { acceptor, proposer, learner } = { ...paxosDefinitions, ...options.definitions }
  const startMember = async ({ id, node, ...refs }: Member) => {
    const args: RoleArguments = { configuration, id }
    const spawnOptions = (ref: ActorRef) => ({ node, name: ref.name as string, durableId: ref.name as string })
    await system.spawn(acceptor, args, spawnOptions(refs.acceptor))
    await system.spawn(proposer, args, spawnOptions(refs.proposer))
    // After the proposer, which a learner that comes back tells its decision.
    await system.spawn(learner, args, spawnOptions(refs.learner))
  }
  await Promise.all(configuration.members.map(startMember))
  return new PaxosClient<Value>(system, configuration)
}

function memberFrom(instance: string, { node, id = node, priority = 0 }: MemberOptions): Member {
  const address = (role: string) => ({ node, name: `paxos.${instance}.${role}.${id}` })
  return {
    id,
    node,
    priority,
    acceptor: namedRef(Acceptor, address('acceptor')),
    proposer: namedRef(Proposer, address('proposer')),
    learner: namedRef(Learner, address('learner')),
  }
}
