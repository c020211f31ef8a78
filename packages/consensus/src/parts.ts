/**
 * The parts of which the definitions are made, for those who derive variants of them: mutation, planted bugs, checkers.
 * `defineActor<AcceptorProtocol>()({ ...acceptorParts, ...change })` is a definition of its own.
 */
export type { AcceptEntries, PromisedLog } from './log/messages.ts'
export type { ReplicaContext, ReplicaState } from './log/replica-state.ts'
export { type ReplicaParts, replicaParts } from './log/replicate.ts'
export { type AcceptorEvents, type AcceptorState, acceptorParts } from './paxos/acceptor.ts'
export { type LearnerEvents, type LearnerState, learnerParts } from './paxos/learner.ts'
export { type ProposerEvents, type ProposerState, proposerParts } from './paxos/proposer.ts'
export { type BenOrEvents, type BenOrState, benOrParts } from './rounds/ben-or.ts'
export { type ChandraTouegEvents, type ChandraTouegState, chandraTouegParts } from './rounds/chandra-toueg.ts'
