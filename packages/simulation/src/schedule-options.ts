/** How the schedule of a run is chosen, and what each kind of it takes. */
import { ConfigurationError, type RandomStream } from '@troupe/core'
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

/** The schedule that these options ask for; `undefined`: the random one, which is the order of virtual time. */
export function scheduleOf(
  options: ScheduleStrategy | ScheduleOptions,
  random: RandomStream,
): BoundedSchedule | undefined {
  const given = typeof options === 'string' ? ({ strategy: options } as ScheduleOptions) : options
  if (given.strategy === 'random') return undefined
  const { patienceMs = patienceMsDefault } = given
  if (!(patienceMs >= 0 && patienceMs < Number.POSITIVE_INFINITY)) {
    throw new ConfigurationError(`schedule.patienceMs must be a number from 0, got ${patienceMs}`)
  }
  return { schedule: chosen(given, random), patienceMs }
}

function chosen(options: Exclude<ScheduleOptions, { readonly strategy: 'random' }>, random: RandomStream): Schedule {
  switch (options.strategy) {
    case 'pct':
      return new PriorityChangePoints(random, points('depth', options.depth ?? 3, 1), stepsOf(options, random))
    case 'pos':
      return new PartialOrderSampling(random)
    case 'delay':
      return new DelayBounded(random, points('delays', options.delays ?? 3, 0), stepsOf(options, random))
    default: {
      const { strategy } = options as { readonly strategy: unknown }
      throw new ConfigurationError(`schedule must be random, pct, pos or delay, got ${String(strategy)}`)
    }
  }
}

function points(name: string, value: number, least: number): number {
  if (Number.isInteger(value) && value >= least && value <= pointsMax) return value
  throw new ConfigurationError(`schedule.${name} must be a whole number from ${least} to ${pointsMax}, got ${value}`)
}

function stepsOf({ steps }: Steps, random: RandomStream): number {
  if (steps === undefined) return Math.floor(stepsMin * (stepsMax / stepsMin) ** random.float())
  if (Number.isSafeInteger(steps) && steps >= 1) return steps
  throw new ConfigurationError(`schedule.steps must be a whole number from 1, got ${steps}`)
}
