/** How large a pool is, and when it changes: a rule over the backlog of its routees. */
import { ConfigurationError } from '../errors.ts'
import { shownValue } from '../shown-value.ts'

/** Routees that a pool may have. */
const sizeMax = 10_000

/** The bounds of a pool that follows its load. */
export interface PoolSize {
  /** Routees at least; a whole number from 1. */
  readonly min: number
  /** Routees at most; a whole number from `min` to 10,000. */
  readonly max: number
  /** A check that finds more messages waiting for each routee, on average, adds a fifth, at least one. Default 4. */
  readonly growAbove?: number
  /**
   * As many checks in a row as `calmChecks` says that find fewer take one routee out. At most half of `growAbove`, so that
   * a pool that shrank for a load does not grow for the same load. Default 0.5.
   */
  readonly shrinkBelow?: number
  /** A whole number from 1. Default 10. */
  readonly calmChecks?: number
}

/** {@link PoolSize} with every default filled in. */
export type PoolBounds = Required<PoolSize>

/** The bounds that are meant: a number is a pool of that size for ever. Throws a `ConfigurationError`. */
export function poolBounds(pool: string, size: number | PoolSize): PoolBounds {
  const given = typeof size === 'number' ? { min: size, max: size } : size
  const check = (holds: boolean, what: string) => {
    if (!holds) throw new ConfigurationError(`pool ${pool}: ${what}`, { definition: pool })
  }
  check(typeof given === 'object' && given !== null, 'size must be a number or { min, max }')
  const { min, max, growAbove = 4, shrinkBelow = 0.5, calmChecks = 10 } = given
  check(Number.isInteger(min) && min >= 1, `size must be a whole number from 1, got ${shownValue(min)}`)
  check(
    Number.isInteger(max) && max >= min && max <= sizeMax,
    `size.max must be a whole number from size.min to ${sizeMax}, got ${shownValue(max)}`,
  )
  check(growAbove > 0, `size.growAbove must be above 0, got ${shownValue(growAbove)}`)
  check(
    shrinkBelow >= 0 && shrinkBelow <= growAbove / 2,
    `size.shrinkBelow must be from 0 to half of growAbove, got ${shownValue(shrinkBelow)}`,
  )
  check(
    Number.isInteger(calmChecks) && calmChecks >= 1,
    `size.calmChecks must be a whole number from 1, got ${shownValue(calmChecks)}`,
  )
  return { min, max, growAbove, shrinkBelow, calmChecks }
}

/** What one check decides: how many routees to add (or, below 0, to take out), and how many checks in a row were calm. */
export function resize(
  { min, max, growAbove, shrinkBelow, calmChecks }: PoolBounds,
  { routees, backlog, calm }: { readonly routees: number; readonly backlog: number; readonly calm: number },
): { readonly by: number; readonly calm: number } {
  const each = backlog / routees
  if (each > growAbove) return { by: Math.min(max - routees, Math.max(1, Math.floor(routees / 5))), calm: 0 }
  if (each >= shrinkBelow && backlog > 0) return { by: 0, calm: 0 }
  if (calm + 1 < calmChecks || routees <= min) return { by: 0, calm: Math.min(calm + 1, calmChecks) }
  return { by: -1, calm: 0 }
}
