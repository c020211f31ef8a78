/** What faults on request are given, checked in one place: by the world at once, by a plan where it is written. */
import { ConfigurationError } from '@troupe/core'

/** How many times slower a link or a disk is. */
export function checkFactor(factor: number): void {
  if (factor >= 1 && factor < Number.POSITIVE_INFINITY) return
  throw new ConfigurationError(`a slow link or disk needs a factor from 1, got ${factor}`)
}

/** The milliseconds between two frames of a clogged link. */
export function checkGapMs(gapMs: number): void {
  if (gapMs > 0 && gapMs < Number.POSITIVE_INFINITY) return
  throw new ConfigurationError(`clog needs the milliseconds between two frames, above 0, got ${gapMs}`)
}

/** How far a clock jumps. */
export function checkJumpMs(byMs: number): void {
  if (Number.isFinite(byMs)) return
  throw new ConfigurationError(`jumpClock needs a number of milliseconds, got ${byMs}`)
}

/** The nodes of a ring partition. */
export function checkRing(ring: readonly unknown[]): void {
  if (ring.length >= 4) return
  throw new ConfigurationError(`a ring partition needs at least 4 nodes, got ${ring.length}`)
}
