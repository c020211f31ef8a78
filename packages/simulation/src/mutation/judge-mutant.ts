/** The judging of one mutant: it runs under the seeds of its clean twin until something tells the two apart. */
import { MutantVariation } from './mutant-variation.ts'
import { type Mutation, mutationName } from './mutation.ts'
import type { MutationRun, MutationSubject } from './mutation-subject.ts'
import { replacing } from './varied-definition.ts'

/** What became of one mutant. */
export type MutantResult = {
  readonly name: string
  readonly mutation: Mutation
  /** Seeds that it ran under, the one that killed it included. */
  readonly tried: number
} & (
  | {
      readonly verdict: 'killed'
      /** A run failed; a claim that the clean twin reaches was never reached; a checker's property does not hold. */
      readonly by: 'simulation' | 'claim' | 'checker'
      /** The property, check or claim. */
      readonly what: string
      /** The seed that killed it, where one did. */
      readonly seed: number | undefined
    }
  /** It is no mistake: see {@link MutantResult}'s `because`. Not counted in the rate. */
  | { readonly verdict: 'equivalent'; readonly because: Equivalence }
  | { readonly verdict: 'survived'; readonly explanation: string | undefined }
)

/**
 * Why a mutant that no run killed is no mistake. `unreached`: no run came to what is mutated; `no-effect`: whenever one
 * did, the turn had the same effects and left the same state; `in-plan`: the network does the same to this message under
 * the same plan, and the clean twin passes.
 */
export type Equivalence = 'unreached' | 'no-effect' | 'in-plan'

/** A claim counts when the clean twin reaches it in as many seeds: one that it hardly reaches says nothing. */
const claimSeedsMin = 5

/** What the clean twin did under all seeds. */
export interface CleanRuns {
  readonly failures: readonly { readonly seed: number; readonly what: string; readonly message: string }[]
  readonly violation: string | undefined
  /** For each claim, in how many seeds it was reached. */
  readonly claims: ReadonlyMap<string, number>
  readonly duplicated: ReadonlySet<string>
  readonly reordered: ReadonlySet<string>
}

/** What judging one mutant takes beside the subject: plain data, which may be sent to another thread. */
export interface MutantCase {
  readonly mutation: Mutation
  readonly clean: CleanRuns
  readonly seeds: readonly number[]
}

/** Counts the claims that a run reached. */
export function tally(claims: Map<string, number>, run: MutationRun): void {
  for (const [claim, reached] of Object.entries(run.claims)) {
    claims.set(claim, (claims.get(claim) ?? 0) + (reached ? 1 : 0))
  }
}

/** Runs one mutant until something tells it from its clean twin; `onSeed` is called after each run. */
export async function judgeMutant(
  subject: MutationSubject,
  { mutation, clean, seeds }: MutantCase,
  onSeed: (seed: number) => void = () => {},
): Promise<MutantResult> {
  const variation = new MutantVariation(mutation)
  const replace = replacing(variation)
  const about = { name: mutationName(mutation), mutation }
  const claims = new Map<string, number>()
  let tried = 0
  for (const seed of seeds) {
    tried++
    const run = await subject.run(seed, replace)
    onSeed(seed)
    tally(claims, run)
    if (run.failure === undefined) continue
    return { ...about, tried, verdict: 'killed', by: 'simulation', what: run.failure.what, seed }
  }
  const unreached = [...clean.claims].find(([claim, count]) => count >= claimSeedsMin && !claims.get(claim))
  if (unreached !== undefined) {
    return { ...about, tried, verdict: 'killed', by: 'claim', what: unreached[0], seed: undefined }
  }
  const violated = checkedBy(subject, mutation)
  if (violated !== undefined) {
    return { ...about, tried, verdict: 'killed', by: 'checker', what: violated, seed: undefined }
  }
  const because = equivalence(mutation, variation, clean)
  if (because !== undefined) return { ...about, tried, verdict: 'equivalent', because }
  return { ...about, tried, verdict: 'survived', explanation: undefined }
}

/** A variation of its own: a search reaches turns that no run does. */
function checkedBy(subject: MutationSubject, mutation: Mutation): string | undefined {
  return subject.check?.(replacing(new MutantVariation(mutation)))
}

function equivalence(mutation: Mutation, variation: MutantVariation, clean: CleanRuns): Equivalence | undefined {
  if (!variation.reached) return 'unreached'
  if (!variation.differed) return 'no-effect'
  if (mutation.operator === 'deliver-twice' && clean.duplicated.has(mutation.turn)) return 'in-plan'
  if (mutation.operator !== 'swap-sends') return undefined
  return clean.reordered.has(mutation.first) && clean.reordered.has(mutation.second) ? 'in-plan' : undefined
}
