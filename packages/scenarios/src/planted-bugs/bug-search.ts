/** The search for a planted bug: seed after seed under the clean twin's plan, then the first failing seed once more. */
import type { PaxosInvariant } from '@troupe/consensus'
import { type PaxosScenario, runPaxos } from '../consensus/paxos-scenario.ts'
import type { ScenarioFailure } from '../scenario.ts'
import { type PaxosBugName, paxosBugs } from './paxos-bugs.ts'

/** How to search. */
export interface BugSearch {
  readonly seeds: readonly number[]
  readonly nodes?: number
  /** Asserts nothing but that at most one value is chosen and that what is learned is that value. */
  readonly agreementOnly?: boolean
  /** Called after each seed. */
  readonly onSeed?: (seed: number) => void
}

/** What a search found. */
export interface BugFinding {
  readonly bug: PaxosBugName
  readonly what: string
  /** Seeds tried, the failing one included. */
  readonly tried: number
  readonly first: (ScenarioFailure & { readonly seed: number }) | undefined
  /** True when the seed failed again at the same step, with the same hash. */
  readonly replayed: boolean
}

const agreement: readonly PaxosInvariant[] = ['at most one value is chosen', 'learned implies chosen']

/** Searches for the bug of that name. */
export async function findBug(bug: PaxosBugName, search: BugSearch): Promise<BugFinding> {
  const { what } = paxosBugs[bug]
  const scenario = scenarioOf(bug, search)
  let tried = 0
  for (const seed of search.seeds) {
    tried++
    const { failure } = await runPaxos(seed, scenario)
    search.onSeed?.(seed)
    if (failure === undefined) continue
    const again = (await runPaxos(seed, scenario)).failure
    const replayed = again !== undefined && again.hash === failure.hash && again.step === failure.step
    return { bug, what, tried, first: { seed, ...failure }, replayed }
  }
  return { bug, what, tried, first: undefined, replayed: false }
}

/** How many seeds a search takes when it begins anywhere. */
export interface SeedsSurvey {
  readonly seeds: number
  /** Seeds that failed. */
  readonly found: number
  /** Seeds from one that failed to the next, that one included: the median and the 95th percentile. */
  readonly seedsMedian: number | undefined
  readonly seedsP95: number | undefined
}

/** How many seeds a search for a bug takes. */
export interface BugSurvey extends SeedsSurvey {
  readonly bug: PaxosBugName
}

/** Goes through all seeds with the bug of that name. */
export async function surveyBug(bug: PaxosBugName, search: BugSearch): Promise<BugSurvey> {
  const scenario = scenarioOf(bug, search)
  return { bug, ...(await surveySeeds((seed) => runPaxos(seed, scenario), search)) }
}

/** Runs every seed, whatever the scenario, and says how far apart those are that fail. */
export async function surveySeeds(
  run: (seed: number) => Promise<{ readonly failure: ScenarioFailure | undefined }>,
  { seeds, onSeed }: Pick<BugSearch, 'seeds' | 'onSeed'>,
): Promise<SeedsSurvey> {
  const needed: number[] = []
  let tried = 0
  for (const seed of seeds) {
    tried++
    const { failure } = await run(seed)
    onSeed?.(seed)
    if (failure === undefined) continue
    needed.push(tried)
    tried = 0
  }
  needed.sort((left, right) => left - right)
  const quantile = (part: number) => needed[Math.ceil(part * needed.length) - 1]
  return { seeds: seeds.length, found: needed.length, seedsMedian: quantile(0.5), seedsP95: quantile(0.95) }
}

function scenarioOf(bug: PaxosBugName, { nodes, agreementOnly = false }: BugSearch): PaxosScenario {
  return {
    definitions: paxosBugs[bug].definitions,
    ...(nodes === undefined ? {} : { nodes }),
    ...(agreementOnly ? { invariants: agreement } : {}),
  }
}

/** The finding as lines of text. */
export function printFinding({ bug, what, tried, first, replayed }: BugFinding): string {
  if (first === undefined) return `${bug}: ${what}\nnot found in ${tried} seeds`
  const replay = replayed
    ? `run again, seed ${first.seed} failed at the same step ${first.step} with the same hash ${first.hash}`
    : `run again, seed ${first.seed} did not fail in the same way`
  return `${bug}: ${what}\nfound by seed ${first.seed}, after ${tried} seeds: ${first.what}\n${first.message}\n${replay}`
}
