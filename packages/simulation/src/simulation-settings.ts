/** The options of a run with every default filled in, and what may be done at a step of it. */
import { ConfigurationError, type LogLevel, type PlacementPolicies, type ServiceImplementations } from '@troupe/core'
import type { Delivery, FaultKnobs } from './fault-knobs.ts'
import type { FaultPointKnobs } from './fault-points.ts'
import type { NetworkLatency } from './latency.ts'
import type { RunPlan } from './run-plan.ts'
import type { ScheduleOptions, ScheduleStrategy } from './schedule-options.ts'
import type { SimulatedWorld } from './simulated-world.ts'

/** Where a run goes on with other choices than its seed's. */
export interface Branch {
  /** The step after which it does. */
  readonly afterStep: number
  /** All random streams are those of this seed from then on, and chance decides what goes wrong. */
  readonly seed: number
  /** The plan goes on to say what goes wrong, and only the streams change: how a branch is run again. Default `false`. */
  readonly isPlanned?: boolean
}

/** What is called at a step. */
export interface StepCall {
  /** Called once this many steps were taken, or at the run's end if it is shorter. */
  readonly step: number
  /** `'stop'` ends the run there, as one that went well. */
  call(world: SimulatedWorld): 'stop' | 'go on'
}

/** The options of a run, with every default filled in. */
export interface SimulationSettings {
  readonly seed: number
  readonly nodes: readonly string[]
  readonly knobs: FaultKnobs
  readonly points: FaultPointKnobs
  readonly swarm: boolean
  readonly delivery: Delivery
  readonly latency: NetworkLatency
  readonly schedule: ScheduleStrategy | ScheduleOptions
  readonly services: ServiceImplementations | ((world: SimulatedWorld) => ServiceImplementations)
  readonly placement: PlacementPolicies
  readonly taskMs: number
  readonly eventsMax: number
  readonly virtualMsMax: number
  readonly keepsTrace: boolean
  readonly keepsStates: boolean
  readonly metrics: boolean
  readonly logLevel: LogLevel
  readonly askCyclesAfterMs: number
  readonly plan: RunPlan | undefined
  readonly records: boolean
  readonly branches: readonly Branch[]
  readonly atStep: StepCall | undefined
}

/** The branches as they were given; throws a `ConfigurationError` when they are malformed. */
export function checkBranches(branches: readonly Branch[]): readonly Branch[] {
  if (!Array.isArray(branches)) throw new ConfigurationError('branches must be a list')
  let last = 0
  for (const { afterStep, seed } of branches) {
    if (!Number.isSafeInteger(afterStep) || afterStep < last || !Number.isSafeInteger(seed)) {
      throw new ConfigurationError(
        `a branch needs a step from 0, none before that of the branch before, and a seed, whole numbers; got ${afterStep} and ${seed}`,
      )
    }
    last = afterStep
  }
  return branches
}
