/** The search for a planted bug: seed after seed under the clean twin's plan, then the first failing seed once more. */
import { ConfigurationError } from '@troupe/core'
import { adviceFor } from '@troupe/core/host'
import type { Scenario, ScenarioFailure, ScenarioOptions } from '../scenario.ts'
import { scenarios } from '../scenarios.ts'

/** How to search. */
export interface BugSearch extends Omit<ScenarioOptions, 'bug'> {
  readonly seeds: readonly number[]
}

/** What a search found. */
export interface BugFinding {
  readonly bug: string
  readonly what: string
  /** Seeds tried, the failing one included. */
  readonly tried: number
  readonly first: (ScenarioFailure & { readonly seed: number }) | undefined
  /** True when the seed failed again at the same step, with the same hash. */
  readonly replayed: boolean
}

/** The scenario that the bug of that name is planted in. Throws a `ConfigurationError` that names the nearest, or lists the bugs. */
export function scenarioOfBug(bug: string): Scenario {
  for (const scenario of scenarios.values()) if (scenario.bugs.has(bug)) return scenario
  // Several scenarios may have a bug of the same name.
  const known = new Set([...scenarios.values()].flatMap(({ bugs }) => [...bugs.keys()]))
  const { nearest, advice } = adviceFor(bug, [...known])
  throw new ConfigurationError(`there is no planted bug '${bug}'; ${advice}`, { bug, nearest })
}

/** Searches for the bug of that name. */
export async function findBug(bug: string, { seeds, ...options }: BugSearch): Promise<BugFinding> {
  const scenario = scenarioOfBug(bug)
  const what = scenario.bugs.get(bug) as string
  const run = async (seed: number) => (await scenario.run(seed, { ...options, bug })).failure
  let tried = 0
  for (const seed of seeds) {
    tried++
    const failure = await run(seed)
    if (failure === undefined) continue
    const again = await run(seed)
    const replayed = again !== undefined && again.hash === failure.hash && again.step === failure.step
    return { bug, what, tried, first: { seed, ...failure }, replayed }
  }
  return { bug, what, tried, first: undefined, replayed: false }
}

/** The finding as lines of text. */
export function printFinding({ bug, what, tried, first, replayed }: BugFinding): string {
  if (first === undefined) return `${bug}: ${what}\nnot found in ${tried} ${tried === 1 ? 'seed' : 'seeds'}`
  const replay = replayed
    ? `run again, seed ${first.seed} failed at the same step ${first.step} with the same hash ${first.hash}`
    : `run again, seed ${first.seed} did not fail in the same way`
  return `${bug}: ${what}\nfound by seed ${first.seed}, after ${tried} ${tried === 1 ? 'seed' : 'seeds'}: ${first.what}\n${first.message}\n${replay}`
}
