/**
 * A mutation run in pieces: a file that has what the clean twin came to, then each mutant that is judged, a line each as it
 * comes. A run that is given the file of an earlier one goes on where that was stopped. It runs the first seeds of the clean
 * twin again: a program that does other things there is another one, and nothing of the file holds for it.
 */
import { appendFileSync, closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { ConfigurationError } from '@troupe/core'
import type { CleanRuns, MutantResult } from './judge-mutant.ts'
import type { Mutation } from './mutation.ts'

/** Seeds of the clean twin that run again when a run goes on. */
export const comparedSeeds = 3

/** What a clean twin came to, and where its definitions can be mutated. */
export interface CleanTwin {
  readonly clean: CleanRuns
  readonly mutations: readonly Mutation[]
  /** The hashes of its runs under the first seeds. */
  readonly hashes: readonly (string | undefined)[]
}

/** What a record is of: a run over other seeds is another run. */
interface RecordHead {
  readonly seeds: readonly number[]
  readonly hashes: readonly (string | null)[]
  readonly claims: readonly (readonly [claim: string, seeds: number])[]
  readonly duplicated: readonly string[]
  readonly reordered: readonly string[]
  readonly mutations: readonly Mutation[]
}

/** One file; reads and writes are synchronous, so that a run that is stopped has lost nothing but the mutant under way. */
export class MutationRecord {
  readonly #path: string
  readonly #seeds: readonly number[]
  readonly #results = new Map<string, MutantResult>()
  #twin: CleanTwin | undefined

  /** Throws a `ConfigurationError` for a file that cannot be written, that is no record, or one of other seeds. */
  constructor(path: string, seeds: readonly number[]) {
    this.#path = path
    this.#seeds = seeds
    const isThere = existsSync(path)
    this.#open(isThere)
    if (isThere) this.#read()
  }

  /** The clean twin of the earlier run; `undefined` when there was none. */
  get twin(): CleanTwin | undefined {
    return this.#twin
  }

  /** The mutants that are judged, by name. */
  get results(): ReadonlyMap<string, MutantResult> {
    return this.#results
  }

  /** Throws a `ConfigurationError` unless the clean twin comes to what it came to under the first seeds. */
  compare(hashes: CleanTwin['hashes']): void {
    const isSame = hashes.every((hash, index) => hash === this.#twin?.hashes[index])
    if (!isSame) this.#refuse('is of a program that did other things; remove it, or name another file')
  }

  /** The clean twin has run, and passed. */
  begin(twin: CleanTwin): void {
    const { claims, duplicated, reordered } = twin.clean
    const head: RecordHead = {
      seeds: this.#seeds,
      hashes: twin.hashes.map((hash) => hash ?? null),
      claims: [...claims],
      duplicated: [...duplicated],
      reordered: [...reordered],
      mutations: twin.mutations,
    }
    writeFileSync(this.#path, `${JSON.stringify(head)}\n`)
    this.#twin = twin
  }

  /** A mutant is judged. */
  add(result: MutantResult): void {
    appendFileSync(this.#path, `${JSON.stringify(result)}\n`)
    this.#results.set(result.name, result)
  }

  /**
   * `seeds`, those first that have killed most: a mutant that can be killed is, as a rule, by one that killed another. The
   * same for every run that goes on from this file.
   */
  ordered(seeds: readonly number[]): number[] {
    const kills = new Map<number, number>()
    for (const result of this.#results.values()) {
      const seed = result.verdict === 'killed' ? result.seed : undefined
      if (seed !== undefined) kills.set(seed, (kills.get(seed) ?? 0) + 1)
    }
    return seeds.toSorted((left, right) => (kills.get(right) ?? 0) - (kills.get(left) ?? 0))
  }

  /** What would fail when the clean twin has run is found before; leaves no file where there was none. */
  #open(isThere: boolean): void {
    try {
      closeSync(openSync(this.#path, 'a'))
      if (!isThere) rmSync(this.#path)
    } catch (cause) {
      const problem = `cannot be written: ${(cause as Error).message}; name a file in a folder that is there`
      throw new ConfigurationError(`the record ${this.#path} ${problem}`, { path: this.#path }, { cause })
    }
  }

  #read(): void {
    const text = readFileSync(this.#path, 'utf8')
    // Without an end it was being written when the run was stopped.
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    if (whole.length < text.length) writeFileSync(this.#path, whole)
    const [first, ...rest] = whole.split('\n').slice(0, -1)
    if (first === undefined) return
    let head: RecordHead
    let results: MutantResult[]
    try {
      head = JSON.parse(first)
      results = rest.map((line) => JSON.parse(line))
    } catch (cause) {
      this.#refuse(`is no record of a mutation run: ${(cause as Error).message}`)
    }
    if (!Array.isArray(head?.seeds) || !Array.isArray(head.mutations)) this.#refuse('is no record of a mutation run')
    if (head.seeds.join() !== this.#seeds.join()) this.#refuse('is of other seeds; name another file')
    for (const result of results) this.#results.set(result.name, result)
    this.#twin = {
      clean: {
        failures: [],
        violation: undefined,
        claims: new Map(head.claims),
        duplicated: new Set(head.duplicated),
        reordered: new Set(head.reordered),
      },
      mutations: head.mutations,
      hashes: head.hashes.map((hash) => hash ?? undefined),
    }
  }

  #refuse(problem: string): never {
    throw new ConfigurationError(`${this.#path} ${problem}`, { path: this.#path })
  }
}
