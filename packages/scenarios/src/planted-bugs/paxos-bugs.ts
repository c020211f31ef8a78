/**
 * Mistakes planted into single-decree Paxos, each a small change of the shipped parts: what the simulator must find.
 * Each runs under the fault plan and the knobs of its clean twin, which finds nothing.
 */
import type { AcceptorProtocol, LearnerProtocol, PaxosDefinitions, ProposerProtocol } from '@troupe/consensus'
import { acceptorParts, learnerParts, type ProposerState, proposerParts } from '@troupe/consensus/parts'
import { type ActorContext, defineActor } from '@troupe/core'
import { forgetfulContext } from './forgetful-context.ts'

/** One planted mistake: the definitions that stand in for the roles' own. */
export interface PaxosBug {
  /** What is wrong, in one sentence. */
  readonly what: string
  readonly definitions: Partial<PaxosDefinitions>
}

const module = import.meta.url

/** An acceptor whose promise stays in memory: after a crash it takes part in ballots that it had left. */
export const ForgetsPromise = defineActor<AcceptorProtocol>()({
  ...acceptorParts,
  name: 'ForgetsPromise',
  module,
  on: {
    ...acceptorParts.on,
    prepare(state, message, ctx) {
      const forgetful = forgetfulContext(ctx, 'promised', (ballot) => acceptorParts.events.promised(state, ballot))
      acceptorParts.on.prepare(state, message, forgetful)
    },
  },
})

/** An acceptor whose vote leaves before it is synced, and never is: after a crash the vote was never cast. */
export const ForgetsVote = defineActor<AcceptorProtocol>()({
  ...acceptorParts,
  name: 'ForgetsVote',
  module,
  on: {
    ...acceptorParts.on,
    accept(state, message, ctx) {
      const forgetful = forgetfulContext(ctx, 'accepted', (vote) => acceptorParts.events.accepted(state, vote))
      acceptorParts.on.accept(state, message, forgetful)
    },
  },
})

/** An acceptor that votes in any ballot, whatever it promised. */
export const AcceptsBelowPromise = defineActor<AcceptorProtocol>()({
  ...acceptorParts,
  name: 'AcceptsBelowPromise',
  module,
  on: {
    ...acceptorParts.on,
    accept(state, message, ctx) {
      state.promised = undefined
      state.acceptedBallot = undefined
      acceptorParts.on.accept(state, message, ctx)
    },
  },
})

/** An acceptor whose vote leaves its promise behind: a lower ballot than that of its vote gets in afterwards. */
export const VotesWithoutPromise = defineActor<AcceptorProtocol>()({
  ...acceptorParts,
  name: 'VotesWithoutPromise',
  module,
  events: {
    ...acceptorParts.events,
    accepted(state, { ballot, value }) {
      state.acceptedBallot = ballot
      state.acceptedValue = value
    },
  },
})

/** A proposer whose ballots stay in memory: after a crash it draws the same ones again. */
export const ReusesBallots = defineActor<ProposerProtocol>()({
  ...proposerParts,
  name: 'ReusesBallots',
  module,
  on: {
    ...proposerParts.on,
    propose: (state, message, ctx) => proposerParts.on.propose(state, message, forgetfulOfBallots(state, ctx)),
    elect: (state, message, ctx) => proposerParts.on.elect(state, message, forgetfulOfBallots(state, ctx)),
  },
})

function forgetfulOfBallots<Context extends ActorContext>(state: ProposerState, ctx: Context): Context {
  return forgetfulContext(ctx, 'ballotDrawn', (draw) => proposerParts.events.ballotDrawn(state, draw))
}

/** A proposer that does not look at the votes that promises tell of: it proposes its own value come what may. */
export const IgnoresHighestVote = defineActor<ProposerProtocol>()({
  ...proposerParts,
  name: 'IgnoresHighestVote',
  module,
  on: {
    ...proposerParts.on,
    promise(state, { accepted: _ignored, ...message }, ctx) {
      proposerParts.on.promise(state, message, ctx)
    },
  },
})

/** A proposer that counts replies: the second copy of a member's promise or vote stands for another member's. */
export const CountsReplies = defineActor<ProposerProtocol>()({
  ...proposerParts,
  name: 'CountsReplies',
  module,
  on: {
    ...proposerParts.on,
    promise(state, message, ctx) {
      const from =
        state.phase === 'election' ? countedAs(message.from, state.promises, state.configuration) : message.from
      proposerParts.on.promise(state, { ...message, from }, ctx)
    },
    accepted(state, message, ctx) {
      const from = countedAs(message.from, state.votes, state.configuration)
      proposerParts.on.accepted(state, { ...message, from }, ctx)
    },
  },
})

/** The member that a reply is counted for: one that has not replied yet, if the sender has. */
function countedAs(
  from: string,
  replies: ReadonlySet<string>,
  { members }: { readonly members: readonly { readonly id: string }[] },
): string {
  if (!replies.has(from)) return from
  return members.find(({ id }) => !replies.has(id))?.id ?? from
}

/** Half of the members pass for a quorum: two quorums need not meet. */
function withHalf(args: Parameters<typeof proposerParts.init>[0]): typeof args {
  const half = Math.floor(args.configuration.members.length / 2)
  return { ...args, configuration: { ...args.configuration, quorums: { election: half, acceptance: half } } }
}
export const ElectedByHalf = defineActor<ProposerProtocol>()({
  ...proposerParts,
  name: 'ElectedByHalf',
  module,
  init: (args: Parameters<typeof proposerParts.init>[0]) => proposerParts.init(withHalf(args)),
})
export const LearnsFromHalf = defineActor<LearnerProtocol>()({
  ...learnerParts,
  name: 'LearnsFromHalf',
  module,
  init: (args: Parameters<typeof learnerParts.init>[0]) => learnerParts.init(withHalf(args)),
})

/** The mistakes by name. */
export const paxosBugs = {
  'forgotten-promise': {
    what: 'an acceptor forgets its promise when its node crashes',
    definitions: { acceptor: ForgetsPromise },
  },
  'forgotten-vote': {
    what: 'an acceptor forgets its vote when its node crashes',
    definitions: { acceptor: ForgetsVote },
  },
  'accept-below-promise': {
    what: 'an acceptor votes in a ballot below its promise',
    definitions: { acceptor: AcceptsBelowPromise },
  },
  'vote-without-promise': {
    what: 'a vote does not raise the promise',
    definitions: { acceptor: VotesWithoutPromise },
  },
  'reused-ballot': {
    what: 'a proposer draws the same ballots again after a crash',
    definitions: { proposer: ReusesBallots },
  },
  'ignored-vote': {
    what: 'a proposer ignores the highest vote that the promises tell of',
    definitions: { proposer: IgnoresHighestVote },
  },
  'counted-replies': {
    what: 'a proposer counts replies instead of collecting who sent them',
    definitions: { proposer: CountsReplies },
  },
  'half-quorum': {
    what: 'half of the members pass for a quorum',
    definitions: { proposer: ElectedByHalf, learner: LearnsFromHalf },
  },
} as const satisfies Record<string, PaxosBug>

/** The name of a planted mistake. */
export type PaxosBugName = keyof typeof paxosBugs
