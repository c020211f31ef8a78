/** Which schedule finds a planted bug with how many seeds: every seed of a range, under the plan of the clean twin. */

import { type PaxosBugName, paxosBugs, runPaxos, seedsToFind } from '@troupe/scenarios'
import { type ScheduleStrategy, SimulationFailure, simulate } from '@troupe/simulation'
import { type OrderBugName, orderBugs } from './order-bugs.ts'

/** The schedules that are compared. */
export const strategies: readonly ScheduleStrategy[] = ['random', 'pct', 'pos', 'delay']

/** The name of a planted bug. */
export type BugName = OrderBugName | PaxosBugName

/** All planted bugs, those of order first. */
export const bugNames = [...Object.keys(orderBugs), ...Object.keys(paxosBugs)] as readonly BugName[]

/** How well one schedule finds one bug. */
export interface StrategyFigures {
  readonly bug: BugName
  readonly strategy: ScheduleStrategy
  readonly seeds: number
  /** Seeds that found it. */
  readonly found: number
  /** Seeds from one that found it to the next, that one included; `undefined` when none did. */
  readonly seedsMedian: number | undefined
  readonly seedsP95: number | undefined
}

/** True when the run of that seed found the bug; of a twin, that it failed. */
export async function finds(bug: BugName, strategy: ScheduleStrategy, seed: number, isTwin = false): Promise<boolean> {
  if (bug in paxosBugs) {
    const planted = isTwin ? {} : { definitions: paxosBugs[bug as PaxosBugName].definitions }
    return (await runPaxos(seed, { schedule: strategy, ...planted })).failure !== undefined
  }
  const { nodes, program } = orderBugs[bug as OrderBugName]
  try {
    await simulate({ seed, nodes, schedule: strategy }, program(isTwin))
    return false
  } catch (error) {
    // What is not a check of the program is a mistake of the test and not the planted one.
    if (error instanceof SimulationFailure && error.facts.reason === 'check') return true
    throw error
  }
}

/** The figures of one bug under one schedule. */
export async function figuresOf(
  bug: BugName,
  strategy: ScheduleStrategy,
  seeds: readonly number[],
): Promise<StrategyFigures> {
  return { bug, strategy, seeds: seeds.length, ...(await seedsToFind(seeds, (seed) => finds(bug, strategy, seed))) }
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
