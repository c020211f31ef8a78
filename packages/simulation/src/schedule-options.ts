/** How the schedule of a run is chosen, and what each kind of it takes. */
import type { RandomStream } from '@troupe/core'
import { refuseUnknownOptions, requireOption } from '@troupe/core/host'
import type { Schedule } from './schedule.ts'
import { DelayBounded, PartialOrderSampling, PriorityChangePoints } from './schedules.ts'

/** The schedules by name; see the package's README for what each can and cannot reorder. */
export type ScheduleStrategy = 'random' | 'pct' | 'pos' | 'delay'

interface Bounds {
  /**
   * How much longer than the network drew, or the machine takes, a delivery or a turn may be held back, in virtual
   * milliseconds; from 0. Default 10.
   */
  readonly patienceMs?: number
}

interface Steps extends Bounds {
  /**
   * The steps with a choice, counted from the start of the run, among which its points fall. A whole number from 1.
   * Default: each seed draws one from 16 to 4096, evenly by its logarithm.
   */
  readonly steps?: number
}

/** A schedule with its parameters. */
export type ScheduleOptions =
  | { readonly strategy: 'random' }
  /** `depth`: how many events must come in a certain order for the bug that is looked for; from 1. Default 3. */
  | ({ readonly strategy: 'pct'; readonly depth?: number } & Steps)
  | ({ readonly strategy: 'pos' } & Bounds)
  /** `delays`: how often something is put off; from 0. Default 3. */
  | ({ readonly strategy: 'delay'; readonly delays?: number } & Steps)

/** The schedule of one run, and how long it may hold things back. */
export interface BoundedSchedule {
  readonly schedule: Schedule
  readonly patienceMs: number
}

const patienceMsDefault = 10
const stepsMin = 16
const stepsMax = 4_096
const pointsMax = 1_000

const known: Readonly<Record<ScheduleStrategy, Readonly<Record<string, true>>>> = {
  random: { strategy: true },
  pct: { strategy: true, depth: true, steps: true, patienceMs: true },
  pos: { strategy: true, patienceMs: true },
  delay: { strategy: true, delays: true, steps: true, patienceMs: true },
}

/** The schedule as options; throws a `ConfigurationError` for one that there is not, or that does not take what is given. */
export function checkSchedule(given: ScheduleStrategy | ScheduleOptions): ScheduleOptions {
  const options: unknown = typeof given === 'string' ? { strategy: given } : given
  const needed = `one of ${Object.keys(known).join(', ')}, or { strategy } with one of them`
  const isObject = typeof options === 'object' && options !== null && 'strategy' in options
  requireOption(isObject, 'schedule', needed, given)
  const { strategy } = options as ScheduleOptions
  requireOption(typeof strategy === 'string' && Object.hasOwn(known, strategy), 'schedule', needed, strategy)
  refuseUnknownOptions(`schedule '${strategy}'`, options as object, known[strategy])
  const { patienceMs = patienceMsDefault, depth, delays, steps } = options as Readonly<Record<string, any>>
  const isPatience = Number.isFinite(patienceMs) && patienceMs >= 0
  requireOption(isPatience, 'schedule.patienceMs', 'a number of milliseconds from 0', patienceMs)
  wholeNumber('depth', depth, 1, pointsMax)
  wholeNumber('delays', delays, 0, pointsMax)
  wholeNumber('steps', steps, 1)
  return options as ScheduleOptions
}

function wholeNumber(name: string, value: number | undefined, least: number, most = Number.MAX_SAFE_INTEGER): void {
  const isWhole = value === undefined || (Number.isSafeInteger(value) && value >= least && value <= most)
  const range = most === Number.MAX_SAFE_INTEGER ? `from ${least}` : `from ${least} to ${most}`
  requireOption(isWhole, `schedule.${name}`, `a whole number ${range}`, value)
}

/** The schedule that these options, once checked, ask for; `undefined`: the random one, which is the order of virtual time. */
export function scheduleOf(options: ScheduleOptions, random: RandomStream): BoundedSchedule | undefined {
  if (options.strategy === 'random') return undefined
  const { patienceMs = patienceMsDefault } = options
  return { schedule: chosen(options, random), patienceMs }
}

function chosen(options: Exclude<ScheduleOptions, { readonly strategy: 'random' }>, random: RandomStream): Schedule {
  switch (options.strategy) {
    case 'pct':
      return new PriorityChangePoints(random, options.depth ?? 3, stepsOf(options, random))
    case 'pos':
      return new PartialOrderSampling(random)
    case 'delay':
      return new DelayBounded(random, options.delays ?? 3, stepsOf(options, random))
  }
}

function stepsOf({ steps }: Steps, random: RandomStream): number {
  return steps ?? Math.floor(stepsMin * (stepsMax / stepsMin) ** random.float())
}
