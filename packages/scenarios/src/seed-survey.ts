/** How many seeds a search takes until one fails, when it begins anywhere. */
import type { ScenarioFailure } from './scenario.ts'

/** What many seeds of one program came to. */
export interface SeedSurvey {
  readonly seeds: number
  /** Seeds that failed. */
  readonly found: number
  /** The first of them. */
  readonly first: number | undefined
  /** Seeds from one that failed to the next, that one included: the median and the 95th percentile. */
  readonly seedsMedian: number | undefined
  readonly seedsP95: number | undefined
  /** How many seeds failed for which reason, the most frequent first. */
  readonly reasons: Readonly<Record<string, number>>
}

/** Runs every seed, whatever the program, and says how far apart those are that fail. */
export async function surveySeeds(
  seeds: readonly number[],
  run: (seed: number) => Promise<{ readonly failure: Pick<ScenarioFailure, 'what'> | undefined }>,
): Promise<SeedSurvey> {
  const needed: number[] = []
  const reasons = new Map<string, number>()
  let first: number | undefined
  let tried = 0
  for (const seed of seeds) {
    tried++
    const { failure } = await run(seed)
    if (failure === undefined) continue
    reasons.set(failure.what, (reasons.get(failure.what) ?? 0) + 1)
    first ??= seed
    needed.push(tried)
    tried = 0
  }
  needed.sort((left, right) => left - right)
  const quantile = (part: number) => needed[Math.ceil(part * needed.length) - 1]
  return {
    seeds: seeds.length,
    found: needed.length,
    first,
    seedsMedian: quantile(0.5),
    seedsP95: quantile(0.95),
    reasons: Object.fromEntries([...reasons].sort(([, left], [, right]) => right - left)),
  }
}
