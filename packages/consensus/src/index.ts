/** Consensus protocols as actors. */
export { type Ballot, ballotKey, compareBallots } from './ballot.ts'
export type { LogConfiguration, LogMember } from './log/configuration.ts'
export { LogObserver, LogViolationError } from './log/invariants.ts'
export type { LogBallot } from './log/log-ballot.ts'
export { type LogCallerProtocol, LogClient, type LogClientArguments } from './log/log-client.ts'
export {
  CommandError,
  CommandSizeError,
  ForeignMachineError,
  LogTimeoutError,
  MembersNotReadyError,
  SessionExpiredError,
} from './log/log-errors.ts'
export type { LogMemberStatus, LogStatus } from './log/log-status.ts'
export { LogWatch, type LogWatchOptions } from './log/log-watch.ts'
export { LogMachineObserver, type LogMachineObserverOptions } from './log/machine-invariants.ts'
export type { ReplicaProtocol, ReplicaStatus } from './log/messages.ts'
export { type LogPledgeInvariant, LogPledgeObserver } from './log/pledge-invariants.ts'
export type { LogOptions, ReplicaArguments } from './log/replica-state.ts'
export { type ReplicaDefinition, type ReplicateOptions, replicate } from './log/replicate.ts'
export {
  type LogMemberOptions,
  Replicated,
  ReplicatedClient,
  type ReplicatedClientOptions,
  type ReplicatedOptions,
  replicatedLog,
  startReplicated,
} from './log/replicated.ts'
export type { StateMachine } from './log/state-machine.ts'
export { type LogWordInvariant, LogWordObserver } from './log/word-invariants.ts'
export {
  type ConfigurationCommand,
  type ConfigurationQuery,
  type ConfigurationResult,
  ConfigurationStore,
  configurationMachine,
  type Epoched,
} from './machines/configuration-store.ts'
export { Counter, type CounterCommand, counterMachine } from './machines/counter.ts'
export { type KeyValueCommand, type KeyValueQuery, KeyValueStore, keyValueMachine } from './machines/key-value.ts'
export { type LockCommand, type LockHolder, LockService, lockMachine } from './machines/lock-service.ts'
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
export { BenOr, type BenOrProtocol, type BenOrStatus, type Bit, startBenOr } from './rounds/ben-or.ts'
export {
  ChandraToueg,
  type ChandraTouegConfiguration,
  type ChandraTouegOptions,
  type ChandraTouegProtocol,
  type ChandraTouegStatus,
  startChandraToueg,
} from './rounds/chandra-toueg.ts'
export {
  type DetectingMember,
  FailureDetector,
  type FailureDetectorArguments,
  type FailureDetectorOptions,
  type FailureDetectorProtocol,
  type SuspicionListener,
  startFailureDetectors,
} from './rounds/failure-detector.ts'
export { RoundObserver, RoundViolationError } from './rounds/invariants.ts'
export type { RoundConfiguration, RoundMember, RoundOptions } from './rounds/round-configuration.ts'
