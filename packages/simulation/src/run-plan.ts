/**
 * The plan of a run: every decision about what goes wrong in it, written down. A run that is given the plan of another one,
 * with the same seed, options and program, is that run to the last step; given a part of it, it is the run in which the
 * rest did not go wrong. All other randomness stays as it is, since each purpose has its own stream.
 *
 * What comes at a time is known by its time and its target. What befalls one message, one disk operation, one start or
 * one passage of a fault point is known by its site and by how many of them the site had seen by then, so that it keeps
 * its meaning when other faults are taken away; its details come from a stream of that name.
 */
import { ConfigurationError } from '@troupe/core'
import { type FaultKind, noFaults } from './fault-knobs.ts'

/** The kinds of fault that come at a time. */
export const timedKinds = [
  'crash',
  'pause',
  'partition',
  'partialPartition',
  'ringPartition',
  'workerExit',
  'hold',
  'slowLink',
  'clog',
  'channelFull',
  'stall',
  'diskFull',
  'diskSlow',
  'bitRot',
  'clockJump',
] as const satisfies readonly FaultKind[]

/** A kind of fault that comes at a time. */
export type TimedKind = (typeof timedKinds)[number]

/** The kinds of fault that befall one message, disk operation, start of a node, or passage of a fault point. */
export const strikeKinds = [
  'loss',
  'duplicate',
  'reorder',
  'diskStall',
  'tornWrite',
  'syncFailure',
  'writeFailure',
  'misdirectedRead',
  'crashRecovering',
  'faultPoint',
] as const satisfies readonly (FaultKind | 'faultPoint')[]

/** A kind of fault that befalls one thing. */
export type StrikeKind = (typeof strikeKinds)[number]

/** The kinds of fault that a node has through the whole run. */
export const traitKinds = ['diskLatencyMs', 'clockSkewMs', 'clockDrift'] as const satisfies readonly FaultKind[]

/** A kind of fault that a node has through the whole run. */
export type TraitKind = (typeof traitKinds)[number]

/** Something that goes wrong at a time; it does nothing where it makes no sense, as a crash of a node that is down. */
export interface PlannedFault {
  readonly kind: TimedKind
  /** Virtual milliseconds since the start of the run. */
  readonly atMs: number
  /** How long it lasts; a node that crashed is down so long. */
  readonly forMs: number
  /** What it befalls; of a cut or a link the first group, of a ring all of it in order. */
  readonly nodes: readonly string[]
  /** The second group. */
  readonly to?: readonly string[]
  /** True for a partition in the direction from the first to the second group only. */
  readonly oneWay?: boolean
  /** Of a slow link its factor, of a clog its gap, of a jump its milliseconds, of a bit that flips what says which. */
  readonly value?: number
  /** Planned from this branch of the run on, numbered from 1; left out: from its start. */
  readonly fromBranch?: number
  /** Taken back at this branch, unless it has struck by then. Its time still counts before, where a schedule has choices. */
  readonly untilBranch?: number
}

/** What befalls the `nth` (from 1) of the things of one site. */
export interface PlannedStrike {
  readonly kind: StrikeKind
  /** A link and a message's name; a node and a file; a node; a fault point and an actor. */
  readonly site: string
  readonly nth: number
  /** How long the second copy of a message, or an overtaken one, takes in milliseconds. */
  readonly delayMs?: number
}

/** What is wrong with a node through the whole run. */
export interface PlannedTrait {
  readonly kind: TraitKind
  readonly node: string
  readonly value: number
}

/** A frame that takes the time that was drawn for it; without `nth` (from 1), every frame of the link. */
export interface PlannedDelivery {
  readonly from: string
  readonly to: string
  readonly nth?: number
}

/** Everything that goes wrong in one run. */
export interface RunPlan {
  /** What this run drew of the knobs; with a plan they say only what chance does after a branch. */
  readonly strengths: Readonly<Record<FaultKind, number>>
  readonly faults: readonly PlannedFault[]
  readonly strikes: readonly PlannedStrike[]
  readonly traits: readonly PlannedTrait[]
  /** The steps of the program's own plans (`world.at`) that happen, numbered from 1 as written. Default: all. */
  readonly scripted?: readonly number[]
  /** The deliveries that take the time drawn for them; all others take the mean. Default: all. */
  readonly late?: readonly PlannedDelivery[]
  /** The choices, numbered from 1, in which the schedule has its way; in all others the earliest goes. Default: all. */
  readonly deviations?: readonly number[]
}

/** How many faults a plan has, of all kinds. */
export function faultsOf({ faults, strikes, traits, scripted = [] }: RunPlan): number {
  return faults.length + strikes.length + traits.length + scripted.length
}

/**
 * The plan as lines of text: what comes at a time in that order, then what befalls single things, then what lasts. Of what
 * comes at a time only what does by `untilMs` (virtual milliseconds since the start). No line says that nothing goes wrong.
 */
export function describePlan(plan: RunPlan, untilMs = Number.POSITIVE_INFINITY): string[] {
  const { faults, strikes, traits, scripted, late, deviations } = plan
  return [
    ...faults
      .filter(({ atMs, untilBranch }) => untilBranch === undefined && atMs <= untilMs)
      .sort((left, right) => left.atMs - right.atMs)
      .map(faultText),
    ...strikes.map(strikeText),
    ...traits.map(({ kind, node, value }) => `${kind} of ${node}: ${Number(value.toPrecision(3))}`),
    ...(scripted === undefined || scripted.length === 0
      ? []
      : [`steps of the program's own plans: ${scripted.join(', ')}`]),
    ...(late === undefined || late.length === 0 ? [] : [lateText(late)]),
    ...(deviations === undefined || deviations.length === 0
      ? []
      : [`choices out of the plain order: ${deviations.join(', ')}`]),
  ]
}

const faultTexts: Readonly<Record<TimedKind, string>> = {
  crash: 'crashes, down',
  pause: 'pauses',
  partition: 'is cut',
  partialPartition: 'is cut',
  ringPartition: 'sees its neighbours in the ring only',
  workerExit: 'loses its thread, down',
  hold: 'holds back what is sent',
  slowLink: 'is slow',
  clog: 'is clogged',
  channelFull: 'has no room in its channel',
  stall: 'stalls',
  diskFull: 'has a full disk',
  diskSlow: 'has a slow disk',
  bitRot: 'has a bit flipped on its disk',
  clockJump: 'has its clock jump',
}

function faultText({ kind, atMs, forMs, nodes, to, oneWay = true, value }: PlannedFault): string {
  const where = nodes.join(', ') + (to === undefined ? '' : ` ${oneWay ? '->' : '<->'} ${to.join(', ')}`)
  const lasting = kind === 'bitRot' || kind === 'clockJump' ? '' : ` for ${forMs.toFixed(3)} ms`
  const amount = value === undefined || kind === 'bitRot' ? '' : ` (${Number(value.toPrecision(3))})`
  return `at ${atMs.toFixed(3)} ms ${where} ${faultTexts[kind]}${lasting}${amount}`
}

function strikeText({ kind, site, nth, delayMs }: PlannedStrike): string {
  const which = `number ${nth} of ${site}`
  switch (kind) {
    case 'loss':
      return `${which} is lost`
    case 'duplicate':
      return `${which} arrives again after ${delayMs?.toFixed(3)} ms`
    case 'reorder':
      return `${which} takes ${delayMs?.toFixed(3)} ms and may be overtaken`
    default:
      return `${kind} at ${which}`
  }
}

function lateText(late: readonly PlannedDelivery[]): string {
  const which = late.map(({ from, to, nth }) => `${nth === undefined ? 'all' : `number ${nth}`} from ${from} to ${to}`)
  return `deliveries that are late, by the time drawn for them: ${which.join('; ')}`
}

/** `value` as a plan; throws a {@link ConfigurationError} that names what is wrong with it. */
export function checkPlan(value: unknown): RunPlan {
  const plan = value as RunPlan
  if (!isRecord(plan) || !isRecord(plan.strengths)) throw new ConfigurationError('a plan of a run has strengths')
  for (const kind of Object.keys(noFaults()) as FaultKind[]) {
    if (!isAmount(plan.strengths[kind])) throw new ConfigurationError(`the plan's strength ${kind} must be from 0`)
  }
  checkList('faults', plan.faults, isFault)
  checkList('strikes', plan.strikes, isStrike)
  checkList('traits', plan.traits, ({ kind, node, value }) => {
    return traitKinds.includes(kind) && typeof node === 'string' && Number.isFinite(value)
  })
  if (plan.scripted !== undefined) checkList('scripted', plan.scripted, isCount)
  if (plan.deviations !== undefined) checkList('deviations', plan.deviations, isCount)
  if (plan.late !== undefined) {
    checkList('late', plan.late, ({ from, to, nth }) => {
      return typeof from === 'string' && typeof to === 'string' && (nth === undefined || isCount(nth))
    })
  }
  return plan
}

function checkList<Item>(name: string, items: readonly Item[], isValid: (item: Item) => boolean): void {
  if (!Array.isArray(items)) throw new ConfigurationError(`a plan of a run has a list of ${name}`)
  const index = items.findIndex((item) => item === null || item === undefined || !isValid(item))
  if (index === -1) return
  throw new ConfigurationError(`${name}[${index}] of the plan is malformed: ${JSON.stringify(items[index])}`)
}

function isFault({ kind, atMs, forMs, nodes, to, oneWay, value, fromBranch, untilBranch }: PlannedFault): boolean {
  const isOptional = (isValid: boolean, part: unknown) => part === undefined || isValid
  return (
    timedKinds.includes(kind) &&
    isAmount(atMs) &&
    isAmount(forMs) &&
    isNames(nodes) &&
    isOptional(isNames(to), to) &&
    isOptional(typeof oneWay === 'boolean', oneWay) &&
    isOptional(Number.isFinite(value), value) &&
    isOptional(isCount(fromBranch), fromBranch) &&
    isOptional(isCount(untilBranch), untilBranch)
  )
}

function isStrike({ kind, site, nth, delayMs }: PlannedStrike): boolean {
  const isKnown = strikeKinds.includes(kind) && typeof site === 'string' && isCount(nth)
  return isKnown && (delayMs === undefined || isAmount(delayMs))
}

function isRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isNames(value: unknown): boolean {
  return Array.isArray(value) && value.every((name) => typeof name === 'string')
}

function isAmount(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 1
}
