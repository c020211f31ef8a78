/** How long the run that finds a planted bug is, and how long the shortest is that shrinking comes to. */
import { saveFailure, shrink } from '@troupe/simulation'
import { type Scenario, type ScenarioOptions, scenarioRunOf } from '../scenario.ts'

/** Before and after shrinking. */
export interface BugShrinking {
  readonly seed: number
  /** Steps until the failure. */
  readonly events: { readonly before: number; readonly after: number }
  /** Faults that struck, of all kinds. */
  readonly faults: { readonly before: number; readonly after: number }
  /** Runs that it took. */
  readonly runs: number
}

/** Shrinks the run of a seed that failed, in at most `runsMax` runs. */
export async function shrinkBug(
  scenario: Scenario,
  seed: number,
  options: ScenarioOptions,
  runsMax: number,
): Promise<BugShrinking> {
  const found = await saveFailure(scenario.simulation, scenarioRunOf(scenario, seed, options))
  if (found === undefined) throw new Error(`${scenario.name}: seed ${seed} failed, and not when it was run again`)
  const { before, after, runs } = await shrink(found.saved, scenario.simulation, { runsMax })
  return {
    seed,
    events: { before: before.events, after: after.events },
    faults: { before: before.faults, after: after.faults },
    runs,
  }
}
