/** The options that runs, campaigns and scenarios know, by name. */
import type { KnownOptions } from '@troupe/core/host'
import type { SimulateOptions } from './simulate.ts'
import type { SimulateManyOptions } from './simulate-many.ts'
import type { SimulationScenarioOptions } from './simulation-scenario.ts'

/** Those that a scenario and a campaign have as well. */
export const knownOfScenarioOptions: KnownOptions<SimulationScenarioOptions> = {
  nodes: true,
  faults: true,
  swarm: true,
  delivery: true,
  latency: true,
  schedule: true,
  services: true,
  placement: true,
  taskMs: true,
  eventsMax: true,
  virtualMsMax: true,
  metrics: true,
  askCyclesAfterMs: true,
  logLevel: true,
}

/** Those of a run. */
export const knownOfSimulate: KnownOptions<SimulateOptions> = {
  ...knownOfScenarioOptions,
  seed: true,
  trace: true,
  plan: true,
  record: true,
  branches: true,
  atStep: true,
}

/** Those of a campaign. */
export const knownOfSimulateMany: KnownOptions<SimulateManyOptions> = {
  ...knownOfScenarioOptions,
  seeds: true,
  failuresMax: true,
  twice: true,
}
