/**
 * A mutation run: how many of the mistakes that could have been made in a program's definitions its properties would
 * notice. The clean twin runs under every seed first; it has to pass, and where definitions can be mutated is found by
 * watching it. Then each mutant runs under the same seeds, plan and knobs until one of them fails.
 */

import { type ActorDefinition, ConfigurationError } from '@troupe/core'
import { type KnownOptions, refuseUnknownOptions } from '@troupe/core/host'
import { seedsOf } from '../simulate-many.ts'
import { type CleanRuns, judgeMutant, type MutantCase, type MutantResult, tally } from './judge-mutant.ts'
import { type Mutation, type MutationOperator, mutationName } from './mutation.ts'
import { MutationPoints } from './mutation-points.ts'
import { type CleanTwin, comparedSeeds, MutationRecord } from './mutation-record.ts'
import type { MutationSubject } from './mutation-subject.ts'
import { replacing } from './varied-definition.ts'

/** How a mutation run is set up. */
export interface MutateOptions {
  /** The seeds: whole numbers, or the first and the last of a range, as in `'1..200'`. */
  readonly seeds: string | readonly number[]
  /** The definitions to mutate, or their names. Default: all that are spawned. */
  readonly definitions?: readonly (ActorDefinition<any, any> | string)[]
  /** The kinds of mistake. Default: all. */
  readonly operators?: readonly MutationOperator[]
  /** Only the mutants with one of these names; one that is not found is a `ConfigurationError`. Default: all. */
  readonly mutants?: readonly string[]
  /** Whole numbers in the arguments of `init` whose path this matches are quorums. Default `/quorum|majority/i`. */
  readonly quorums?: RegExp
  /** Why mutants survive, by name: each is a mistake that does no harm, or a property that is missing. */
  readonly explanations?: Readonly<Record<string, string>>
  /**
   * A file that keeps what is known as it comes, so that a run that was stopped goes on where it was: the clean twin is not
   * run again, mutants that were judged count as they were, and the others meet those seeds first that killed most. One of
   * other seeds, or of a program that does other things now, is a `ConfigurationError`. Default: nothing is kept.
   */
  readonly record?: string
  /**
   * Judges a mutant somewhere else, as on other threads: by `judgeMutant` of the same subject. Called for all mutants at
   * once, after the clean twin, with their number; `onRun` hears nothing of their runs. Default: one after the other, here.
   */
  readonly judge?: (mutant: MutantCase, mutants: number) => Promise<MutantResult>
  /** Called after each run. */
  readonly onRun?: (progress: MutationProgress) => void
  /** Called when a mutant is judged, in order. */
  readonly onMutant?: (result: MutantResult) => void
}

const known: KnownOptions<MutateOptions> = {
  seeds: true,
  definitions: true,
  operators: true,
  mutants: true,
  quorums: true,
  explanations: true,
  record: true,
  judge: true,
  onRun: true,
  onMutant: true,
}

/** How far a mutation run is. */
export interface MutationProgress {
  /** The mutant that ran, `undefined` for the clean twin. */
  readonly mutant: string | undefined
  /** Mutants judged, of how many; 0 while the clean twin runs. */
  readonly judged: number
  readonly mutants: number
  readonly seed: number
}

/** What a mutation run came to. */
export interface MutationReport {
  /** How many seeds the clean twin ran under. */
  readonly seeds: number
  /** Those under which it failed; when there is one, no mutant ran. */
  readonly cleanFailures: readonly { readonly seed: number; readonly what: string; readonly message: string }[]
  /** What the checker found in the clean twin, if there is one and it found something. */
  readonly cleanViolation: string | undefined
  readonly results: readonly MutantResult[]
  readonly killed: number
  readonly survived: number
  readonly equivalent: number
  /** Killed of those killed or survived, from 0 to 1; 0 when there are none. */
  readonly rate: number
}

/**
 * Mutates the definitions of `subject`. Rejects with a `ConfigurationError` for malformed options, and with what the
 * subject throws that is no result.
 *
 *     const subject = simulatedSubject({ nodes: 3, faults: 'all' }, program)
 *     const { rate, results } = await mutate(subject, { seeds: '1..100', definitions: [Account] })
 */
export async function mutate(subject: MutationSubject, options: MutateOptions): Promise<MutationReport> {
  refuseUnknownOptions('mutate', options, known)
  const seeds = [...seedsOf(options.seeds)]
  if (seeds.length === 0) throw new ConfigurationError('a mutation run needs at least one seed')
  const record = options.record === undefined ? undefined : new MutationRecord(options.record, seeds)
  const { clean, mutations: found } = await cleanTwin(subject, seeds, options, record)
  const mutations = passed(clean) ? selected(found, options) : []
  const judged = new Map(record?.results)
  const ordered = record?.ordered(seeds) ?? seeds
  const left = mutations.filter((mutation) => !judged.has(mutationName(mutation)))
  const results: MutantResult[] = []
  const { judge } = options
  const elsewhere = new Map<string, Promise<MutantResult>>()
  const noted = (result: MutantResult) => {
    record?.add(result)
    return result
  }
  for (const mutation of judge === undefined ? [] : left) {
    const judging = judge?.({ mutation, clean, seeds: ordered }, left.length).then(noted) as Promise<MutantResult>
    // The first that rejects, in order, is told by the loop below.
    judging.catch(() => {})
    elsewhere.set(mutationName(mutation), judging)
  }
  const judgeHere = async (mutation: Mutation): Promise<MutantResult> => {
    const progress = { mutant: mutationName(mutation), judged: left.indexOf(mutation), mutants: left.length }
    const onSeed = (seed: number) => options.onRun?.({ ...progress, seed })
    return noted(await judgeMutant(subject, { mutation, clean, seeds: ordered }, onSeed))
  }
  for (const mutation of mutations) {
    const name = mutationName(mutation)
    const result = judged.get(name) ?? (await (elsewhere.get(name) ?? judgeHere(mutation)))
    const explained =
      result.verdict === 'survived' ? { ...result, explanation: explanationOf(result, options) } : result
    results.push(explained)
    options.onMutant?.(explained)
  }
  const count = (verdict: MutantResult['verdict']) => results.filter((result) => result.verdict === verdict).length
  const killed = count('killed')
  const survived = count('survived')
  return {
    seeds: seeds.length,
    cleanFailures: clean.failures,
    cleanViolation: clean.violation,
    results,
    killed,
    survived,
    equivalent: count('equivalent'),
    rate: killed / Math.max(1, killed + survived),
  }
}

/** What the clean twin comes to, as the record has it or by running it. */
async function cleanTwin(
  subject: MutationSubject,
  seeds: readonly number[],
  options: MutateOptions,
  record: MutationRecord | undefined,
): Promise<CleanTwin> {
  const known = record?.twin
  if (record !== undefined && known !== undefined) {
    const { hashes } = await runClean(subject, seeds.slice(0, comparedSeeds), options)
    record.compare(hashes)
    return known
  }
  const twin = await runClean(subject, seeds, options)
  if (passed(twin.clean)) record?.begin(twin)
  return twin
}

async function runClean(
  subject: MutationSubject,
  seeds: readonly number[],
  { definitions, quorums = /quorum|majority/i, onRun }: MutateOptions,
): Promise<CleanTwin> {
  const points = new MutationPoints({
    quorums,
    ...(definitions === undefined ? {} : { definitions: new Set(definitions.map(nameOf)) }),
  })
  const replace = replacing(points)
  const failures: { seed: number; what: string; message: string }[] = []
  const claims = new Map<string, number>()
  const duplicated = new Set<string>()
  const reordered = new Set<string>()
  const hashes: (string | undefined)[] = []
  for (const seed of seeds) {
    const run = await subject.run(seed, replace)
    if (run.failure !== undefined) failures.push({ seed, ...run.failure })
    tally(claims, run)
    for (const name of run.duplicated) duplicated.add(name)
    for (const name of run.reordered) reordered.add(name)
    if (hashes.length < comparedSeeds) hashes.push(run.hash)
    onRun?.({ mutant: undefined, judged: 0, mutants: 0, seed })
  }
  const violation = subject.check?.((definition) => definition)
  return { clean: { failures, violation, claims, duplicated, reordered }, mutations: points.mutations, hashes }
}

function passed({ failures, violation }: CleanRuns): boolean {
  return failures.length === 0 && violation === undefined
}

function selected(mutations: readonly Mutation[], { operators, mutants }: MutateOptions): readonly Mutation[] {
  const names = new Set(mutations.map(mutationName))
  const unknown = mutants?.find((name) => !names.has(name))
  if (unknown !== undefined) {
    throw new ConfigurationError(`no run has a point for the mutant '${unknown}'; there are ${[...names].join(', ')}`, {
      mutant: unknown,
    })
  }
  return mutations.filter((mutation) => {
    if (operators !== undefined && !operators.includes(mutation.operator)) return false
    return mutants === undefined || mutants.includes(mutationName(mutation))
  })
}

function explanationOf({ name }: MutantResult, { explanations }: MutateOptions): string | undefined {
  return explanations !== undefined && Object.hasOwn(explanations, name) ? explanations[name] : undefined
}

function nameOf(definition: ActorDefinition<any, any> | string): string {
  return typeof definition === 'string' ? definition : definition.name
}
