/** What a thread does for a command: a few seeds of a scenario, or one mutant; the thread finds the scenario by its name. */
import { ConfigurationError, defineTask } from '@troupe/core'
import { judgeMutant, type MutantCase, type MutantResult } from '@troupe/simulation/mutation'
import type { Scenario, ScenarioOptions, ScenarioRun } from '../scenario.ts'
import { scenarioNamed } from '../scenarios.ts'

const module = import.meta.url

/** Some seeds of one scenario. */
export interface SeedsTask {
  readonly scenario: string
  readonly options: ScenarioOptions
  readonly seeds: readonly number[]
}

/** Runs the seeds one after the other. */
export const seedsTask = defineTask({
  name: 'seedsTask',
  module,
  async run({ scenario, options, seeds }: SeedsTask, { signal }): Promise<ScenarioRun[]> {
    const runs: ScenarioRun[] = []
    for (const seed of seeds) {
      signal.throwIfAborted()
      runs.push(await scenarioNamed(scenario).run(seed, options))
    }
    return runs
  },
})

/** One mutant of one scenario. */
export interface MutantTask {
  readonly scenario: string
  readonly options: Parameters<NonNullable<Scenario['mutation']>>[0]
  readonly mutant: MutantCase
}

/** Judges the mutant. */
export const mutantTask = defineTask({
  name: 'mutantTask',
  module,
  async run({ scenario, options, mutant }: MutantTask, { signal }): Promise<MutantResult> {
    const mutation = scenarioNamed(scenario).mutation?.(options)
    if (mutation === undefined) throw new ConfigurationError(`scenario ${scenario} is no subject of a mutation run`)
    const { subject } = mutation
    return await judgeMutant(subject, mutant, () => signal.throwIfAborted())
  },
})
