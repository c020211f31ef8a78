/** What one thread does of a campaign: a few seeds of a scenario that its module exports. Run by Piscina. */
import { type FaultKind, noFaults } from '../fault-knobs.ts'
import { runScenario, type SavedProgram } from '../saved-run.ts'
import { loadScenario } from '../saved-run-file.ts'
import { SimulationFailure } from '../simulation-errors.ts'
import type { SimulationScenario, SimulationScenarioOptions } from '../simulation-scenario.ts'

/** A few seeds and what to run under each. */
export interface SeedsTask {
  readonly program: SavedProgram
  readonly options: SimulationScenarioOptions
  readonly seeds: readonly number[]
}

/** What came of them; seeds after one that failed were not run. */
export interface SeedsResult {
  readonly runs: number
  readonly events: number
  readonly injected: Readonly<Record<FaultKind, number>>
  readonly failedSeed?: number
}

/** Runs the seeds one after the other until one fails. */
export async function runSeeds(
  scenario: SimulationScenario,
  { program, options, seeds }: SeedsTask,
  onRun?: (events: number) => void,
): Promise<SeedsResult> {
  const injected = noFaults()
  let runs = 0
  let events = 0
  for (const seed of seeds) {
    runs++
    try {
      const run = await runScenario(scenario, { ...options, seed }, program.parameters)
      events += run.events
      for (const kind of Object.keys(injected) as FaultKind[]) injected[kind] += run.injected[kind]
      onRun?.(run.events)
    } catch (error) {
      if (!(error instanceof SimulationFailure)) throw error
      return { runs, events, injected, failedSeed: seed }
    }
  }
  return { runs, events, injected }
}

export default async (task: SeedsTask): Promise<SeedsResult> => runSeeds(await loadScenario(task.program), task)
