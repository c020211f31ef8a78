/**
 * The proposer: brings one value through the three phases (Lamport, "Paxos Made Simple", 2001, section 2.2).
 *
 * ```
 *             propose                promises of an            first vote           votes of an
 *             or retry               election quorum                                acceptance quorum
 *   idle ───────────────▶ election ──────────────────▶ proposal ─────────▶ acceptance ─────────────▶ decided
 *    ▲                        │ nack                      │ nack               │ nack                   ▲
 *    └────────────────────────┴───────────────────────────┴───────────────────┘     `decided` ─────────┘
 *                                                                                   from anywhere
 * ```
 *
 * Durable: the ballot, before its `prepare` leaves, together with the client's value, so that a proposer that comes
 * back goes on with the same value under a higher ballot. A ballot is drawn above all that were drawn or seen, and is
 * discarded for good by a nack or a restart; within a ballot lost messages are sent again. Hence one value a ballot:
 * the value is picked once, by the one generation that drew the ballot.
 *
 * Two proposers can outbid each other for ever (the paper's section 2.4); random backoff ends that with probability 1.
 */
import { type ActorContext, defineActor, OverloadError, type ReplyToken } from '@troupe/core'
import { type Ballot, ballotKey, compareBallots } from '../ballot.ts'
import { fieldsOf } from '../given-options.ts'
import { type Configuration, collect, memberOf, type RoleArguments } from './configuration.ts'
import type {
  Accepted,
  Decided,
  Inquire,
  Nack,
  Promised,
  Propose,
  ProposerPhase,
  ProposerProtocol,
  ProposerStatus,
  Vote,
} from './messages.ts'
import { retryDelayMs } from './retry.ts'

/** A value that is there, which `undefined` could not say. */
interface Chosen {
  readonly value: unknown
}

/** The proposer's state. `drawn` and `wish` are durable. */
export interface ProposerState {
  readonly configuration: Configuration
  readonly id: string
  phase: ProposerPhase
  /** The highest `n` that it ever drew. */
  drawn: number
  /** The highest `n` that it has heard of. */
  seen: number
  /** The value that it proposes when it is free to. */
  wish: Chosen | undefined
  /** The ballot under way, in `election`, `proposal` and `acceptance`. */
  ballot: Ballot | undefined
  /** Who promised in this ballot, and the highest vote that they told of. */
  readonly promises: Set<string>
  highestVote: Vote | undefined
  /** The value of this ballot, once it is picked. */
  proposal: Chosen | undefined
  /** Who voted in this ballot. */
  readonly votes: Set<string>
  decision: Chosen | undefined
  /** Tries since something went well: the wait before the next one grows with it. */
  attempt: number
  /** Clients that wait for the decision. */
  readonly waiting: ReplyToken<unknown>[]
}

/** What a proposer must not forget. */
export type ProposerEvents = {
  ballotDrawn: (state: ProposerState, draw: { readonly n: number; readonly value: unknown }) => void
}

type Context = ActorContext<ProposerProtocol, ProposerEvents>

/** The log entry with which a proposer begins each generation; its fields are `id` and `drawn`. */
export const proposerRecovered = 'proposer recovered'

/** Clients that may wait at one proposer; one more is told that it is overloaded. */
const waitingMax = 1_024

/** The parts of {@link Proposer}, for those who derive variants of it. */
export const proposerParts = {
  name: 'Proposer',
  module: import.meta.url,
  init: ({ configuration, id }: RoleArguments): ProposerState => ({
    configuration,
    id,
    phase: 'idle',
    drawn: 0,
    seen: 0,
    wish: undefined,
    ballot: undefined,
    promises: new Set(),
    highestVote: undefined,
    proposal: undefined,
    votes: new Set(),
    decision: undefined,
    attempt: 0,
    waiting: [],
  }),
  events: {
    ballotDrawn(state: ProposerState, { n, value }: { readonly n: number; readonly value: unknown }) {
      state.drawn = n
      state.wish = { value }
    },
  },
  // What is not durable begins anew: a ballot is never taken up by a later generation.
  snapshot: ({ configuration, id, drawn, wish }: ProposerState): ProposerState => ({
    ...proposerParts.init({ configuration, id }),
    drawn,
    wish,
  }),
  started(state: ProposerState, ctx: Context) {
    ctx.log.info(proposerRecovered, { id: state.id, drawn: state.drawn })
    if (state.wish !== undefined) retryLater(state, ctx)
  },
  on: {
    propose(state: ProposerState, message: Propose, ctx: Context): unknown {
      const { instance, value } = fieldsOf(message)
      if (state.decision !== undefined) return state.decision.value
      const reply = ctx.deferReply<unknown>()
      if (instance !== state.configuration.instance) {
        ctx.replyError(
          reply,
          new RangeError(`this proposer is of instance ${state.configuration.instance}, not ${instance}`),
        )
      } else if (state.waiting.length >= waitingMax) {
        ctx.replyError(
          reply,
          new OverloadError(`${waitingMax} clients wait for instance ${instance}; ask again once it has decided`, {
            instance,
          }),
        )
      } else {
        state.waiting.push(reply)
        const busy = state.wish !== undefined
        state.wish ??= { value }
        if (!busy) elect(state, ctx)
      }
      return reply
    },
    elect(state: ProposerState, _message: undefined, ctx: Context) {
      if (state.phase === 'idle') elect(state, ctx)
    },
    promise(state: ProposerState, { instance, ballot, from, accepted }: Promised, ctx: Context) {
      if (state.phase !== 'election' || !isCurrent(state, instance, ballot)) return
      collect(state.promises, state.configuration, from)
      if (state.promises.has(from) && accepted !== undefined) {
        if (compareBallots(accepted.ballot, state.highestVote?.ballot) > 0) state.highestVote = accepted
      }
      if (state.promises.size >= state.configuration.quorums.election) propose(state, ctx)
    },
    accepted(state: ProposerState, { instance, ballot, from }: Accepted, ctx: Context) {
      if (state.proposal === undefined || !isCurrent(state, instance, ballot)) return
      collect(state.votes, state.configuration, from)
      if (state.phase === 'proposal' && state.votes.size > 0) enter(state, 'acceptance', ctx)
      if (state.votes.size < state.configuration.quorums.acceptance) return
      const { value } = state.proposal
      decide(state, value, ctx)
      for (const { learner } of state.configuration.members) ctx.tell(learner, 'decided', { instance, value })
    },
    nack(state: ProposerState, { instance, ballot, promised }: Nack, ctx: Context) {
      if (instance !== state.configuration.instance || state.decision !== undefined) return
      state.seen = Math.max(state.seen, promised.n)
      if (!isCurrent(state, instance, ballot)) return
      // The ballot is lost for good: going on under it after a higher one was promised could give it a second life.
      abandon(state)
      enter(state, 'idle', ctx)
      retryLater(state, ctx)
    },
    decided(state: ProposerState, { instance, value }: Decided, ctx: Context) {
      if (instance === state.configuration.instance && state.decision === undefined) decide(state, value, ctx)
    },
    inquire({ configuration, decision }: ProposerState, { instance, from }: Inquire, ctx: Context) {
      const learner = memberOf(configuration, from)?.learner
      if (instance !== configuration.instance || learner === undefined || decision === undefined) return
      ctx.tell(learner, 'decided', { instance, value: decision.value })
    },
    resend(state: ProposerState, _message: undefined, ctx: Context) {
      if (state.phase === 'election') sendPrepare(state, ctx)
      else if (state.phase === 'proposal' || state.phase === 'acceptance') sendAccept(state, ctx)
    },
    status: ({ phase, ballot }: ProposerState): ProposerStatus =>
      ballot === undefined ? { phase } : { phase, ballot },
  },
}

/** One proposer of an instance. Durable: spawn it with a `durableId`. */
export const Proposer = defineActor<ProposerProtocol>()(proposerParts)

/** Phase 1a: draws a ballot above all that were drawn or seen, and asks for promises. */
function elect(state: ProposerState, ctx: Context): void {
  const { configuration, id } = state
  const n = Math.max(state.drawn, state.seen) + 1
  abandon(state)
  ctx.persist('ballotDrawn', { n, value: state.wish?.value })
  state.ballot = { n, priority: memberOf(configuration, id)?.priority ?? 0, node: id }
  enter(state, 'election', ctx)
  sendPrepare(state, ctx)
}

/** Phase 2a: picks the value that the promises leave free, once for this ballot, and asks for votes. */
function propose(state: ProposerState, ctx: Context): void {
  // P2c: if any of the quorum voted, only the value of their highest vote can have been chosen below this ballot.
  state.proposal = state.highestVote === undefined ? state.wish : { value: state.highestVote.value }
  state.attempt = 0
  enter(state, 'proposal', ctx)
  sendAccept(state, ctx)
}

function decide(state: ProposerState, value: unknown, ctx: Context): void {
  abandon(state)
  state.decision = { value }
  enter(state, 'decided', ctx)
  ctx.timers.cancel('elect')
  ctx.timers.cancel('resend')
  for (const token of state.waiting.splice(0)) ctx.reply(token, value)
}

function abandon(state: ProposerState): void {
  state.ballot = undefined
  state.promises.clear()
  state.highestVote = undefined
  state.proposal = undefined
  state.votes.clear()
}

function enter(state: ProposerState, phase: ProposerPhase, ctx: Context): void {
  state.phase = phase
  ctx.log.debug(phase, state.ballot === undefined ? {} : { ballot: ballotKey(state.ballot) })
}

function isCurrent(state: ProposerState, instance: string, ballot: Ballot): boolean {
  return (
    instance === state.configuration.instance &&
    state.ballot !== undefined &&
    compareBallots(ballot, state.ballot) === 0
  )
}

function sendPrepare(state: ProposerState, ctx: Context): void {
  const { configuration, ballot } = state
  if (ballot === undefined) return
  for (const { id, acceptor } of configuration.members) {
    if (!state.promises.has(id)) ctx.tell(acceptor, 'prepare', { instance: configuration.instance, ballot })
  }
  resendLater(state, ctx)
}

function sendAccept(state: ProposerState, ctx: Context): void {
  const { configuration, ballot, proposal } = state
  if (ballot === undefined || proposal === undefined) return
  const accept = { instance: configuration.instance, ballot, value: proposal.value }
  for (const { id, acceptor, learner } of configuration.members) {
    ctx.tell(learner, 'accept', accept)
    if (!state.votes.has(id)) ctx.tell(acceptor, 'accept', accept)
  }
  resendLater(state, ctx)
}

function resendLater(state: ProposerState, ctx: Context): void {
  const delayMs = retryDelayMs(state.configuration.retry, state.attempt++, ctx.random)
  ctx.timers.once({ key: 'resend', delayMs }, 'resend')
}

function retryLater(state: ProposerState, ctx: Context): void {
  const delayMs = retryDelayMs(state.configuration.retry, state.attempt++, ctx.random)
  ctx.timers.cancel('resend')
  ctx.timers.once({ key: 'elect', delayMs }, 'elect')
}
