/**
 * `replicate(machine)`: the definition of a replica, from a deterministic state machine. Replicas of one log, one on each
 * of its nodes, agree on a sequence of commands by Multi-Paxos (Lamport, "The Part-Time Parliament", 1998; "Paxos Made
 * Simple", 2001, section 3) and each applies them in that order. One actor is acceptor, proposer and learner of its
 * member at once: what the roles would tell each other on one node they know. The parts are in files of their own.
 */
import { type ActorDefinition, type ActorRef, defineActor, type TerminationReason } from '@troupe/core'
import { type KnownOptions, refuseUnknownOptions } from '@troupe/core/host'
import { applyDecided } from './applying.ts'
import {
  askToCatchUp,
  forgetVoid,
  installBytes,
  keepPiece,
  onCatchUp,
  onLearned,
  onSnapshotChunk,
  request,
} from './catching-up.ts'
import { requireMachine, requireState } from './checked-machine.ts'
import { isVoter, logMemberOf, votersOf } from './configuration.ts'
import {
  answerHeartbeat,
  drawBallot,
  leaderGone,
  nextRound,
  noteReply,
  resetElection,
  roundMs,
  watchLeader,
} from './electing.ts'
import { lengthOf, overwrite, replaceFrom, weightBetween } from './entry.ts'
import { heard, onAcceptBatch, onAcceptSync, onDecide, onPrepare } from './following.ts'
import { begin, introduceSelf, isTrusted, meetAnew, onIntroduce, onIntroduced, standingOf } from './introducing.ts'
import { changeTick, onJoinAck, onJoinProbe } from './joining.ts'
import {
  flush,
  handOver,
  leaderTick,
  onAccepted,
  onMissing,
  onNack,
  onPromise,
  sendPrepares,
  standForElection,
  stepDown,
} from './leading.ts'
import { awaitForgottenLeases } from './leases.ts'
import { compareLogBallots, higherOf, type LogBallot } from './log-ballot.ts'
import type { ReplicaProtocol, ReplicaStatus } from './messages.ts'
import { onReadAck, onReadProbe, probe, readerTick } from './reading.ts'
import {
  type Append,
  type Applied,
  type ReplicaArguments,
  type ReplicaContext,
  type ReplicaEvents,
  type ReplicaState,
  replicaOf,
  type SnapshotPiece,
} from './replica-state.ts'
import { announce, isOwnClient, onCommands, onOpen, onReads, onReconfigure, proposeChange } from './serving.ts'
import type { AnyMachine, StateMachine } from './state-machine.ts'
import { initialReplica, restoredReplica, type StoredReplica, storedReplica } from './stored-replica.ts'

declare const machineTypes: unique symbol

/** The definition of a replica, with the types of its machine. */
export interface ReplicaDefinition<Command, Result, Query, Answer>
  extends ActorDefinition<ReplicaProtocol, ReplicaArguments> {
  readonly [machineTypes]?: {
    readonly command: (command: Command) => Result
    readonly query: (query: Query) => Answer
  }
}

/** What {@link replicate} takes beside the machine. */
export interface ReplicateOptions {
  /** The definition's name, as in `defineActor`. */
  readonly name: string
  /** `import.meta.url` of the module that exports the definition. */
  readonly module?: string
  /** A replica's state is stored after this many journal records. Default 1,000. */
  readonly snapshotEvery?: number
}

const knownOptions: KnownOptions<ReplicateOptions> = { name: true, module: true, snapshotEvery: true }

/**
 * The definition of the replicas of logs with this state machine. Start them with `startReplicated`. Calls `initial` once, and
 * takes what it gives to a snapshot and back; throws a `ConfigurationError` for a part that is none or no synchronous function,
 * for a state that cannot be changed in place, and for one that does not come back as what it was.
 */
export function replicate<State extends object, Command, Result, Query = never, Answer = never>(
  options: ReplicateOptions,
  machine: StateMachine<State, Command, Result, Query, Answer>,
): ReplicaDefinition<Command, Result, Query, Answer> {
  refuseUnknownOptions('replicate', options, knownOptions)
  const where = `replicate ${options.name}`
  requireMachine(where, machine)
  requireState(where, machine)
  return defineReplica(options, machine)
}

/** What the definition of a replica is made of. */
export interface ReplicaParts {
  readonly init: (args: ReplicaArguments) => ReplicaState
  readonly events: ReplicaEvents
  readonly snapshot: (state: ReplicaState) => StoredReplica
  readonly restore: (stored: StoredReplica) => ReplicaState
  readonly started: (state: ReplicaState, ctx: ReplicaContext) => void
  readonly terminated: (state: ReplicaState, ref: ActorRef<any>, reason: TerminationReason, ctx: ReplicaContext) => void
  readonly on: {
    readonly [Name in keyof ReplicaProtocol]: (
      state: ReplicaState,
      message: Parameters<ReplicaProtocol[Name]>[0],
      ctx: ReplicaContext,
    ) => ReturnType<ReplicaProtocol[Name]>
  }
}

function defineReplica(
  options: ReplicateOptions,
  machine: AnyMachine,
): ActorDefinition<ReplicaProtocol, ReplicaArguments> {
  return defineActor<ReplicaProtocol>()({ ...options, ...replicaParts(machine, options.name) })
}

/**
 * The parts of a replica with this machine, for those who derive variants of it. `name`: that of the definition, which clients of
 * another one are refused for; default: none is.
 */
export function replicaParts(machine: AnyMachine, name?: string): ReplicaParts {
  return {
    init: (args: ReplicaArguments): ReplicaState => initialReplica(args, machine),
    events: {
      promised(state: ReplicaState, ballot: LogBallot) {
        state.promised = ballot
      },
      appended(state: ReplicaState, { ballot, at, entries, decided }: Append) {
        // A vote raises the promise too.
        state.promised = higherOf(state.promised, ballot)
        state.acceptedBallot = ballot
        replaceFrom(state.entries, at, entries)
        state.decided = Math.max(state.decided, decided)
      },
      learned(state: ReplicaState, { at, entries }: { readonly at: number; readonly entries: Append['entries'] }) {
        overwrite(state.entries, at, entries)
        state.decided = Math.max(state.decided, at + entries.length)
      },
      voided({ entries }: ReplicaState, from: number) {
        replaceFrom(entries, from, [])
      },
      decided(state: ReplicaState, length: number) {
        state.decided = Math.max(state.decided, length)
      },
      began(state: ReplicaState, identity: string) {
        state.identity = identity
      },
      introduced({ identities }: ReplicaState, { id, identity }: { readonly id: string; readonly identity: string }) {
        identities.set(id, identity)
      },
      known(state: ReplicaState, config: number) {
        state.knownIn = config
      },
      lends(state: ReplicaState, leaseMs: number) {
        state.longestLeaseMs = Math.max(state.longestLeaseMs, leaseMs)
      },
      installed(state: ReplicaState, bytes: Uint8Array) {
        installBytes(state, [], bytes, machine)
      },
      piece: (state: ReplicaState, piece: SnapshotPiece) => keepPiece(state, piece),
      completed(state: ReplicaState, bytes: Uint8Array) {
        installBytes(state, state.pieces ?? [], bytes, machine)
      },
    },
    snapshot: (state: ReplicaState): StoredReplica => storedReplica(state, machine),
    restore: (stored: StoredReplica): ReplicaState => restoredReplica(stored, machine),
    started(state, ctx) {
      state.kept = weightBetween(state.entries, state.entries.trimmed, state.applied)
      begin(state, ctx)
      awaitForgottenLeases(state, ctx)
      settle(state, machine, ctx, true)
      resetElection(state)
      introduceSelf(state, ctx)
      const { electionTimeoutMs } = state.options
      if (Number.isFinite(electionTimeoutMs)) ctx.timers.fixedDelay({ key: 'tick', delayMs: roundMs(state) }, 'tick')
    },
    terminated(state, ref, _reason, ctx) {
      const member = state.watched === undefined ? undefined : replicaOf(state, state.watched)
      if (member === undefined || ref.node !== member.node) return
      leaderGone(state)
      ctx.log.debug('leader gone', { id: member.id })
    },
    on: {
      tick(state, _message, ctx) {
        if (nextRound(state, ctx)) standForElection(state, state.own, ctx)
        watchLeader(state, ctx)
        followerTick(state, ctx)
        leaderTick(state, ctx)
        changeTick(state, ctx)
        readerTick(state, ctx)
        introduceSelf(state, ctx)
      },
      heartbeat: (state, message, ctx) => answerHeartbeat(state, message, ctx),
      heartbeatReply: (state, message, ctx) => noteReply(state, message, ctx),
      prepare: (state, message, ctx) => onPrepare(state, message, ctx),
      promise: (state, message, ctx) => onPromise(state, message, ctx),
      acceptSync(state, message, ctx) {
        if (onAcceptSync(state, message, ctx)) settle(state, machine, ctx)
      },
      acceptBatch(state, message, ctx) {
        if (onAcceptBatch(state, message, ctx)) settle(state, machine, ctx)
      },
      accepted(state, message, ctx) {
        if (onAccepted(state, message, ctx)) settle(state, machine, ctx)
      },
      missing: (state, message, ctx) => onMissing(state, message, ctx),
      decide(state, message, ctx) {
        if (onDecide(state, message, ctx)) settle(state, machine, ctx)
      },
      nack: (state, message, ctx) => onNack(state, message, ctx),
      prepareRequest(state, { ballot, from }, ctx) {
        const { lead } = state
        if (lead === undefined || compareLogBallots(lead.ballot, ballot) !== 0) return
        lead.peers.delete(from)
        sendPrepares(state, lead, ctx, from)
      },
      behind(state, { ballot }, ctx) {
        if (heard(state, ballot, ctx) !== undefined) askToCatchUp(state, ballot.node, ctx)
      },
      catchUp: (state, message, ctx) => onCatchUp(state, message, machine, ctx),
      learned(state, message, ctx) {
        if (!onLearned(state, message, ctx)) return
        settle(state, machine, ctx, true)
        request(state, message.from, ctx)
      },
      snapshotChunk(state, message, ctx) {
        const { number } = state.configuration
        if (!onSnapshotChunk(state, message, ctx)) return
        if (state.configuration.number !== number) {
          forgetVoid(state, state.entries.trimmed, ctx)
          changeConfiguration(state, ctx, true)
        }
        settle(state, machine, ctx)
        request(state, message.from, ctx)
      },
      readProbe: (state, message, ctx) => onReadProbe(state, message, ctx),
      readAck: (state, message, ctx) => onReadAck(state, message, machine, ctx),
      takeOver(state, released, ctx) {
        if (heard(state, released.ballot, ctx) === undefined || state.lead !== undefined) return
        if (isVoter(state.configuration, state.id)) standForElection(state, drawBallot(state), ctx, released)
      },
      campaign(state, { instead }, ctx) {
        if (state.lead !== undefined || compareLogBallots(state.promised, instead) !== 0) return
        if (isVoter(state.configuration, state.id) && isTrusted(state)) standForElection(state, drawBallot(state), ctx)
      },
      joinProbe: (state, message, ctx) => onJoinProbe(state, message, ctx),
      joinAck: (state, message, ctx) => proposeChange(state, onJoinAck(state, message), ctx),
      introduce: (state, message, ctx) => onIntroduce(state, message, ctx),
      introduced: (state, message, ctx) => onIntroduced(state, message, ctx),
      open(state, message, ctx) {
        if (isOwnClient(message, name, ctx)) onOpen(state, message, ctx)
      },
      commands: (state, message, ctx) => onCommands(state, message, ctx),
      reads(state, message, ctx) {
        if (isOwnClient(message, name, ctx)) onReads(state, message, ctx)
      },
      reconfigure: (state, message, ctx) => onReconfigure(state, message, ctx),
      transfer: (state, { to }, ctx) => handOver(state, to, ctx),
      flush(state, _message, ctx) {
        flush(state, ctx)
        probe(state, machine, ctx)
      },
      status: (state) => statusOf(state),
    },
  }
}

function statusOf(state: ReplicaState): ReplicaStatus {
  const { id, lead, configuration, leader, promised, entries, applied, decided } = state
  return {
    id,
    role: lead === undefined ? 'follower' : lead.elected ? 'leader' : 'candidate',
    config: configuration.number,
    configuration,
    leader: leader?.node,
    ballot: lead?.ballot,
    promised,
    trimmed: entries.trimmed,
    applied,
    decided,
    length: lengthOf(entries),
    standing: standingOf(state),
  }
}

/**
 * Applies what is decided, tells those who wait, and enters the configuration that this brought. `isStored`: that so much is
 * decided came from the journal, or with an event that says so.
 */
function settle(state: ReplicaState, machine: AnyMachine, ctx: ReplicaContext, isStored = false): void {
  const { number } = state.configuration
  const { lead } = state
  const applied: Applied[] | undefined = lead === undefined ? undefined : []
  applyDecided(state, machine, applied)
  if (lead !== undefined && applied !== undefined && applied.length > 0) announce(state, lead, applied, ctx)
  if (state.configuration.number !== number) changeConfiguration(state, ctx, isStored)
}

/**
 * The old configuration has ended. The leader that decided so knows all of it, and stands for election in the new one at
 * once. One that hears of it from others is behind, and may find a leader there.
 */
function changeConfiguration(state: ReplicaState, ctx: ReplicaContext, isStored: boolean): void {
  const { lead, configuration } = state
  const { number: config, members } = configuration
  // Before it promises anything in the new one: back in the old one after a restart, it could only refuse what is asked.
  if (!isStored) ctx.persist('decided', state.applied)
  ctx.log.info('configuration', { number: config, members: members.map(({ id }) => id) })
  if (lead?.reconfigurer !== undefined) ctx.tell(lead.reconfigurer, 'reconfigured', { config, members })
  stepDown(state, ctx)
  resetElection(state)
  meetAnew(state)
  introduceSelf(state, ctx)
  if (lead?.elected && !isStored && isVoter(configuration, state.id) && isTrusted(state))
    standForElection(state, drawBallot(state), ctx)
}

/** What a follower missed is asked for again. */
function followerTick(state: ReplicaState, ctx: ReplicaContext): void {
  const { configuration, id, leader, promised, acceptedBallot, lead } = state
  if (lead !== undefined) return
  if (logMemberOf(configuration, id) === undefined) {
    // Not in, or not in any more: the one will be once it has caught up, the other learns nothing new.
    askToCatchUp(state, ctx.random.pick(votersOf(configuration)).id, ctx)
  } else if (
    leader !== undefined &&
    compareLogBallots(promised, leader) === 0 &&
    compareLogBallots(acceptedBallot, leader) !== 0
  ) {
    // It promised, and the answer to that never came.
    const member = replicaOf(state, leader.node)
    if (member !== undefined && member.id !== id)
      ctx.tellEarly(member.replica, 'prepareRequest', { ballot: leader, from: id })
  }
}
