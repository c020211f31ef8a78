/**
 * `startPaxos`: one instance of single-decree Paxos on any host. Each member gets an acceptor, a learner and a proposer
 * on its node, under fixed names; they reach each other by named references, which stay valid when a node and its
 * actors come back, and recover from the journal under fixed durable ids.
 */
import { type ActorDefinition, type ActorRef, type ActorSystem, namedRef } from '@troupe/core'
import { type KnownOptions, refuseUnknownOptions, requireOption } from '@troupe/core/host'
import { requireMembers, requireName, requireSystem } from '../given-options.ts'
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
  /** The instance's name, unique in the system: 1 to 80 letters, digits or `-`, `_`, `.`, `:`. */
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

const knownOptions: KnownOptions<PaxosOptions> = {
  ...{ instance: true, members: true, quorums: true, retry: true, definitions: true },
}
const knownOfMember: KnownOptions<MemberOptions> = { id: true, node: true, priority: true }
const knownOfRetry: KnownOptions<RetryDelay> = { minMs: true, maxMs: true }
const knownDefinitions: KnownOptions<PaxosDefinitions> = { acceptor: true, proposer: true, learner: true }

/** The configuration that `options` describe. Throws a `ConfigurationError` for what could not work, such as quorums that miss each other. */
export function paxosConfiguration(options: PaxosOptions): Configuration {
  refuseUnknownOptions('startPaxos', options, knownOptions)
  const { instance, members, retry = { minMs: 50, maxMs: 2_000 }, definitions = {} } = options
  requireName('startPaxos: instance', instance)
  const where = `Paxos instance ${instance}`
  requireMembers(where, members)
  requireRetry(where, retry)
  refuseUnknownOptions(`${where}: definitions`, definitions, knownDefinitions)
  const { quorums = majorities(members.length) } = options
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
 * Starts the roles of one instance on the members' nodes and returns its client. Rejects with a `ConfigurationError` for options
 * that could not work or that nobody knows, before anything is started, and with what a spawn threw; the host has to offer
 * each node a disk. The roles stop with the system.
 */
export async function startPaxos<Value = unknown>(
  system: ActorSystem,
  options: PaxosOptions,
): Promise<PaxosClient<Value>> {
  requireSystem('startPaxos', system)
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

function requireRetry(where: string, retry: RetryDelay): void {
  refuseUnknownOptions(`${where}: retry`, retry, knownOfRetry)
  const { minMs, maxMs } = retry
  const isDelay = (value: unknown) => typeof value === 'number' && value >= 1 && value <= 2 ** 30
  const needs = 'milliseconds from 1 to 2^30'
  requireOption(isDelay(minMs), `${where}: retry.minMs`, needs, minMs)
  requireOption(isDelay(maxMs) && maxMs >= minMs, `${where}: retry.maxMs`, `${needs}, and minMs at least`, maxMs)
}

function memberFrom(instance: string, options: MemberOptions): Member {
  refuseUnknownOptions(`Paxos instance ${instance}: a member`, options, knownOfMember)
  const { node, id = node, priority = 0 } = options
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
