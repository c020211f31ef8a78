/** Consensus protocols as actors. */
export { type Ballot, ballotKey, compareBallots } from './ballot.ts'
export { Acceptor, acceptorRecovered } from './paxos/acceptor.ts'
export { PaxosClient, type ProposeOptions } from './paxos/client.ts'
export type { Configuration, Member, QuorumSizes, RetryDelay, RoleArguments } from './paxos/configuration.ts'
export {
  type PaxosInvariant,
  PaxosObserver,
  type PaxosObserverOptions,
  type PaxosStatistics,
  PaxosViolationError,
} from './paxos/invariants.ts'
export { Learner, learnerDecided } from './paxos/learner.ts'
export type {
  Accept,
  Accepted,
  AcceptorProtocol,
  AcceptorStatus,
  Decided,
  Inquire,
  Learned,
  LearnerProtocol,
  Nack,
  Prepare,
  Promised,
  Propose,
  ProposerPhase,
  ProposerProtocol,
  ProposerStatus,
  Vote,
} from './paxos/messages.ts'
export { type MemberOptions, type PaxosDefinitions, type PaxosOptions, startPaxos } from './paxos/paxos.ts'
export { Proposer } from './paxos/proposer.ts'
