/**
 * A fault plan: every decision of one run about what goes wrong, written down. A run that is given the plan of another
 * one, with the same seed, options and program, is that run to the last step; given a part of it, it is the run in
 * which the rest did not go wrong. All other randomness stays as it is, since each purpose has its own stream.
 *
 * A fault of a node or of the network is known by its time and its target. One of a message is known by the link, the
 * message's name and how many of that name the link had carried by then, so that it keeps its meaning when other faults are
 * taken away. What disks and clocks do by chance is not listed one by one: `strengths` says how strong it is.
 */
import { ConfigurationError } from '@troupe/core'
import { type FaultKind, noFaults } from './fault-knobs.ts'

/** A node crashes `atMs` and comes back `downMs` later; nothing happens when it is down already. */
export interface PlannedCrash {
  readonly kind: 'crash'
  readonly atMs: number
  readonly node: string
  readonly downMs: number
}

/** A node does nothing for `forMs`. */
export interface PlannedPause {
  readonly kind: 'pause'
  readonly atMs: number
  readonly node: string
  readonly forMs: number
}

/** The links between two groups of nodes are cut for `forMs`; with `oneWay`, from the first to the second only. */
export interface PlannedPartition {
  readonly kind: 'partition'
  readonly atMs: number
  readonly from: readonly string[]
  readonly to: readonly string[]
  readonly oneWay: boolean
  readonly forMs: number
}

/** Something that goes wrong at a time; virtual milliseconds since the start of the run. */
export type PlannedFault = PlannedCrash | PlannedPause | PlannedPartition

/** What becomes of the `nth` message of that name (from 1) from one node to another. */
export interface PlannedMessageFault {
  readonly kind: 'loss' | 'duplicate' | 'reorder'
  readonly from: string
  readonly to: string
  readonly message: string
  readonly nth: number
  /** How long the second copy, or the overtaken message, takes. 0 for a loss. */
  readonly delayMs: number
}

/** Everything that goes wrong in one run. */
export interface FaultPlan {
  /** What this run drew of the knobs; with a plan, only those of disks and clocks have an effect. */
  readonly strengths: Readonly<Record<FaultKind, number>>
  readonly faults: readonly PlannedFault[]
  readonly messages: readonly PlannedMessageFault[]
}

/** The kinds that a plan has as a strength, since their draws belong to a disk or a clock. */
export const strengthKinds: readonly FaultKind[] = [
  'diskLatencyMs',
  'diskStall',
  'tornWrite',
  'syncFailure',
  'writeFailure',
  'clockSkewMs',
]

/** The plan in which nothing goes wrong. */
export function emptyPlan(): FaultPlan {
  return { strengths: noFaults(), faults: [], messages: [] }
}

/** The plan as lines of text, in the order of time, messages and strengths last. */
export function describePlan(plan: FaultPlan): string[] {
  const faults = [...plan.faults].sort((left, right) => left.atMs - right.atMs).map(describeFault)
  const messages = plan.messages.map(({ kind, from, to, message, nth, delayMs }) => {
    const which = `${message} number ${nth} from ${from} to ${to}`
    if (kind === 'loss') return `${which} is lost`
    return kind === 'duplicate'
      ? `${which} arrives again after ${delayMs.toFixed(3)} ms`
      : `${which} takes ${delayMs.toFixed(3)} ms and may be overtaken`
  })
  const strengths = strengthKinds
    .filter((kind) => plan.strengths[kind] > 0)
    .map((kind) => `${kind}: ${Number(plan.strengths[kind].toPrecision(3))}`)
  return [...faults, ...messages, ...strengths]
}

function describeFault(fault: PlannedFault): string {
  const at = `at ${fault.atMs.toFixed(3)} ms`
  switch (fault.kind) {
    case 'crash':
      return `${at} ${fault.node} crashes, for ${fault.downMs.toFixed(3)} ms`
    case 'pause':
      return `${at} ${fault.node} pauses for ${fault.forMs.toFixed(3)} ms`
    case 'partition': {
      const arrow = fault.oneWay ? '->' : '<->'
      return `${at} ${fault.from.join(', ')} ${arrow} ${fault.to.join(', ')} is cut for ${fault.forMs.toFixed(3)} ms`
    }
  }
}

/** `value` as a plan; throws a {@link ConfigurationError} that names what is wrong with it. */
export function checkPlan(value: unknown): FaultPlan {
  const plan = value as FaultPlan
  if (!isRecord(plan) || !isRecord(plan.strengths) || !Array.isArray(plan.faults) || !Array.isArray(plan.messages)) {
    throw new ConfigurationError('a fault plan has strengths, a list of faults and a list of messages')
  }
  for (const kind of Object.keys(noFaults()) as FaultKind[]) {
    if (!isTime(plan.strengths[kind])) throw new ConfigurationError(`the plan's strength ${kind} must be from 0`)
  }
  plan.faults.forEach((fault, index) => {
    if (!isFault(fault)) throw new ConfigurationError(`fault ${index} of the plan is malformed: ${json(fault)}`)
  })
  plan.messages.forEach((fault, index) => {
    if (!isMessageFault(fault)) {
      throw new ConfigurationError(`message fault ${index} of the plan is malformed: ${json(fault)}`)
    }
  })
  return plan
}

function isFault(fault: PlannedFault): boolean {
  if (!isRecord(fault) || !isTime(fault.atMs)) return false
  switch (fault.kind) {
    case 'crash':
      return typeof fault.node === 'string' && isTime(fault.downMs)
    case 'pause':
      return typeof fault.node === 'string' && isTime(fault.forMs)
    case 'partition':
      return isNames(fault.from) && isNames(fault.to) && typeof fault.oneWay === 'boolean' && isTime(fault.forMs)
    default:
      return false
  }
}

function isMessageFault(fault: PlannedMessageFault): boolean {
  if (!isRecord(fault) || !['loss', 'duplicate', 'reorder'].includes(fault.kind)) return false
  const names = [fault.from, fault.to, fault.message].every((name) => typeof name === 'string')
  return names && Number.isInteger(fault.nth) && fault.nth >= 1 && isTime(fault.delayMs)
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isTime(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

function isNames(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === 'string')
}

function json(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 200) ?? String(value)
}
