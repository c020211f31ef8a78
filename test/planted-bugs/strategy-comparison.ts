/** Which schedule finds a planted bug with how many seeds: every seed of a range, under the plan of the clean twin. */
import {
  type PaxosBugName,
  paxosBugs,
  runPaxos,
  type ScenarioFailure,
  type SeedsSurvey,
  surveySeeds,
} from '@troupe/scenarios'
import { type ScheduleStrategy, SimulationFailure, simulate } from '@troupe/simulation'
import { type OrderBugName, orderBugs } from './order-bugs.ts'

/** The schedules that are compared. */
export const strategies: readonly ScheduleStrategy[] = ['random', 'pct', 'pos', 'delay']

/** The name of a planted bug. */
export type BugName = OrderBugName | PaxosBugName

/** All planted bugs, those of order first. */
export const bugNames = [...Object.keys(orderBugs), ...Object.keys(paxosBugs)] as readonly BugName[]

/** How well one schedule finds one bug. */
export interface StrategyFigures extends SeedsSurvey {
  readonly bug: BugName
  readonly strategy: ScheduleStrategy
}

/** The run of that seed with the bug, or of its twin without it; it failed if it found something. */
export async function run(
  bug: BugName,
  strategy: ScheduleStrategy,
  seed: number,
  isTwin = false,
): Promise<{ readonly failure: ScenarioFailure | undefined }> {
  if (bug in paxosBugs) {
    const planted = isTwin ? {} : { definitions: paxosBugs[bug as PaxosBugName].definitions }
    return runPaxos(seed, { schedule: strategy, ...planted })
  }
  const { nodes, program } = orderBugs[bug as OrderBugName]
  try {
    await simulate({ seed, nodes, schedule: strategy }, program(isTwin))
    return { failure: undefined }
  } catch (error) {
    // What is not a check of the program is a mistake of the test and not the planted one.
    if (!(error instanceof SimulationFailure) || error.facts.reason !== 'check') throw error
    const { step, hash, reason } = error.facts
    return { failure: { what: reason, message: error.message, step, hash } }
  }
}

/** The figures of one bug under one schedule. */
export async function figuresOf(
  bug: BugName,
  strategy: ScheduleStrategy,
  seeds: readonly number[],
): Promise<StrategyFigures> {
  return { bug, strategy, ...(await surveySeeds((seed) => run(bug, strategy, seed), { seeds })) }
}

/** A row of the table. */
export function printRow({ bug, strategy, seeds, found, seedsMedian, seedsP95 }: StrategyFigures): string {
  const cells = [`${found}/${seeds}`, String(seedsMedian ?? '-'), String(seedsP95 ?? '-')]
  return [bug.padEnd(22), strategy.padEnd(8), ...cells.map((cell) => cell.padStart(9))].join('')
}

/** The line above the rows. */
export const heading = [
  'bug'.padEnd(22),
  'schedule',
  ...['found', 'median', 'p95'].map((cell) => cell.padStart(9)),
].join('')
