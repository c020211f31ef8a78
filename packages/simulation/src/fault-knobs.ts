/**
 * Fault knobs: how much of which fault a run may meet, and what one seed makes of it. By default each seed flips a coin
 * for each kind and draws its strength up to the knob ("swarm testing", Groce et al. 2012), since a run with few kinds
 * of faults reaches states that a run with all of them at full strength never does.
 */
import { ConfigurationError, type RandomStream } from '@troupe/core'

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
}

/** The kinds of fault. */
export type FaultKind = keyof FaultKnobs

/** Moderate strengths of every kind: what `faults: 'all'` means. */
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
})

/** What messages between nodes can meet. */
export type Delivery = 'promised' | 'hostile'

const rates: readonly FaultKind[] = ['crash', 'pause', 'partition', 'diskLatencyMs', 'clockSkewMs']
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

/** The knobs that a run is given, checked; throws a {@link ConfigurationError} for one that is out of range. */
export function knobsOf(faults: FaultKnobs | 'all' | undefined, delivery: Delivery): FaultKnobs {
  if (delivery !== 'promised' && delivery !== 'hostile') {
    throw new ConfigurationError(`delivery must be 'promised' or 'hostile', got ${String(delivery)}`)
  }
  const hostile = { loss: allFaults.loss, duplicate: allFaults.duplicate, reorder: allFaults.reorder }
  if (faults === 'all') {
    return delivery === 'hostile' ? allFaults : { ...allFaults, loss: 0, duplicate: 0, reorder: 0 }
  }
  for (const [kind, strength] of Object.entries(faults ?? {}) as [FaultKind, number][]) {
    const largest = rates.includes(kind) ? Number.MAX_SAFE_INTEGER : 1
    if (!(kind in allFaults) || !(strength >= 0 && strength <= largest)) {
      throw new ConfigurationError(
        `fault ${kind} must be one of ${Object.keys(allFaults).join(', ')}, from 0 to ${largest}, got ${strength}`,
      )
    }
    if (delivery === 'promised' && kind !== 'loss' && hostileKinds.includes(kind) && strength > 0) {
      throw new ConfigurationError(`fault ${kind} breaks what delivery promises; it needs delivery: 'hostile'`)
    }
  }
  return delivery === 'hostile' ? { ...hostile, ...faults } : (faults ?? {})
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
