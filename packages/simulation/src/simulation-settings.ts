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
  readonly branch: Branch | undefined
  readonly atStep: StepCall | undefined
}

/** The branch as it was given; throws a `ConfigurationError` when it is malformed. */
export function checkBranch(branch: Branch | undefined): Branch | undefined {
  if (branch === undefined) return undefined
  const { afterStep, seed } = branch
  if (Number.isSafeInteger(afterStep) && afterStep >= 0 && Number.isSafeInteger(seed)) return branch
  throw new ConfigurationError(`a branch needs a step from 0 and a seed, whole numbers, got ${afterStep} and ${seed}`)
}
