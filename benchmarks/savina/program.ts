/**
 * What a program of the suite is: its parameters, what it does on a stage of threads, and how its result is verified.
 *
 * The sequential computation that a result is compared with runs once for each size and is not part of what is timed.
 */
import type { Stage } from './stage.ts'

/** Parameters of a program by name: whole numbers from 0. */
export type Size<Parameter extends string = string> = Readonly<Record<Parameter, number>>

/** A program as its file writes it. */
interface ProgramSpec<Parameter extends string, Expected, Result> {
  /** In kebab-case, as on the command line. */
  readonly name: string
  /** What it does, in one line. */
  readonly summary: string
  /** What is counted, in the plural. */
  readonly unit: string
  /** The parameters that let it run for about a second on one thread. */
  readonly size: Size<Parameter>
  /** Parameters for a fraction of a second. */
  readonly quick: Size<NoInfer<Parameter>>
  /**
   * True for a program whose actors are best kept on one thread, however many there are: one message in flight, or
   * messages so small that crossing costs more than another core gives. Default false.
   */
  readonly oneThread?: boolean
  /** What is wrong with a size, or `undefined`. Default: nothing ever is. */
  readonly problem?: (size: Size<NoInfer<Parameter>>) => string | undefined
  /** What the result is compared with: a sequential computation, or known figures; also the input, where making it takes long. */
  readonly expected: (size: Size<NoInfer<Parameter>>) => Expected
  /** The program itself, from spawning its actors to its result. */
  readonly run: (stage: Stage, size: Size<NoInfer<Parameter>>, expected: NoInfer<Expected>) => Promise<Result>
  /** Throws a {@link WrongResultError} when the result is wrong. */
  readonly verify: (result: NoInfer<Result>, expected: NoInfer<Expected>, size: Size<NoInfer<Parameter>>) => void
  /** How many units one run completes. */
  readonly units: (size: Size<NoInfer<Parameter>>, expected: NoInfer<Expected>) => number
}

/** A program with its types of results closed off. */
export interface SavinaProgram {
  readonly name: string
  readonly summary: string
  readonly unit: string
  readonly size: Size
  readonly quick: Size
  readonly oneThread: boolean
  /** Why the program cannot have that size; `undefined`: it can, as far as can be told without computing anything. */
  problem(size: Size): string | undefined
  /** Throws a `RangeError` for a size that the program cannot have, and for one at which it completes nothing. */
  prepare(size: Size): PreparedProgram
}

/** A program of a given size, with the expected result at hand. */
export interface PreparedProgram {
  /** Units that one run completes. */
  readonly units: number
  /** Runs the program; what it resolves with verifies the result, and throws a {@link WrongResultError}. */
  run(stage: Stage): Promise<() => void>
}

/** A program completed with a result that is not the right one. */
export class WrongResultError extends Error {
  override readonly name = 'WrongResultError'
}

/** Throws a {@link WrongResultError} unless both are the same value. */
export function expectEqual(what: string, actual: unknown, expected: unknown): void {
  if (!Object.is(actual, expected))
    throw new WrongResultError(`${what}: ${String(actual)} instead of ${String(expected)}`)
}

/** Throws a {@link WrongResultError} unless `actual` is within a relative `tolerance` of `expected`. */
export function expectNear(what: string, actual: number, expected: number, tolerance: number): void {
  if (!(Math.abs(actual - expected) <= tolerance * Math.max(1, Math.abs(expected)))) {
    throw new WrongResultError(`${what}: ${actual} instead of ${expected}, give or take ${tolerance}`)
  }
}

/** Throws a {@link WrongResultError} unless both hold the same numbers in the same order. */
export function expectSameNumbers(what: string, actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expectEqual(`length of ${what}`, actual.length, expected.length)
  for (let index = 0; index < expected.length; index++) {
    if (actual[index] !== expected[index]) expectEqual(`${what}[${index}]`, actual[index], expected[index])
  }
}

/** Makes a program of the suite. */
export function defineProgram<Parameter extends string, Expected, Result>(
  spec: ProgramSpec<Parameter, Expected, Result>,
): SavinaProgram {
  return {
    name: spec.name,
    summary: spec.summary,
    unit: spec.unit,
    size: spec.size,
    quick: spec.quick,
    oneThread: spec.oneThread ?? false,
    problem: (size) => spec.problem?.(size),
    prepare(size) {
      const problem = spec.problem?.(size)
      if (problem !== undefined) throw new RangeError(`${spec.name}: ${problem}`)
      const expected = spec.expected(size)
      const units = spec.units(size, expected)
      if (!(units > 0)) throw new RangeError(`${spec.name}: of this size it completes no ${spec.unit}`)
      return {
        units,
        async run(stage) {
          const result = await spec.run(stage, size, expected)
          return () => spec.verify(result, expected, size)
        },
      }
    },
  }
}
