/** What every simulated scenario is, whichever protocol it runs: a program under one seed, with faults and planted bugs. */
import type { FaultKnobs, RunToSave, SimulationScenario } from '@troupe/simulation'

/** One program in a simulated cluster, to be run under many seeds. */
export interface Scenario {
  readonly name: string
  /** What it runs, in one sentence. */
  readonly what: string
  /** How many nodes it takes. */
  readonly nodes: { readonly default: number; readonly min: number; readonly max: number }
  /** The mistakes that can be planted, by name, with what is wrong. */
  readonly bugs: ReadonlyMap<string, string>
  /** The same as a program that is saved, replayed and shrunk; parameter `bug` is the planted mistake, or null. */
  readonly simulation: SimulationScenario<{ readonly bug: string | null }>
  /**
   * One run; equal arguments give equal runs. A run that fails is a result. Throws a `ConfigurationError` for options
   * that it does not take.
   */
  run(seed: number, options?: ScenarioOptions): Promise<ScenarioRun>
}

/** How a scenario is run, beside its seed. */
export interface ScenarioOptions {
  /** Nodes. Default: the scenario's. */
  readonly nodes?: number
  /** The largest strength of each fault. Default: the scenario's own plan. */
  readonly faults?: FaultKnobs
  /** The planted mistake. Default: none. */
  readonly bug?: string
}

/** What became of one run. */
export interface ScenarioRun {
  readonly seed: number
  /** Steps taken. */
  readonly events: number
  /** Virtual milliseconds that passed, until the failure if there was one. */
  readonly virtualMs: number
  readonly failure: ScenarioFailure | undefined
}

/** Why a run failed. Two failures are the same when hash and step are. */
export interface ScenarioFailure {
  /** The invariant that was broken, or `progress` and the like. */
  readonly what: string
  /** Seed, time, step, reason and the last events. */
  readonly message: string
  readonly step: number
  readonly hash: string
}

/** What saves, or runs again, the scenario under this seed and these options. */
export function scenarioRunOf({ name }: Scenario, seed: number, options: ScenarioOptions = {}): RunToSave {
  const { bug, ...others } = options
  return { seed, options: others, parameters: bug === undefined ? {} : { bug }, program: { scenario: name } }
}
