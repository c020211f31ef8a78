/**
 * The acceptor: the memory of the protocol (Lamport, "Paxos Made Simple", 2001, section 2.2). It promises ballots and
 * votes in them, and what it has said it must never forget: `promised`, `acceptedBallot` and `acceptedValue` are
 * events, and output commit keeps `promise`, `accepted` and `nack` inside until the events behind them are synced. A
 * handler is therefore "persist, then tell", and no line here waits for a disk.
 *
 * Rules: P1 it never takes part in a ballot below its promise; P2 a vote raises the promise too, since whoever voted in
 * a ballot has left all lower ones.
 */
import { type ActorContext, type ActorRef, defineActor } from '@troupe/core'
import { type Ballot, compareBallots } from '../ballot.ts'
import { type Configuration, memberOf, type RoleArguments } from './configuration.ts'
import type {
  Accept,
  Accepted,
  AcceptorProtocol,
  AcceptorStatus,
  Prepare,
  Promised,
  ProposerProtocol,
  Vote,
} from './messages.ts'

/** The acceptor's state. All but the first two are durable. */
export interface AcceptorState {
  readonly configuration: Configuration
  readonly id: string
  /** The highest ballot that it takes part in; it refuses lower ones. */
  promised: Ballot | undefined
  /** The highest ballot in which it voted, and for what. */
  acceptedBallot: Ballot | undefined
  acceptedValue: unknown
}

/** What an acceptor must not forget. */
export type AcceptorEvents = {
  promised: (state: AcceptorState, ballot: Ballot) => void
  accepted: (state: AcceptorState, vote: Vote) => void
}

type Context = ActorContext<AcceptorProtocol, AcceptorEvents>

/** The log entry with which an acceptor begins each generation; its fields are the {@link AcceptorStatus}. */
export const acceptorRecovered = 'acceptor recovered'

/** The parts of {@link Acceptor}, for those who derive variants of it. */
export const acceptorParts = {
  name: 'Acceptor',
  module: import.meta.url,
  init: ({ configuration, id }: RoleArguments): AcceptorState => ({
    configuration,
    id,
    promised: undefined,
    acceptedBallot: undefined,
    acceptedValue: undefined,
  }),
  events: {
    promised(state: AcceptorState, ballot: Ballot) {
      state.promised = ballot
    },
    accepted(state: AcceptorState, { ballot, value }: Vote) {
      // Keeps `acceptedBallot <= promised`: a vote that left the promise behind would let a lower ballot in after it.
      state.promised = ballot
      state.acceptedBallot = ballot
      state.acceptedValue = value
    },
  },
  started(state: AcceptorState, ctx: Context) {
    ctx.log.info(acceptorRecovered, { id: state.id, ...statusOf(state) })
  },
  on: {
    prepare(state: AcceptorState, { instance, ballot }: Prepare, ctx: Context) {
      const proposer = proposerOf(state, instance, ballot)
      if (proposer === undefined || refused(state, proposer, instance, ballot, ctx)) return
      if (compareBallots(ballot, state.promised) > 0) ctx.persist('promised', ballot)
      // A prepare that arrives again is answered again: the first promise may have been lost.
      const { accepted } = statusOf(state)
      const promise: Promised = { instance, ballot, from: state.id }
      ctx.tell(proposer, 'promise', accepted === undefined ? promise : { ...promise, accepted })
    },
    accept(state: AcceptorState, { instance, ballot, value }: Accept, ctx: Context) {
      const proposer = proposerOf(state, instance, ballot)
      if (proposer === undefined || refused(state, proposer, instance, ballot, ctx)) return
      // One vote a ballot: an accept that arrives again is answered again, and changes nothing.
      if (compareBallots(ballot, state.acceptedBallot) > 0) ctx.persist('accepted', { ballot, value })
      const accepted: Accepted = { instance, ballot, from: state.id }
      ctx.tell(proposer, 'accepted', accepted)
      for (const { learner } of state.configuration.members) ctx.tell(learner, 'accepted', accepted)
    },
    status: (state: AcceptorState): AcceptorStatus => statusOf(state),
  },
}

/** One acceptor of an instance. Durable: spawn it with a `durableId`. */
export const Acceptor = defineActor<AcceptorProtocol>()(acceptorParts)

function statusOf({ promised, acceptedBallot, acceptedValue }: AcceptorState): AcceptorStatus {
  return {
    ...(promised === undefined ? {} : { promised }),
    ...(acceptedBallot === undefined ? {} : { accepted: { ballot: acceptedBallot, value: acceptedValue } }),
  }
}

/** The proposer that drew `ballot`; `undefined` for a message of another instance or of a stranger. */
function proposerOf(state: AcceptorState, instance: string, ballot: Ballot): ActorRef<ProposerProtocol> | undefined {
  if (instance !== state.configuration.instance) return undefined
  return memberOf(state.configuration, ballot.node)?.proposer
}

/** Refuses a ballot below the promise and tells its proposer which ballot it must exceed. */
function refused(
  state: AcceptorState,
  proposer: ActorRef<ProposerProtocol>,
  instance: string,
  ballot: Ballot,
  ctx: Context,
): boolean {
  const { promised } = state
  if (promised === undefined || compareBallots(ballot, promised) >= 0) return false
  ctx.tell(proposer, 'nack', { instance, ballot, promised })
  return true
}
