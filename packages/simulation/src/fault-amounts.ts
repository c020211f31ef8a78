/** What faults on request are given, checked in one place: by the world at once, by a plan where it is written. */
import { ConfigurationError } from '@troupe/core'
import { refuseUnknownOptions, requireOption, shownValue } from '@troupe/core/host'

/** How many times slower a link or a disk is. */
export function checkFactor(factor: number): void {
  requireOption(Number.isFinite(factor) && factor >= 1, 'the factor of a slow link or disk', 'a number from 1', factor)
}

/** The milliseconds between two frames of a clogged link. */
export function checkGapMs(gapMs: number): void {
  requireOption(Number.isFinite(gapMs) && gapMs > 0, 'the gapMs of a clog', 'a number of milliseconds above 0', gapMs)
}

/** How far a clock jumps. */
export function checkJumpMs(byMs: number): void {
  requireOption(Number.isFinite(byMs), 'the byMs of jumpClock', 'a number of milliseconds', byMs)
}

/** The nodes of a ring partition. */
export function checkRing(ring: readonly unknown[]): void {
  if (Array.isArray(ring) && ring.length >= 4) return
  throw new ConfigurationError(`a ring partition needs at least 4 nodes, got ${shownValue(ring)}`)
}

/** A group of nodes. */
export function checkGroup(nodes: readonly string[]): void {
  requireOption(Array.isArray(nodes), 'a group of nodes', "a list of names, such as ['node-1']", nodes)
}

/** The options of a partition. */
export function checkPartition(options: { readonly oneWay?: boolean }): void {
  refuseUnknownOptions('partition', options, { oneWay: true })
  const { oneWay = false } = options
  requireOption(typeof oneWay === 'boolean', 'oneWay of a partition', 'true or false', oneWay)
}
