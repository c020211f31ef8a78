/**
 * `@troupe/simulation/vitest`: a test of Vitest that is a campaign.
 *
 * ```ts
 * simulationTest('no deposit counts twice', { seeds: 200, nodes: 5, faults: 'all' }, async (world) => {
 *   ...
 * })
 * ```
 *
 * It ends at the first failing seed, shrinks its run, saves it under `.troupe/` and fails with a text that has it in words.
 * Seeds are spread over threads, which import the test's file by themselves, or the module of a program that is not in the
 * test (`{ program: new URL('./transfers.ts', import.meta.url) }`); where Node cannot import it, they run in one thread.
 */
import { type TestContext, test } from 'vitest'
import type { ScenarioParameters } from '../simulation-scenario.ts'
import {
  runSimulationTest,
  type SimulationTestOptions,
  type SimulationTestProgram,
  scenarioOfTest,
} from './simulation-test.ts'
import { currentCollector } from './test-collector.ts'

export { SimulationTestError, type SimulationTestOptions, type SimulationTestProgram } from './simulation-test.ts'

const timeoutMsDefault = 600_000

/**
 * A test that runs a program under many seeds. The environment's `TROUPE_SEED` (one seed, or a range) replaces the test's
 * seeds; with `TROUPE_REPLAY`, the file of a saved run, the test that it is from replays it, and all others are skipped.
 */
export function simulationTest<Parameters extends ScenarioParameters>(
  name: string,
  options: SimulationTestOptions<Parameters>,
  run?: SimulationTestProgram<Parameters>,
): void {
  const collect = currentCollector()
  if (collect !== undefined) {
    collect(name, () => run && scenarioOfTest(options, run))
    return
  }
  test(name, { timeout: options?.timeoutMs ?? timeoutMsDefault }, async (context) => {
    const { TROUPE_SEED, TROUPE_REPLAY } = process.env
    const place = {
      name: fullName(context),
      file: context.task.file.filepath,
      environment: { TROUPE_SEED, TROUPE_REPLAY },
      print: (line: string) => console.log(line),
    }
    const outcome = await runSimulationTest(place, options, run)
    if (outcome === undefined) context.skip('the saved run is not of this test')
  })
}

function fullName({ task }: TestContext): string {
  const names = [task.name]
  for (let { suite } = task; suite !== undefined; suite = suite.suite) names.unshift(suite.name)
  return names.join(' ')
}
