/**
 * The client of a replicated log: an actor that finds the leader, numbers commands under a session, sends them again
 * until results come, and gives each caller its own. Many callers can use one; what they ask for meanwhile travels
 * together. A command is applied once, however often it was sent.
 */
import { type ActorContext, ConfigurationError, defineActor, OverloadError } from '@troupe/core'
import { approximateBytes, shownValue } from '@troupe/core/host'
import { fieldsOf } from '../given-options.ts'
import type { QuorumSizes } from '../paxos/configuration.ts'
import { type LogConfiguration, type LogMember, logConfiguration, ownMembers, voterAfter } from './configuration.ts'
import { operationWeight } from './entry.ts'
import { CommandError, CommandSizeError, foreignMachine, sessionExpired } from './log-errors.ts'
import { requireClientLimits } from './log-options.ts'
import { type MemberChange, onReconfigured, onUnready, sendChange, wantChange } from './member-changes.ts'
import type { Commands, LogClientProtocol, Outcomes, Reads } from './messages.ts'
import { oldestOf, runs, type Waiting } from './waiting-calls.ts'

/** The arguments of a {@link LogClient}. */
export interface LogClientArguments {
  readonly log: string
  readonly configuration: LogConfiguration
  /** The name of the definition of the log's replicas: one with another name refuses this client. Default: any will do. */
  readonly definition?: string
  /**
   * What has waited so many milliseconds is sent again; to the next member, when there was no result at all meanwhile.
   * From 1 to 2^31 - 1. Default 250.
   */
  readonly retryMs?: number
  /** Commands, and reads, that may wait for results at a time; one more is refused. Default 1,024. */
  readonly inFlightMax?: number
  /** Commands, or reads, of one message, a large one counted as several. Default 512. */
  readonly batchMax?: number
  /** Bytes of one command or query, about; a larger one is refused. Default 1 MiB. */
  readonly commandBytesMax?: number
}

interface LogClientState {
  readonly log: string
  /** What each request carries that a replica of another definition must refuse. */
  readonly named: { readonly definition?: string }
  readonly retryMs: number
  readonly inFlightMax: number
  readonly batchMax: number
  readonly commandBytesMax: number
  config: number
  members: readonly LogMember[]
  /**
   * The member that the last retry turned to. The next one goes on from there, and not from where that one redirected: a
   * leader that is cut off, and those that are with it, would be all that is ever asked.
   */
  tried: string
  /** The member that is asked. */
  target: string
  session: number | undefined
  /** The word under which a session was asked for. */
  nonce: string | undefined
  nextSeq: number
  readonly commands: Map<number, Waiting>
  /** Commands from here on have not been sent. */
  unsentSeq: number
  nextRead: number
  readonly reads: Map<number, Waiting>
  unsentRead: number
  /** As in `MemberChanges`. */
  readonly changes: MemberChange[]
  changing: number
  nextChange: number
  progressed: boolean
  /** Those that had waited longest at the last retry. */
  oldestCommand: number | undefined
  oldestRead: number | undefined
  /** Members that it was sent to since the last retry: two that each take the other for the leader end here. */
  redirects: number
  /** The timer of `retry` runs: from what is asked for first until a retry that finds nothing waiting. */
  retrying: boolean
  flushing: boolean
}

/** What callers ask of a {@link LogClient}. */
export type LogCallerProtocol = {
  /** Has the command applied; the reply is its result. */
  execute: (command: unknown) => unknown
  /** A linearizable read: the reply is the answer of the machine's `query`. */
  read: (query: unknown) => unknown
  /** Replaces the members; the reply is the number of the new configuration, once it has begun. */
  changeMembers: (change: { readonly members: readonly LogMember[]; readonly quorums: QuorumSizes }) => number
  /** Asks the leader to make room for `to`; a `ConfigurationError` for who is no member that votes, as the client knows them. */
  transferLeadership: (to: string) => void
  /** The members as the client knows them. */
  members: () => { readonly config: number; readonly members: readonly LogMember[] }
}

/** Redirections that are followed before the next retry. */
const redirectsMax = 4

type Own = LogClientProtocol & LogCallerProtocol & { flush: () => void; retry: () => void }
type Context = ActorContext<Own>

export const LogClient = defineActor<Own>()({
  name: 'LogClient',
  module: import.meta.url,
  init: ({
    log,
    configuration,
    definition,
    retryMs = 250,
    inFlightMax = 1_024,
    batchMax = 512,
    commandBytesMax = 1024 ** 2,
  }: LogClientArguments): LogClientState => {
    requireClientLimits(log, { retryMs, inFlightMax, batchMax, commandBytesMax })
    return {
      log,
      named: definition === undefined ? {} : { definition },
      retryMs,
      inFlightMax,
      batchMax,
      commandBytesMax,
      config: configuration.number,
      members: ownMembers(configuration.members),
      tried: firstVoter(configuration),
      target: firstVoter(configuration),
      session: undefined,
      nonce: undefined,
      nextSeq: 1,
      commands: new Map(),
      unsentSeq: 1,
      nextRead: 1,
      reads: new Map(),
      unsentRead: 1,
      changes: [],
      changing: 0,
      nextChange: 1,
      progressed: false,
      oldestCommand: undefined,
      oldestRead: undefined,
      redirects: 0,
      retrying: false,
      flushing: false,
    }
  },
  on: {
    execute(state, what, ctx) {
      const token = ctx.deferReply<unknown>()
      const bytes = approximateBytes(what)
      const refusal = refusalOf(state, state.commands.size, bytes)
      if (refusal !== undefined) ctx.replyError(token, refusal)
      else state.commands.set(state.nextSeq++, { what, token, weight: operationWeight(bytes) })
      flushLater(state, ctx)
      return token
    },
    read(state, what, ctx) {
      const token = ctx.deferReply<unknown>()
      const bytes = approximateBytes(what)
      const refusal = refusalOf(state, state.reads.size, bytes)
      if (refusal !== undefined) ctx.replyError(token, refusal)
      else state.reads.set(state.nextRead++, { what, token, weight: operationWeight(bytes) })
      flushLater(state, ctx)
      return token
    },
    changeMembers(state, change, ctx) {
      const token = ctx.deferReply<number>()
      try {
        const { members: asked, quorums: sizes } = fieldsOf(change)
        const { members, quorums } = logConfiguration(state.log, state.config + 1, asked as LogMember[], sizes)
        wantChange(state, { members, quorums }, token, ctx)
        retryLater(state, ctx)
      } catch (error) {
        ctx.replyError(token, error as Error)
      }
      return token
    },
    transferLeadership(state, to, ctx) {
      const token = ctx.deferReply<void>()
      const voters = state.members.filter(({ learner }) => !learner).map(({ id }) => id)
      if (!voters.includes(to)) {
        const what = `replicated log ${state.log}: leadership goes to a member that votes, one of ${voters.join(', ')}, got ${shownValue(to)}`
        ctx.replyError(token, new ConfigurationError(what, { log: state.log, to }))
        return token
      }
      for (const { replica } of state.members) ctx.tell(replica, 'transfer', { to })
      ctx.reply(token, undefined)
      return token
    },
    members: ({ config, members }) => ({ config, members }),

    flush(state, _message, ctx) {
      state.flushing = false
      send(state, ctx)
    },
    retry(state, _message, ctx) {
      const command = oldestOf(state.commands)
      const read = oldestOf(state.reads)
      const waits = (now: number | undefined, before: number | undefined) => now !== undefined && now === before
      // Others may go on while what was lost is still waited for.
      const stuck = waits(command, state.oldestCommand) || waits(read, state.oldestRead)
      if (stuck || (state.changes.length > 0 && !state.progressed)) {
        if (!state.progressed) state.tried = voterAfter(state.members, state.tried)
        turnTo(state, state.progressed ? state.target : state.tried)
        send(state, ctx)
        sendChange(state, ctx)
      }
      state.oldestCommand = command
      state.oldestRead = read
      state.progressed = false
      state.redirects = 0
      if (command !== undefined || read !== undefined || state.changes.length > 0) return
      state.retrying = false
      ctx.timers.cancel('retry')
    },
    opened(state, { nonce, session }, ctx) {
      if (nonce !== state.nonce) return
      state.session = session
      state.nonce = undefined
      state.progressed = true
      sendAgain(state, ctx)
    },
    results(state, outcomes, ctx) {
      if (outcomes.session !== state.session) return
      state.progressed = true
      settle(state, 'command', outcomes, ctx)
    },
    answers(state, outcomes, ctx) {
      state.progressed = true
      settle(state, 'query', outcomes, ctx)
    },
    expired(state, { session, sessionsMax }, ctx) {
      if (session !== state.session) return
      state.session = undefined
      for (const [seq, { token }] of state.commands) {
        if (seq >= state.unsentSeq) break
        ctx.replyError(token, sessionExpired(state.log, session, sessionsMax))
        state.commands.delete(seq)
      }
      flushLater(state, ctx)
    },
    foreign(state, { definition }, ctx) {
      const error = foreignMachine(state.log, definition, state.named.definition)
      for (const waiting of [state.commands, state.reads]) {
        for (const { token } of waiting.values()) ctx.replyError(token, error)
        waiting.clear()
      }
    },
    redirect(state, { config, members, leader, overloaded }, ctx) {
      adopt(state, config, members)
      if (overloaded || leader === undefined || leader === state.target || state.redirects >= redirectsMax) return
      state.redirects++
      turnTo(state, leader)
      send(state, ctx)
      sendChange(state, ctx)
    },
    unready(state, message, ctx) {
      state.progressed = true
      onUnready(state, message, ctx)
    },
    reconfigured(state, { config, members }, ctx) {
      adopt(state, config, members)
      state.progressed = true
      onReconfigured(state, { config, members }, ctx)
    },
  },
})

/** Why a command or query of about so many bytes is not taken in, beside `waiting` others. */
function refusalOf({ log, inFlightMax, commandBytesMax }: LogClientState, waiting: number, bytes: number) {
  const where = `replicated log ${log}`
  if (waiting >= inFlightMax) {
    const what = `${where}: ${waiting} calls of this client wait for results already; wait for some of them, or use more clients`
    return new OverloadError(what, { log, inFlightMax })
  }
  if (bytes <= commandBytesMax) return undefined
  const message = `${where}: a command or query of about ${bytes} bytes; commandBytesMax is ${commandBytesMax}, an option of the log`
  return new CommandSizeError(message, { log, bytes, commandBytesMax })
}

/** Gives each caller its own. Those that have theirs already are not among the waiting any more. */
function settle(
  { log, commands, reads }: LogClientState,
  what: 'command' | 'query',
  { first, values, failures }: Outcomes,
  ctx: Context,
): void {
  const waiting = what === 'command' ? commands : reads
  for (const { number, name, message } of failures ?? []) {
    const call = waiting.get(number)
    if (call !== undefined) {
      const facts = { kind: name, log, [what]: shownValue(call.what) }
      ctx.replyError(call.token, new CommandError(message, facts))
    }
    waiting.delete(number)
  }
  for (let index = 0; index < values.length; index++) {
    const call = waiting.get(first + index)
    if (call === undefined) continue
    waiting.delete(first + index)
    ctx.reply(call.token, values[index])
  }
}

/** What is asked for is looked at again and again until it is answered; a client of which nobody wants anything is still. */
function retryLater(state: LogClientState, ctx: Context): void {
  if (state.retrying) return
  state.retrying = true
  ctx.timers.fixedDelay({ key: 'retry', delayMs: state.retryMs }, 'retry')
}

function flushLater(state: LogClientState, ctx: Context): void {
  retryLater(state, ctx)
  if (state.flushing) return
  state.flushing = true
  ctx.tell(ctx.self, 'flush')
}

/** Sends what was not sent, to the member that is asked. */
function send(state: LogClientState, ctx: Context): void {
  const replica = targetOf(state)
  if (replica === undefined) return
  const { session, commands, reads } = state
  const { definition } = state.named
  if (session === undefined && commands.size > 0) {
    // A word of its own for each opening: an old answer that comes late opens nothing.
    state.nonce ??= `${ctx.random.int(2 ** 32).toString(36)}-${ctx.random.int(2 ** 32).toString(36)}`
    ctx.tell(replica, 'open', { client: ctx.self, nonce: state.nonce, ...state.named })
  } else if (session !== undefined && state.unsentSeq < state.nextSeq) {
    const ackedUpTo = (oldestOf(commands) ?? state.nextSeq) - 1
    for (const { first, what: operations, weight } of runs(commands, state.unsentSeq, state.nextSeq, state.batchMax)) {
      const message: Commands = { client: ctx.self, session, ackedUpTo, first, operations }
      ctx.tell(replica, 'commands', weight === operations.length ? message : { ...message, weight })
    }
    state.unsentSeq = state.nextSeq
  }
  if (state.unsentRead < state.nextRead) {
    for (const { first, what: queries } of runs(reads, state.unsentRead, state.nextRead, state.batchMax)) {
      const message: Reads = { client: ctx.self, first, queries }
      ctx.tell(replica, 'reads', definition === undefined ? message : { client: ctx.self, first, queries, definition })
    }
    state.unsentRead = state.nextRead
  }
}

function sendAgain(state: LogClientState, ctx: Context): void {
  turnTo(state, state.target)
  send(state, ctx)
}

/** Asks another member from now on, for everything that has no result. */
function turnTo(state: LogClientState, member: string): void {
  state.target = member
  state.unsentSeq = oldestOf(state.commands) ?? state.nextSeq
  state.unsentRead = oldestOf(state.reads) ?? state.nextRead
}

function firstVoter({ members }: LogConfiguration): string {
  return members.find(({ learner }) => !learner)?.id ?? ''
}

/** The replica that is asked. */
function targetOf({ members, target }: LogClientState): LogMember['replica'] | undefined {
  for (let index = 0; index < members.length; index++) {
    const { id, replica } = members[index] as LogMember
    if (id === target) return replica
  }
  return undefined
}

function adopt(state: LogClientState, config: number, members: readonly LogMember[]): void {
  if (config <= state.config) return
  state.config = config
  state.members = ownMembers(members)
}
