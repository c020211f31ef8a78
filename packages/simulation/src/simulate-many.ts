/** A campaign: the same program under many seeds, one after the other, and what came of it in all. */

import { ConfigurationError } from '@troupe/core'
import { refuseUnknownOptions, requireOption, shownValue } from '@troupe/core/host'
import { ClaimTally } from './claim-tally.ts'
import { type FaultKind, noFaults } from './fault-knobs.ts'
import { knownOfSimulateMany } from './known-simulation-options.ts'
import { underGuard } from './real-world-guard.ts'
import { type SimulateOptions, type SimulationProgram, simulate } from './simulate.ts'
import { simulateTwice } from './simulate-twice.ts'
import { SimulationFailure } from './simulation-errors.ts'

/** How a campaign is set up: as a run, with many seeds. */
export interface SimulateManyOptions
  extends Omit<SimulateOptions, 'seed' | 'trace' | 'plan' | 'record' | 'branches' | 'atStep'> {
  /** The seeds: whole numbers, or the first and the last of a range, as in `'1..200'`. */
  readonly seeds: string | readonly number[]
  /** The campaign ends after this many seeds have failed. Default: it goes through all. */
  readonly failuresMax?: number
  /**
   * Runs each seed twice, as {@link simulateTwice} does: one whose two runs differ fails with a `SimulationDivergedError`,
   * which names the first event that does. Default `false`.
   */
  readonly twice?: boolean
}

/** What a campaign found. */
export interface Campaign {
  /** Runs that took place. */
  readonly runs: number
  /** Those that failed, in the order of the seeds. */
  readonly failures: readonly SimulationFailure[]
  /** Steps and turns of the runs that went well. */
  readonly events: number
  readonly turns: number
  /** For each `sometimes` claim, how many of the runs reached it, those that failed included. */
  readonly seedsReached: Readonly<Record<string, number>>
  /** Faults injected in them, by kind, and in how many of them each kind was injected at all. */
  readonly injected: Readonly<Record<FaultKind, number>>
  readonly seedsInjected: Readonly<Record<FaultKind, number>>
  /** How often each fault point was reached in them, by name. */
  readonly faultPoints: Readonly<Record<string, number>>
}

/**
 * Runs `program` under each seed. Failed runs are collected. Rejects with a `VacuousCampaignError` when none failed and
 * none reached a `sometimes` claim, and with a `ConfigurationError` when an option is malformed.
 */
export async function simulateMany(options: SimulateManyOptions, program: SimulationProgram): Promise<Campaign> {
  refuseUnknownOptions('simulateMany', options, knownOfSimulateMany)
  const { seeds, failuresMax = Number.POSITIVE_INFINITY, twice = false, ...runOptions } = options
  const failures: SimulationFailure[] = []
  const injected = noFaults()
  const seedsInjected = noFaults()
  const faultPoints: Record<string, number> = {}
  const claims = new ClaimTally()
  const isLimit = typeof failuresMax === 'number' && failuresMax >= 1
  requireOption(isLimit, 'failuresMax', 'a number from 1, or Infinity', failuresMax)
  requireOption(typeof twice === 'boolean', 'twice', 'true or false', twice)
  let runs = 0
  let events = 0
  let turns = 0
  await underGuard(async () => {
    for (const seed of seedsOf(seeds)) {
      if (failures.length >= failuresMax) break
      runs++
      try {
        const run = await (twice ? simulateTwice : simulate)({ ...runOptions, seed }, program)
        claims.add(run.claims)
        events += run.events
        turns += run.turns
        for (const [kind, count] of Object.entries(run.injected) as [FaultKind, number][]) {
          injected[kind] += count
          if (count > 0) seedsInjected[kind]++
        }
        for (const [name, count] of Object.entries(run.faultPoints))
          faultPoints[name] = (faultPoints[name] ?? 0) + count
      } catch (error) {
        if (!(error instanceof SimulationFailure)) throw error
        claims.add(error.facts.claims)
        failures.push(error)
      }
    }
  })
  // A campaign of nothing would pass.
  if (runs === 0) throw new ConfigurationError(`a campaign needs at least one seed, got ${shownValue(seeds)}`)
  if (failures.length === 0) claims.check(runs)
  const { seedsReached } = claims
  return { runs, failures, events, turns, seedsReached, injected, seedsInjected, faultPoints }
}

/** The seeds of a list, or of a range such as `'1..200'`. Throws a `ConfigurationError` for anything else. */
export function seedsOf(seeds: string | readonly number[]): Iterable<number> {
  const range = typeof seeds === 'string' ? /^(\d+)\.\.(\d+)$/.exec(seeds) : null
  const areSeeds = range !== null || (Array.isArray(seeds) && seeds.every(Number.isSafeInteger))
  requireOption(areSeeds, 'seeds', "a list of whole numbers, or a range such as '1..200'", seeds)
  return range === null ? (seeds as readonly number[]) : wholeNumbers(Number(range[1]), Number(range[2]))
}

function* wholeNumbers(first: number, last: number): Iterable<number> {
  for (let seed = first; seed <= last; seed++) yield seed
}
