/**
 * The learner: finds out what was chosen (Lamport, "Paxos Made Simple", 2001, section 2.3). It learns a value from the
 * votes of an acceptance quorum *in one ballot*, or from a `decided` of whoever counted them first. Its decision is
 * durable before anyone hears of it.
 *
 * Every message to it may be lost, so a learner that knows nothing asks a member from time to time: its learner, which
 * does not forget, and its proposer, since the one that counted the votes may be the only one who knows. Votes are
 * collected by ballot and by member, for the highest ballots only: those below were outbid, and the one that is
 * forgotten by mistake costs an inquiry, not safety.
 */
import { type ActorContext, defineActor } from '@troupe/core'
import { type Ballot, ballotKey, compareBallots } from '../ballot.ts'
import { type Configuration, collect, memberOf, type RoleArguments } from './configuration.ts'
import type { Accept, Accepted, Decided, Inquire, Learned, LearnerProtocol } from './messages.ts'
import { retryDelayMs } from './retry.ts'

/** What a learner has heard of one ballot. */
interface Tally {
  readonly ballot: Ballot
  readonly voters: Set<string>
  /** The ballot's value, once its `accept` was seen. */
  proposal: { readonly value: unknown } | undefined
}

/** The learner's state. `learned` is durable. */
export interface LearnerState {
  readonly configuration: Configuration
  readonly id: string
  learned: Learned
  /** By ballot key. */
  readonly tallies: Map<string, Tally>
  /** Inquiries sent so far. */
  attempt: number
}

/** What a learner must not forget. */
export type LearnerEvents = {
  learned: (state: LearnerState, decision: { readonly value: unknown }) => void
}

type Context = ActorContext<LearnerProtocol, LearnerEvents>

/** Ballots of which a learner keeps the votes. */
const talliesMax = 32

/** The log entry with which a learner reports its decision, when it is made and when it is recovered. */
export const learnerDecided = 'learner decided'

/** The log entry with which a learner begins each generation; its fields are `id` and whether it has `decided`. */
export const learnerRecovered = 'learner recovered'

/** The parts of {@link Learner}, for those who derive variants of it. */
export const learnerParts = {
  name: 'Learner',
  module: import.meta.url,
  init: ({ configuration, id }: RoleArguments): LearnerState => ({
    configuration,
    id,
    learned: { decided: false },
    tallies: new Map(),
    attempt: 0,
  }),
  events: {
    learned(state: LearnerState, { value }: { readonly value: unknown }) {
      state.learned = { decided: true, value }
      state.tallies.clear()
    },
  },
  started(state: LearnerState, ctx: Context) {
    ctx.log.info(learnerRecovered, { id: state.id, decided: state.learned.decided })
    if (state.learned.decided) announce(state, state.learned.value, ctx)
    else pollLater(state, ctx)
  },
  on: {
    accept(state: LearnerState, { instance, ballot, value }: Accept, ctx: Context) {
      if (instance !== state.configuration.instance) return
      if (state.learned.decided) {
        // Whoever still proposes has missed the decision.
        const proposer = memberOf(state.configuration, ballot.node)?.proposer
        if (proposer !== undefined) ctx.tell(proposer, 'decided', { instance, value: state.learned.value })
        return
      }
      const tally = tallyOf(state, ballot)
      tally.proposal ??= { value }
      count(state, tally, ctx)
    },
    accepted(state: LearnerState, { instance, ballot, from }: Accepted, ctx: Context) {
      if (instance !== state.configuration.instance || state.learned.decided) return
      const tally = tallyOf(state, ballot)
      collect(tally.voters, state.configuration, from)
      count(state, tally, ctx)
    },
    decided(state: LearnerState, { instance, value }: Decided, ctx: Context) {
      if (instance === state.configuration.instance && !state.learned.decided) learn(state, value, ctx)
    },
    inquire(state: LearnerState, { instance, from }: Inquire, ctx: Context) {
      const { configuration, learned } = state
      const learner = memberOf(configuration, from)?.learner
      if (instance !== configuration.instance || learner === undefined || !learned.decided) return
      ctx.tell(learner, 'decided', { instance, value: learned.value })
    },
    poll(state: LearnerState, _message: undefined, ctx: Context) {
      if (state.learned.decided) return
      const { instance, members } = state.configuration
      const { id, learner, proposer } = ctx.random.pick(members)
      const inquire: Inquire = { instance, from: state.id }
      ctx.tell(proposer, 'inquire', inquire)
      if (id !== state.id) ctx.tell(learner, 'inquire', inquire)
      pollLater(state, ctx)
    },
    learned: (state: LearnerState): Learned => state.learned,
  },
}

/** One learner of an instance. Durable: spawn it with a `durableId`. */
export const Learner = defineActor<LearnerProtocol>()(learnerParts)

/** The tally of `ballot`; the lowest ballot gives way when there are too many. */
function tallyOf(state: LearnerState, ballot: Ballot): Tally {
  const key = ballotKey(ballot)
  let tally = state.tallies.get(key)
  if (tally === undefined) {
    tally = { ballot, voters: new Set(), proposal: undefined }
    state.tallies.set(key, tally)
    if (state.tallies.size > talliesMax) {
      const lowest = [...state.tallies.values()].reduce((low, next) =>
        compareBallots(next.ballot, low.ballot) < 0 ? next : low,
      )
      state.tallies.delete(ballotKey(lowest.ballot))
    }
  }
  return tally
}

/** Learns the ballot's value when a quorum voted for it: votes of different ballots never add up. */
function count(state: LearnerState, tally: Tally, ctx: Context): void {
  if (tally.proposal === undefined || tally.voters.size < state.configuration.quorums.acceptance) return
  learn(state, tally.proposal.value, ctx)
}

function learn(state: LearnerState, value: unknown, ctx: Context): void {
  ctx.persist('learned', { value })
  ctx.timers.cancel('poll')
  announce(state, value, ctx)
}

/** Tells the member's own proposer, whose clients wait. */
function announce(state: LearnerState, value: unknown, ctx: Context): void {
  const { configuration, id } = state
  ctx.log.info(learnerDecided, { id, value })
  const proposer = memberOf(configuration, id)?.proposer
  if (proposer !== undefined) ctx.tell(proposer, 'decided', { instance: configuration.instance, value })
}

function pollLater(state: LearnerState, ctx: Context): void {
  const delayMs = retryDelayMs(state.configuration.retry, state.attempt++, ctx.random)
  ctx.timers.once({ key: 'poll', delayMs }, 'poll')
}
