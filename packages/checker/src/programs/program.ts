/** Programs to check by name, with numbers as parameters: what `troupe check` runs. */
import { ConfigurationError } from '@troupe/core'
import type { CheckOptions, ModelCheckOptions } from '../check.ts'
import type { NetworkKind } from '../network-table.ts'

/** A number that a program takes. */
export interface ProgramParameter {
  readonly what: string
  readonly default: number
  readonly min: number
  readonly max: number
}

/** What a check of a program cost, on one thread of a machine that does nothing else. */
export interface ProgramCost {
  /** Its parameters and `crashes`, as far as they are not the defaults. */
  readonly given: Readonly<Record<string, number>>
  /** Distinct states; where there are more than 1,000,000, `statesMax` is to be given. */
  readonly distinct: number
  readonly seconds: number
  /** Memory, in gigabytes. */
  readonly gigabytes: number
}

export interface Program<Parameters extends string = string> {
  readonly name: string
  readonly what: string
  readonly parameters: Readonly<Record<Parameters, ProgramParameter>>
  /** The network that it is meant for; `undefined`: it is a model, and has none. */
  readonly network: NetworkKind | undefined
  /** What some of its sizes cost, where that is worth knowing before. */
  readonly costs?: readonly ProgramCost[]
  /**
   * What to check. `symmetry` declares its symmetric ids; throws a `ConfigurationError` where it has none. `crashes`: as many of its
   * nodes may crash, for what it claims to happen; they are set by who calls.
   */
  options(
    parameters: Readonly<Record<Parameters, number>>,
    symmetry: boolean,
    crashes?: number,
  ): CheckOptions<any> | ModelCheckOptions<any>
}

/** Names of the type of its parameters. */
export function program<Parameters extends string>(definition: Program<Parameters>): Program<Parameters> {
  return definition
}

/** `count` ids that begin with `prefix`. */
export function ids(prefix: string, count: number): string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}${index}`)
}

/** The error that a program has no symmetry to declare. */
export function noSymmetry(name: string, why: string): ConfigurationError {
  return new ConfigurationError(`${name} has no symmetric ids: ${why}`, { program: name })
}
