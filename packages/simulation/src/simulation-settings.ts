/** The options of a run with every default filled in, and what may be done at a step of it. */
import {
  ConfigurationError,
  type LogLevel,
  mainNode,
  type PlacementPolicies,
  type ServiceImplementations,
} from '@troupe/core'
import {
  askCyclesAfterMsDefault,
  logSeverity,
  refuseUnknownOptions,
  requireOption,
  shownValue,
} from '@troupe/core/host'
import { type Delivery, type FaultKnobs, knobsOf } from './fault-knobs.ts'
import { checkPoints, type FaultPointKnobs } from './fault-points.ts'
import { knownOfSimulate } from './known-simulation-options.ts'
import { checkLatency, type NetworkLatency } from './latency.ts'
import { checkPlan, type RunPlan } from './run-plan.ts'
import { checkSchedule, type ScheduleOptions } from './schedule-options.ts'
import type { SimulateOptions } from './simulate.ts'
import type { SimulatedWorld } from './simulated-world.ts'

/** Nodes of one run, at most. */
const nodesMax = 1_000

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
  readonly schedule: ScheduleOptions
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

/** The options with every default filled in; throws a `ConfigurationError` that names the first that is malformed. */
export function settingsOf(options: SimulateOptions): SimulationSettings {
  refuseUnknownOptions('simulate', options, knownOfSimulate)
  const {
    seed,
    nodes = 1,
    delivery = 'promised',
    swarm = true,
    latency = { minMs: 0.2, meanMs: 1 },
    schedule = 'random',
    services = {},
    placement = {},
    taskMs = 0,
    eventsMax = 5_000_000,
    virtualMsMax = 600_000,
    askCyclesAfterMs = askCyclesAfterMsDefault,
    metrics = false,
    logLevel = 'debug',
    trace = false,
    record: records = false,
    faults = {},
    atStep,
  } = options
  requireOption(Number.isSafeInteger(seed), 'seed', 'a whole number', seed)
  requireOption(Number.isFinite(taskMs) && taskMs >= 0, 'taskMs', 'a number from 0', taskMs)
  for (const [option, value] of Object.entries({ eventsMax, virtualMsMax, askCyclesAfterMs })) {
    requireOption(typeof value === 'number' && value > 0, option, 'a number above 0, or Infinity', value)
  }
  for (const [option, value] of Object.entries({ swarm, metrics, record: records })) {
    requireOption(typeof value === 'boolean', option, 'true or false', value)
  }
  requireOption(
    Object.hasOwn(logSeverity, logLevel),
    'logLevel',
    `one of ${Object.keys(logSeverity).join(', ')}`,
    logLevel,
  )
  const isServices = typeof services === 'function' || (typeof services === 'object' && services !== null)
  requireOption(isServices, 'services', 'an object of services by name, or a function that gives one', services)
  requireOption(typeof placement === 'object' && placement !== null, 'placement', 'policies by name', placement)
  if (typeof trace !== 'boolean') refuseUnknownOptions('trace', trace, { states: true })
  if (atStep !== undefined) {
    const isCall = Number.isSafeInteger(atStep?.step) && typeof atStep?.call === 'function'
    requireOption(isCall, 'atStep', '{ step, call }: a whole number and a function', atStep)
  }
  const isFaults = faults === 'all' || (typeof faults === 'object' && faults !== null && !Array.isArray(faults))
  requireOption(isFaults, 'faults', "'all' or an object of strengths by kind", faults)
  const { points = {}, ...knobs } = faults === 'all' ? {} : faults
  return {
    seed,
    nodes: namesOf(nodes),
    knobs: knobsOf(faults === 'all' ? 'all' : knobs, delivery),
    points: checkPoints(points),
    swarm,
    delivery,
    latency: checkLatency(latency),
    schedule: checkSchedule(schedule),
    services,
    placement,
    taskMs,
    eventsMax,
    virtualMsMax,
    keepsTrace: trace !== false,
    keepsStates: typeof trace === 'object' && trace.states === true,
    metrics,
    logLevel,
    askCyclesAfterMs,
    plan: options.plan === undefined ? undefined : checkPlan(options.plan),
    records,
    branches: checkBranches(options.branches ?? []),
    atStep,
  }
}

function namesOf(nodes: number | readonly string[]): readonly string[] {
  const needed = `a whole number from 1 to ${nodesMax}, or a list of different names other than '${mainNode}'`
  const isCount = Number.isInteger(nodes) && (nodes as number) >= 1 && (nodes as number) <= nodesMax
  requireOption(isCount || Array.isArray(nodes), 'nodes', needed, nodes)
  const names = Array.isArray(nodes)
    ? nodes
    : Array.from({ length: nodes as number }, (_, index) => `node-${index + 1}`)
  const isValid = (name: unknown) => typeof name === 'string' && /^[\w.-]{1,100}$/.test(name) && name !== mainNode
  const areDifferent = new Set(names).size === names.length && names.length >= 1 && names.length <= nodesMax
  requireOption(areDifferent && names.every(isValid), 'nodes', needed, nodes)
  return names.map(internalized)
}

/** The same text as the one that the platform keeps of its kind: such are compared by their addresses. */
function internalized(name: string): string {
  return Object.keys({ [name]: undefined })[0] as string
}

/** The branches as they were given; throws a `ConfigurationError` when they are malformed. */
export function checkBranches(branches: readonly Branch[]): readonly Branch[] {
  requireOption(Array.isArray(branches), 'branches', 'a list of { afterStep, seed }', branches)
  let last = 0
  for (const { afterStep, seed } of branches) {
    if (!Number.isSafeInteger(afterStep) || afterStep < last || !Number.isSafeInteger(seed)) {
      throw new ConfigurationError(
        `a branch needs a step from 0, none before that of the branch before, and a seed, whole numbers; got ${shownValue(afterStep)} and ${shownValue(seed)}`,
      )
    }
    last = afterStep
  }
  return branches
}
