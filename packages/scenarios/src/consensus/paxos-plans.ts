/** What goes wrong in a run of single-decree Paxos, and how its clients hurry. */
import type { FaultKnobs } from '@troupe/simulation'

/** One plan. */
export interface PaxosPlan {
  /** How many nodes there are, unless a run says otherwise. */
  readonly nodes: number
  /** The largest strength of each fault; each seed draws its own below them. */
  readonly faults: FaultKnobs
  /** Whether network and machines are also struck whenever a proposer has won its election. */
  readonly strikes: boolean
  readonly latencyMeanMs: number
  readonly clients: {
    /** The share of the clients that begin at once. */
    readonly atOnce: number
    /** How long a client waits for its proposer before it asks another, in virtual milliseconds. */
    readonly timeoutMs: number
  }
}

/**
 * Every kind of fault, by chance: much more than a cluster would live through, since an instance is decided within a
 * fraction of a second.
 */
const chance: PaxosPlan = {
  nodes: 5,
  faults: {
    crash: 4,
    pause: 0.5,
    partition: 2,
    loss: 0.2,
    duplicate: 0.2,
    reorder: 0.3,
    diskLatencyMs: 40,
    diskStall: 0.05,
    tornWrite: 1,
    syncFailure: 0.03,
    writeFailure: 0.03,
    clockSkewMs: 500,
    partialPartition: 0.5,
    ringPartition: 0.5,
    hold: 1,
    slowLink: 1,
    clog: 1,
    channelFull: 1,
    workerExit: 0.5,
    stall: 2,
    crashRecovering: 0.3,
    diskFull: 0.2,
    diskSlow: 0.5,
    // An acceptor that has lost what it stored may break any protocol's promise.
    bitRot: 0,
    misdirectedRead: 0,
    clockDrift: 0.05,
    clockJump: 0.5,
  },
  strikes: false,
  latencyMeanMs: 10,
  clients: { atOnce: 0.6, timeoutMs: 400 },
}

/**
 * Few kinds of fault, at the worst moment. Some mistakes do harm only when an acceptor or a proposer goes and comes back
 * between the two phases of a ballot while another ballot is under way, which chance alone hardly ever brings about.
 */
const strikes: PaxosPlan = {
  nodes: 3,
  faults: { loss: 0.3, duplicate: 0.1, reorder: 0.5, tornWrite: 1, diskLatencyMs: 40 },
  strikes: true,
  latencyMeanMs: 20,
  clients: { atOnce: 1, timeoutMs: 40 },
}

/** The plans by name. */
export const paxosPlans = { chance, strikes } as const satisfies Record<string, PaxosPlan>

/** The name of a plan. */
export type PaxosPlanName = keyof typeof paxosPlans
