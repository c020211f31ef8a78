/**
 * `startReplicated`: the replicas of a log on the nodes of a system, and a typed handle on the object that they are.
 */
import {
  type ActorRef,
  type ActorSystem,
  type AskOptions,
  AskTimeoutError,
  ConfigurationError,
  mainNode,
  namedRef,
  type SystemSpawnOptions,
} from '@troupe/core'
import { isDefinition, type KnownOptions, refuseUnknownOptions, shownValue } from '@troupe/core/host'
import { requireMember, requireMembers, requireName, requireSystem } from '../given-options.ts'
import type { QuorumSizes } from '../paxos/configuration.ts'
import { type LogConfiguration, type LogMember, logConfiguration, logMemberOf } from './configuration.ts'
import { type LogCallerProtocol, LogClient } from './log-client.ts'
import { logOptions, requireRetryMs } from './log-options.ts'
import {
  type LogExplanation,
  type LogStatus,
  logExplanation,
  logStatus,
  requireReadyToLead,
  timedOut,
} from './log-status.ts'
import type { ReplicaStatus } from './messages.ts'
import type { LogOptions } from './replica-state.ts'
import type { ReplicaDefinition } from './replicate.ts'

/** A member as it is configured. */
export interface LogMemberOptions {
  /** Default: the node's name. */
  readonly id?: string
  readonly node: string
  /** A finite number. Default 0. */
  readonly priority?: number
  /** Default false: it votes. */
  readonly learner?: boolean
}

/** What {@link startReplicated} starts. */
export interface ReplicatedOptions {
  /** The log's name, unique in the system: 1 to 80 letters, digits or `-`, `_`, `.`, `:`. */
  readonly log: string
  /** The members: the names of their nodes, or options. */
  readonly members: readonly (string | LogMemberOptions)[]
  /** The sizes of the quorums, whose sum exceeds the number of voters. Default: majorities. */
  readonly quorums?: QuorumSizes
  /** Times, sizes and limits; defaults at {@link LogOptions}. */
  readonly options?: Partial<LogOptions>
}

/** A member as a client tells of it may be given again. */
const knownOfMember: KnownOptions<LogMember> = {
  ...{ id: true, node: true, priority: true, learner: true },
  ...{ replica: true, identity: true },
}
const knownOptions: KnownOptions<ReplicatedOptions> = { log: true, members: true, quorums: true, options: true }

/**
 * Starts a replica on each member's node; the host has to offer each a disk. Replicas whose journals are there go on
 * where they were. Rejects with a `ConfigurationError` for members that could not work; and with what the first spawn threw that
 * failed, once the others are started all the same: {@link replicatedLog} gives the handle on them.
 */
export async function startReplicated<Command, Result, Query, Answer>(
  system: ActorSystem,
  definition: ReplicaDefinition<Command, Result, Query, Answer>,
  options: ReplicatedOptions,
): Promise<Replicated<Command, Result, Query, Answer>> {
  const replicated = replicatedLog(system, definition, options)
  const started = replicated.configuration.members.map(({ id }) => replicated.startReplica(id))
  try {
    await Promise.all(started)
  } catch (error) {
    await Promise.allSettled(started)
    throw error
  }
  return replicated
}

/** The handle on a log that runs already, or is going to: nothing is started. */
export function replicatedLog<Command, Result, Query, Answer>(
  system: ActorSystem,
  definition: ReplicaDefinition<Command, Result, Query, Answer>,
  given: ReplicatedOptions,
): Replicated<Command, Result, Query, Answer> {
  if (!isDefinition(definition)) {
    throw new ConfigurationError(
      `startReplicated takes the definition that replicate(options, machine) returns, got ${shownValue(definition)}`,
    )
  }
  requireSystem('startReplicated', system)
  refuseUnknownOptions('startReplicated', given, knownOptions)
  const { log, members, quorums, options } = given
  requireName('startReplicated: log', log)
  requireMembers(`replicated log ${log}`, members)
  const configured = members.map((member) => logMember(system, definition, log, member))
  const configuration = logConfiguration(log, 1, configured, quorums)
  return new Replicated(system, definition, configuration, log, logOptions(log, options))
}

/** Options of {@link Replicated.client}. */
export interface ReplicatedClientOptions extends SystemSpawnOptions {
  /** Milliseconds after which what has no answer is sent again; from 1. Default: half of `electionTimeoutMs`. */
  readonly retryMs?: number
}

const knownOfClient: KnownOptions<ReplicatedClientOptions> = {
  ...{ node: true, retryMs: true, name: true, supervise: true, mailbox: true },
  ...{ durableId: true, linkedTo: true, timeoutMs: true },
}

/** A replicated object. */
export class Replicated<Command, Result, Query, Answer> {
  /** The configuration that the log began with. */
  readonly configuration: LogConfiguration
  readonly log: string
  readonly #system: ActorSystem
  readonly #definition: ReplicaDefinition<Command, Result, Query, Answer>
  readonly #options: LogOptions

  constructor(
    system: ActorSystem,
    definition: ReplicaDefinition<Command, Result, Query, Answer>,
    configuration: LogConfiguration,
    log: string,
    options: LogOptions,
  ) {
    this.#system = system
    this.#definition = definition
    this.configuration = configuration
    this.log = log
    this.#options = options
  }

  /**
   * Starts a client actor and returns the handle on it. It lives on the system's own node by default, which does not fail
   * with a member; one on another node is gone with that node. Rejects as a spawn does.
   */
  async client(options: ReplicatedClientOptions = {}): Promise<ReplicatedClient<Command, Result, Query, Answer>> {
    refuseUnknownOptions(`client of replicated log ${this.log}`, options, knownOfClient)
    const { log, configuration } = this
    const { batchMax, commandBytesMax, electionTimeoutMs } = this.#options
    const usualMs = Number.isFinite(electionTimeoutMs) ? Math.max(1, Math.round(electionTimeoutMs / 2)) : 250
    const { retryMs = usualMs, ...spawnOptions } = options
    requireRetryMs(log, retryMs)
    const { ref } = await this.#system.spawn(
      LogClient,
      { log, configuration, definition: this.#definition.name, retryMs, batchMax, commandBytesMax },
      { node: 'local', ...spawnOptions },
    )
    return new ReplicatedClient(this.#system, ref as ActorRef<LogCallerProtocol>, log, (member) => this.#member(member))
  }

  /**
   * Starts the replica of a member of the first configuration, or of one that is to join: it learns all there is, and
   * votes once {@link ReplicatedClient.changeMembers} has made it a member.
   */
  async startReplica(member: string | LogMemberOptions): Promise<void> {
    const known = typeof member === 'string' ? logMemberOf(this.configuration, member) : undefined
    const { id, node, replica } = known ?? this.#member(member)
    const name = replica.name as string
    const { log, configuration } = this
    await this.#system.spawn(
      this.#definition,
      { log, id, configuration, options: this.#options },
      { node, name, durableId: name },
    )
  }

  #member(member: string | LogMemberOptions): LogMember {
    return logMember(this.#system, this.#definition, this.log, member)
  }

  /** Where the replica of that member stands. */
  async status(member: string | LogMemberOptions): Promise<ReplicaStatus> {
    const known = typeof member === 'string' ? logMemberOf(this.configuration, member) : undefined
    return await this.#system.ask((known ?? this.#member(member)).replica, 'status')
  }
}

const knownOfStatus: KnownOptions<Pick<AskOptions, 'timeoutMs'>> = { timeoutMs: true }
const knownOfAsk: KnownOptions<AskOptions> = { timeoutMs: true, signal: true, window: true, transfer: true }
const knownOfChange: KnownOptions<AskOptions & { readonly quorums?: QuorumSizes }> = { ...knownOfAsk, quorums: true }

/** How long the one that is to lead has to say how it is, in milliseconds. */
const handOverMsMax = 1_000

/** Calls a replicated object by one client actor. */
export class ReplicatedClient<Command, Result, Query, Answer> {
  readonly #system: ActorSystem
  readonly #log: string
  readonly #memberOf: (member: string | LogMemberOptions) => LogMember
  /** The client actor: ask it `execute` and `read` from inside an actor. */
  readonly ref: ActorRef<LogCallerProtocol>
  /** What callers are told who had no answer in time: the members are asked once for all that wait for it. */
  #explanation: Promise<LogExplanation | undefined> | undefined

  constructor(
    system: ActorSystem,
    ref: ActorRef<LogCallerProtocol>,
    log: string,
    memberOf: (member: string | LogMemberOptions) => LogMember,
  ) {
    this.#system = system
    this.ref = ref
    this.#log = log
    this.#memberOf = memberOf
  }

  /**
   * Has a command applied, once, and resolves to its result. Rejects with a `CommandError` when the machine threw, an
   * `OverloadError`, a `CommandSizeError`, a `SessionExpiredError`, and as an ask does; after a timeout, a `LogTimeoutError` that comes
   * less than a second later and says who did not answer, the command may still be applied.
   */
  execute(command: Command, options?: AskOptions): Promise<Result> {
    return this.#ask('execute', command, options) as Promise<Result>
  }

  /** A linearizable read: it sees every command that had a result before it began. */
  read(query: Query, options?: AskOptions): Promise<Answer> {
    return this.#ask('read', query, options) as Promise<Answer>
  }

  readonly #explain = async (error: unknown): Promise<never> => {
    if (!(error instanceof AskTimeoutError)) throw error
    this.#explanation ??= logExplanation(this.#system, this.#log, this.ref).finally(() => {
      this.#explanation = undefined
    })
    throw timedOut(this.#log, error, await this.#explanation)
  }

  /** What an `async` function would do, with one promise beside that of the ask. */
  #ask(name: 'execute' | 'read', what: unknown, options: AskOptions | undefined): Promise<unknown> {
    try {
      const asked =
        options === undefined
          ? this.#system.ask(this.ref, name, what)
          : this.#system.askWith(options, this.ref, name, what)
      return asked.then(undefined, this.#explain)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /**
   * Replaces the members and resolves to the number of the new configuration once it has begun. All of them are given anew: a name
   * alone is a voter of priority 0, and quorums are majorities, whatever they were; those that {@link members} gives may be given
   * again as they are. An id stays on its node. Start the replicas of new
   * members first: as many of those that are to vote as elect and accept have to be there, with all that is decided; else it
   * rejects with a `MembersNotReadyError` after two election timeouts in which none of them got any further. One change at a
   * time: what callers of one client want is carried out in the order of their calls (17 at most, then an `OverloadError`), and one
   * whose caller gave up as well. Rejects with a `ConfigurationError` for members that could not
   * work, such as one on a node that is not there.
   */
  async changeMembers(
    members: readonly (string | LogMemberOptions)[],
    given: AskOptions & { readonly quorums?: QuorumSizes } = {},
  ): Promise<number> {
    requireMembers(`replicated log ${this.#log}`, members)
    refuseUnknownOptions(`changeMembers of replicated log ${this.#log}`, given, knownOfChange)
    const { quorums, ...options } = given
    const configuration = logConfiguration(this.#log, 1, members.map(this.#memberOf), quorums)
    const change = { members: configuration.members, quorums: configuration.quorums }
    return await this.#system.askWith(options, this.ref, 'changeMembers', change).catch(this.#explain)
  }

  /**
   * Asks the leader to hand over to another member; what is under way is finished first. Resolves once it is asked, which it
   * may not hear. Rejects with a `ConfigurationError` for who is no member that votes, as this client knows the members, and with a
   * `MembersNotReadyError` for one whose replica does not answer within `timeoutMs` (a second at most), or votes on nothing: nobody
   * would lead until the next election.
   */
  async transferLeadership(to: string, options: AskOptions = {}): Promise<void> {
    refuseUnknownOptions(`transferLeadership of replicated log ${this.#log}`, options, knownOfAsk)
    const timeoutMs = Math.min(options.timeoutMs ?? handOverMsMax, handOverMsMax)
    await requireReadyToLead(this.#system, this.#log, this.ref, { to, timeoutMs })
    await this.#system.askWith(options, this.ref, 'transferLeadership', to)
  }

  /**
   * How the log is: who leads, and what each member's replica says of itself, as far as they answer within `timeoutMs` (default
   * 1,000). The members are those of the latest configuration that any of them tells of.
   */
  async status(options: Pick<AskOptions, 'timeoutMs'> = {}): Promise<LogStatus> {
    refuseUnknownOptions(`status of replicated log ${this.#log}`, options, knownOfStatus)
    const { timeoutMs = 1_000 } = options
    return await logStatus(this.#system, this.#log, this.ref, timeoutMs)
  }

  /** The members as this client knows them. */
  async members(): Promise<readonly LogMember[]> {
    return (await this.#system.ask(this.ref, 'members')).members
  }
}

/** The member as it is stored. Throws a `ConfigurationError` for a node that the system has not. */
function logMember(
  system: ActorSystem,
  definition: ReplicaDefinition<any, any, any, any>,
  log: string,
  member: string | LogMemberOptions,
): LogMember {
  const options = typeof member === 'string' ? { node: member } : member
  refuseUnknownOptions(`replicated log ${log}: a member`, options, knownOfMember)
  const { node, id = node, priority = 0, learner = false } = options
  requireMember(`replicated log ${log}`, { id, node, priority, learner })
  const nodes = [mainNode, ...system.nodes]
  if (!nodes.includes(node)) {
    const what = `replicated log ${log}: member ${id} lives on node ${node}, which is not there; there are ${nodes.join(', ')}`
    throw new ConfigurationError(what, { log, id, node, nodes })
  }
  return { id, node, priority, learner, replica: namedRef(definition, { node, name: `log.${log}.${id}` }) }
}
