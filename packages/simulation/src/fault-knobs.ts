/**
 * Fault knobs: how much of which fault a run may meet, and what one seed makes of it. By default each seed flips a coin
 * for each kind and draws its strength up to the knob ("swarm testing", Groce et al. 2012), since a run with few kinds
 * of faults reaches states that a run with all of them at full strength never does.
 */
import { ConfigurationError, type RandomStream } from '@troupe/core'
import { refuseUnknownOptions, requireOption } from '@troupe/core/host'

/** The largest strength of each kind of fault. What is left out does not happen. */
export interface FaultKnobs {
  /** Crashes per virtual second and node; the node comes back after its downtime. */
  readonly crash?: number
  /** Pauses per virtual second and node: the node does nothing for a while, then goes on as if nothing had been. */
  readonly pause?: number
  /** Partitions per virtual second of the whole network: halves, one node alone, a one-way cut, a single link. */
  readonly partition?: number
  /** The probability that a message between two nodes is lost. */
  readonly loss?: number
  /** The probability that it arrives twice. Needs `delivery: 'hostile'`. */
  readonly duplicate?: number
  /** The probability that it is held up and overtaken. Needs `delivery: 'hostile'`. */
  readonly reorder?: number
  /** Milliseconds that an operation of a disk takes at most; at least, and without the knob, 0.02 to 0.2. */
  readonly diskLatencyMs?: number
  /** The probability that an operation of a disk takes 100 ms longer. */
  readonly diskStall?: number
  /** The probability that a write not yet synced when its node crashes is torn; else it is lost or kept. */
  readonly tornWrite?: number
  /** The probability that a sync fails, which ends its node. */
  readonly syncFailure?: number
  /** The probability that a write fails, which ends its node. */
  readonly writeFailure?: number
  /** Milliseconds by which the clock of a node is ahead at most. */
  readonly clockSkewMs?: number
  /** Partial partitions per virtual second: two groups are cut from each other, one node goes on seeing both. */
  readonly partialPartition?: number
  /** Ring partitions per virtual second, from 4 nodes on: each node sees a majority, no two of them the same one. */
  readonly ringPartition?: number
  /** Holds per virtual second: one direction of one link lets nothing out, and then everything, in order. */
  readonly hold?: number
  /** Slow links per virtual second: one direction of one link takes up to 20 times as long. */
  readonly slowLink?: number
  /** Clogs per virtual second: one direction of one link lets one frame through every 5 to 50 ms. */
  readonly clog?: number
  /** Full channels per virtual second: one direction of one link refuses tells and asks; sends wait. */
  readonly channelFull?: number
  /** Exits per virtual second and node: a thread that ends. What it has sent arrives, its disk keeps unsynced writes. */
  readonly workerExit?: number
  /** Stalls of the event loop per virtual second and node: short pauses, with all that came due in one burst after. */
  readonly stall?: number
  /** The probability that a node that comes back crashes again within milliseconds, while it recovers. */
  readonly crashRecovering?: number
  /** Times per virtual second and node that its disk is full for a while; a write that grows a file ends its node. */
  readonly diskFull?: number
  /** Times per virtual second and node that its disk is 50 times slower for a while. */
  readonly diskSlow?: number
  /** Bits per virtual second and node that flip on its disk, for good: it may never recover what it has stored. */
  readonly bitRot?: number
  /** The probability that a read of a disk brings what is stored in another place. */
  readonly misdirectedRead?: number
  /** The share of time by which the clock of a node is fast or slow at most; up to 0.9. */
  readonly clockDrift?: number
  /** Jumps per virtual second and node of the time that its clock tells, up to 1,000 ms ahead or back; timers stay. */
  readonly clockJump?: number
}

/** The kinds of fault. */
export type FaultKind = keyof FaultKnobs

/**
 * Moderate strengths of every kind: what `faults: 'all'` means. But for those that take what is durable away from the
 * node that stored it: `bitRot` and `misdirectedRead` are 0 here, and happen only where they are asked for by name.
 */
export const allFaults: Required<FaultKnobs> = Object.freeze({
  crash: 0.3,
  pause: 0.3,
  partition: 0.5,
  loss: 0.05,
  duplicate: 0.1,
  reorder: 0.2,
  diskLatencyMs: 10,
  diskStall: 0.01,
  tornWrite: 0.5,
  syncFailure: 0.005,
  writeFailure: 0.002,
  clockSkewMs: 500,
  partialPartition: 0.2,
  ringPartition: 0.2,
  hold: 0.3,
  slowLink: 0.3,
  clog: 0.3,
  channelFull: 0.2,
  workerExit: 0.1,
  stall: 0.5,
  crashRecovering: 0.2,
  diskFull: 0.05,
  diskSlow: 0.1,
  bitRot: 0,
  misdirectedRead: 0,
  clockDrift: 0.01,
  clockJump: 0.1,
})

/** What messages between nodes can meet. */
export type Delivery = 'promised' | 'hostile'

/** Kinds whose strength is a probability or a share; those of the others may be any number. */
const shares: readonly FaultKind[] = [
  'loss',
  'duplicate',
  'reorder',
  'diskStall',
  'tornWrite',
  'syncFailure',
  'writeFailure',
  'crashRecovering',
  'misdirectedRead',
  'clockDrift',
]
/** What `faults: 'all'` leaves out when delivery is as promised. */
const hostileKinds: readonly FaultKind[] = ['loss', 'duplicate', 'reorder']

/** How often each kind of fault was injected. */
export type InjectedFaults = Readonly<Record<FaultKind, number>>

/** Counts, all 0. */
export function noFaults(): Record<FaultKind, number> {
  const counts = {} as Record<FaultKind, number>
  for (const kind of Object.keys(allFaults) as FaultKind[]) counts[kind] = 0
  return counts
}

const knownKinds = Object.fromEntries(Object.keys(allFaults).map((kind) => [kind, true as const]))

/** The knobs that a run is given, checked; throws a {@link ConfigurationError} for one that is out of range. */
export function knobsOf(faults: FaultKnobs | 'all' | undefined, delivery: Delivery): FaultKnobs {
  requireOption(delivery === 'promised' || delivery === 'hostile', 'delivery', "'promised' or 'hostile'", delivery)
  const hostile = { loss: allFaults.loss, duplicate: allFaults.duplicate, reorder: allFaults.reorder }
  if (faults === 'all') {
    return delivery === 'hostile' ? allFaults : { ...allFaults, loss: 0, duplicate: 0, reorder: 0 }
  }
  refuseUnknownOptions('faults', faults ?? {}, knownKinds)
  for (const [kind, strength] of Object.entries(faults ?? {}) as [FaultKind, number][]) {
    const largest = largestOf(kind)
    const needed = largest === Number.MAX_SAFE_INTEGER ? 'a number from 0' : `a number from 0 to ${largest}`
    requireOption(Number.isFinite(strength) && strength >= 0 && strength <= largest, `faults.${kind}`, needed, strength)
    if (delivery === 'promised' && kind !== 'loss' && hostileKinds.includes(kind) && strength > 0) {
      throw new ConfigurationError(`faults.${kind} breaks what delivery promises; it needs delivery: 'hostile'`)
    }
  }
  return delivery === 'hostile' ? { ...hostile, ...faults } : (faults ?? {})
}

function largestOf(kind: FaultKind): number {
  // A clock that stands still, or goes back, would fire no timer.
  if (kind === 'clockDrift') return 0.9
  return shares.includes(kind) ? 1 : Number.MAX_SAFE_INTEGER
}

/** The strengths for one seed: with `swarm`, each kind is off for one seed in three, else between nothing and its knob. */
export function drawStrengths(knobs: FaultKnobs, swarm: boolean, random: RandomStream): Required<FaultKnobs> {
  const strengths = noFaults()
  for (const kind of Object.keys(strengths) as FaultKind[]) {
    const on = random.int(3) > 0
    const share = 1 - random.float()
    strengths[kind] = (knobs[kind] ?? 0) * (swarm ? (on ? share : 0) : 1)
  }
  return strengths
}

/** A draw from the exponential distribution with that mean. */
export function exponential(random: RandomStream, mean: number): number {
  return -Math.log(1 - random.float()) * mean
}
