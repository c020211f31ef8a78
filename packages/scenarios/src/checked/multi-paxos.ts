/**
 * Multi-Paxos in the checker: the replicas that ship, their disks and crashes, a client and whoever calls elections.
 *
 * What is left out of a replica is time. Its clock does two things: it has somebody stand for election, and it sends again
 * what may be lost. Here elections are called from outside (`campaign`), at any moment; and the network keeps every message
 * for ever, so that each may arrive late, again, out of order, or never. `electionTimeoutMs: Infinity` turns the clock off.
 */
import type { CheckOptions, Correspondent, IsLeftover } from '@troupe/checker'
import { noSymmetry, type Program, program } from '@troupe/checker/programs'
import {
  compareBallots,
  type LogBallot,
  type LogConfiguration,
  type LogOptions,
  type ReplicaArguments,
  type ReplicaProtocol,
  replicate,
  type StateMachine,
} from '@troupe/consensus'
import type { ReplicaState } from '@troupe/consensus/parts'
import { type ActorDefinition, type ActorRef, defineActor, namedRef } from '@troupe/core'
import { requireOption } from '@troupe/core/host'
import { type ElectionPlan, electionPlans } from './election-plans.ts'
import { logProperties } from './log-properties.ts'

/** Notes what it applied, in order. */
export const journalMachine: StateMachine<any, any, any, any, any> = {
  initial: (): string[] => [],
  apply: (applied: string[], command: string) => applied.push(command),
}

const CheckedReplica = replicate({ name: 'CheckedReplica', module: import.meta.url }, journalMachine)

/** How large the instance is. */
export interface MultiPaxosInstance {
  readonly replicas: number
  readonly commands: number
  readonly crashes: number
  /** Elections beyond the first. */
  readonly leaderChanges: number
  /** Entries in one message, at most. Default 64. */
  readonly batchMax?: number
  /** Commands in one message of the client, at most; such a message is one entry. Default: all. */
  readonly commandsTogether?: number
  /** A definition in the place of the shipped one. */
  readonly definition?: ActorDefinition<ReplicaProtocol, ReplicaArguments>
  /** The size of both kinds of quorum. Default: a majority. */
  readonly quorum?: number
}

const log = 'checked'
const actorOf = (id: string) => `${id}/replica`
const idsOf = (count: number) => Array.from({ length: count }, (_, index) => `r${index}`)
const commandsOf = (count: number) => Array.from({ length: count }, (_, index) => `c${index}`)

/** The session of the only client, opened by entry 1. */
const session = 1
/** Entries that are decided at the beginning. */
const beginning = [{ kind: 'empty' }, { kind: 'open', nonce: 'client' }] as const

/**
 * All that is outside: calls the elections of a plan, whichever it is, and sends each new leader the commands. The network
 * makes that happen at any moment, or never.
 */
const Outside = defineActor<{ never: () => void }>()({
  name: 'Outside',
  init: (args: {
    plans: readonly ElectionPlan[]
    replicas: Readonly<Record<string, ActorRef<ReplicaProtocol>>>
    /** By message. */
    commands: readonly (readonly string[])[]
  }) => ({ ...args }),
  started(state, ctx) {
    const client = ctx.self as unknown as ActorRef<any>
    for (const { by, instead } of ctx.random.pick(state.plans)) {
      const replica = state.replicas[by] as ActorRef<ReplicaProtocol>
      ctx.tell(replica, 'campaign', { instead })
      let first = 1
      for (const operations of state.commands) {
        ctx.tell(replica, 'commands', { client, session, ackedUpTo: 0, first, operations })
        first += operations.length
      }
    }
    state.plans = []
  },
  on: { never() {} },
})

/** What to check of an instance. */
export function multiPaxosOptions(instance: MultiPaxosInstance): CheckOptions<any> {
  const { replicas, commands, crashes, leaderChanges, batchMax = 64, definition = CheckedReplica } = instance
  const { commandsTogether = Math.max(1, commands) } = instance
  const ids = idsOf(replicas)
  const quorum = instance.quorum ?? Math.floor(replicas / 2) + 1
  const refs = Object.fromEntries(ids.map((id) => [id, namedRef(definition, { node: id, name: 'replica' })]))
  const configuration: LogConfiguration = {
    number: 1,
    members: ids.map((id) => ({
      id,
      node: id,
      priority: 0,
      learner: false,
      identity: id,
      replica: refs[id] as ActorRef<ReplicaProtocol>,
    })),
    quorums: { election: quorum, acceptance: quorum },
  }
  const first = { config: 1, n: 1, priority: 0, node: 'r0' }
  const proposed = commandsOf(commands)
  const chunks = Array.from({ length: Math.ceil(commands / commandsTogether) }, (_, index) =>
    proposed.slice(index * commandsTogether, (index + 1) * commandsTogether),
  )
  return {
    actors: [
      ...ids.map((id) => ({
        node: id,
        name: 'replica',
        definition,
        durableId: 'replica',
        args: undefined,
        stored: {
          ...{
            log,
            id,
            options: { ...logOptions, batchMax },
            configuration,
            applied: beginning.length,
            decided: beginning.length,
          },
          ...{ promised: first, acceptedBallot: first, entries: { trimmed: 0, entries: beginning } },
          sessions: new Map([[session, { ackedUpTo: 0, results: [] }]]),
          machine: [],
          ...{ identity: id, knownIn: 0, identities: new Map(), longestLeaseMs: 0 },
        },
      })),
      {
        name: 'outside',
        definition: Outside,
        sink: true,
        args: { plans: electionPlans(ids, first, leaderChanges), replicas: refs, commands: chunks },
      },
    ],
    network: 'ordered',
    crashes,
    crashSteps: 'fewest',
    selfAtOnce: true,
    ...(instance.definition === undefined && instance.quorum === undefined ? { isLeftover } : {}),
    ...logProperties({
      actors: ids.map(actorOf),
      quorum,
      commands: proposed,
      begun: beginning.length,
      crashes,
      leaderChanges,
    }),
  }
}

const logOptions: LogOptions = {
  electionTimeoutMs: Number.POSITIVE_INFINITY,
  batchMax: 64,
  inFlightMax: 64,
  waitingMax: 64,
  keepEntries: 1_024,
  commandBytesMax: 1_024,
  chunkBytes: 1_024,
  sessionsMax: 8,
  leaseMs: 0,
  clockDriftMax: 0,
}

/**
 * A ballot that its replica does not lead under is lost for good: it drew the ballot before anybody heard of it, and the next
 * one is above what it has promised, on its disk too. So what answers it has no effect; a refusal has one as long as it tells
 * of a higher ballot; what was sent under it is refused where a higher one is promised on the disk, and the refusal has no effect.
 */
const isLeftover: IsLeftover = (
  { name, payload },
  to: Correspondent<ReplicaState>,
  from: Correspondent<ReplicaState>,
) => {
  const { ballot, promised } = (payload ?? {}) as { ballot?: LogBallot; promised?: LogBallot }
  if (ballot === undefined) return false
  const isLost = ({ lead }: ReplicaState) => lead === undefined || compareBallots(lead.ballot, ballot) !== 0
  const knows = (replica: Correspondent<ReplicaState>, other: LogBallot | undefined) =>
    compareBallots(other, replica.synced.promised) <= 0
  if (answers.has(name)) return isLost(to.state)
  if (name === 'nack') return isLost(to.state) && knows(to, promised)
  if (!words.has(name) || !isLost(from.state)) return false
  return compareBallots(to.synced.promised, ballot) > 0 && knows(from, to.state.promised)
}

const answers = new Set(['promise', 'accepted', 'missing'])
const words = new Set(['prepare', 'acceptSync', 'acceptBatch', 'decide', 'behind'])

export const multiPaxosProgram: Program = program({
  name: 'multi-paxos',
  what: 'a replicated log, by the replicas that ship',
  parameters: {
    replicas: { what: 'replicas', default: 3, min: 1, max: 5 },
    commands: { what: 'commands of one client', default: 2, min: 0, max: 4 },
    leaderChanges: { what: 'elections beyond the first', default: 1, min: 0, max: 2 },
    batchMax: { what: 'entries in one message, at most', default: 64, min: 1, max: 64 },
    commandsTogether: { what: 'commands in one message of the client, at most', default: 4, min: 1, max: 4 },
    quorum: { what: 'replicas of a quorum, of either kind; 0: a majority', default: 0, min: 0, max: 5 },
  },
  network: 'ordered',
  costs: [
    { given: {}, distinct: 25_858, seconds: 2, gigabytes: 0.2 },
    { given: { leaderChanges: 0, crashes: 1 }, distinct: 3_760, seconds: 1, gigabytes: 0.2 },
    { given: { crashes: 1 }, distinct: 2_288_911, seconds: 45, gigabytes: 1.5 },
  ],
  options({ quorum, ...size }, symmetry, crashes = 0) {
    if (symmetry)
      throw noSymmetry('multi-paxos', 'ballots are ordered by the ids of replicas; elections are planned up to it')
    const isQuorum = quorum <= size.replicas
    requireOption(isQuorum, 'quorum of program multi-paxos', `at most its ${size.replicas} replicas`, quorum)
    return multiPaxosOptions({ ...size, crashes, ...(quorum === 0 ? {} : { quorum }) })
  },
})
