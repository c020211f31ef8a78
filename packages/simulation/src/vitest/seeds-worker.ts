/** What one thread does of a campaign: a few seeds of a scenario that it finds by itself. Run by Piscina. */

import { type FaultKind, noFaults } from '../fault-knobs.ts'
import type { Claims } from '../properties.ts'
import { underGuard } from '../real-world-guard.ts'
import { runScenario, type SavedProgram } from '../saved-run.ts'
import { loadScenario } from '../saved-run-file.ts'
import { simulate } from '../simulate.ts'
import { SimulationDivergedError, simulateTwice } from '../simulate-twice.ts'
import { SimulationFailure } from '../simulation-errors.ts'
import type { SimulationScenario, SimulationScenarioOptions } from '../simulation-scenario.ts'
import { collectTest } from './test-collector.ts'

/** A few seeds and what to run under each. */
export interface SeedsTask {
  readonly program: SavedProgram
  readonly options: SimulationScenarioOptions
  readonly seeds: readonly number[]
  /** Whether each seed is run twice. */
  readonly twice: boolean
  /** The URL of the test's file, for a program that is a function there. */
  readonly testFile?: string
}

/** What came of them; seeds after one that failed were not run. */
export interface SeedsResult {
  readonly runs: number
  readonly events: number
  readonly injected: Readonly<Record<FaultKind, number>>
  /** The claims of each run. */
  readonly claims: readonly Claims[]
  /** The hash of the last run. */
  readonly hash: string
  readonly failedSeed?: number
  /** Where its two runs differ, when that is how it failed. */
  readonly divergence?: string
}

/** Runs the seeds one after the other until one fails. */
export async function runSeeds(
  scenario: SimulationScenario,
  { program, options, seeds, twice }: Omit<SeedsTask, 'testFile'>,
  onRun?: (events: number) => void,
): Promise<SeedsResult> {
  const simulated = twice ? simulateTwice : simulate
  const injected = noFaults()
  const claims: Claims[] = []
  let runs = 0
  let events = 0
  let hash = ''
  return await underGuard(async () => {
    for (const seed of seeds) {
      runs++
      try {
        const run = await runScenario(scenario, { ...options, seed }, program.parameters, simulated)
        events += run.events
        hash = run.hash
        claims.push(run.claims)
        for (const kind of Object.keys(injected) as FaultKind[]) injected[kind] += run.injected[kind]
        onRun?.(run.events)
      } catch (error) {
        if (!(error instanceof SimulationFailure)) throw error
        claims.push(error.facts.claims)
        const divergence = error instanceof SimulationDivergedError ? { divergence: error.message } : {}
        return { runs, events, injected, claims, hash: error.facts.hash, failedSeed: seed, ...divergence }
      }
    }
    return { runs, events, injected, claims, hash }
  })
}

/** By file and name: a file is imported once. */
const collected = new Map<string, Promise<SimulationScenario>>()

async function scenarioOf({ program, testFile }: SeedsTask): Promise<SimulationScenario> {
  if (testFile === undefined) return await loadScenario(program)
  const name = program.test?.name ?? ''
  const key = `${testFile} ${name}`
  const scenario = collected.get(key) ?? collectTest(testFile, name)
  collected.set(key, scenario)
  return await scenario
}

export default async (task: SeedsTask): Promise<SeedsResult> => runSeeds(await scenarioOf(task), task)
