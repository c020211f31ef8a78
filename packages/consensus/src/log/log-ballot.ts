/**
 * Ballots of a replicated log: a ballot of a configuration. Those of a later configuration are above all of an earlier
 * one, so that whoever took part in the later takes part in no earlier one any more, whatever it forgot otherwise.
 */
import { type Ballot, ballotKey, compareBallots } from '../ballot.ts'

/** A {@link Ballot} with the number of the configuration that it belongs to. */
export interface LogBallot extends Ballot {
  /** The configuration's number, from 1. */
  readonly config: number
}

/** Below 0, 0 or above 0, as `left` is lower than, equal to or higher than `right`; `undefined` is below every ballot. */
export function compareLogBallots(left: LogBallot | undefined, right: LogBallot | undefined): number {
  if (left === right) return 0
  if (left !== undefined && right !== undefined && left.config !== right.config) return left.config - right.config
  return compareBallots(left, right)
}

/** The higher of the two. */
export function higherOf(left: LogBallot | undefined, right: LogBallot): LogBallot {
  return left !== undefined && compareLogBallots(left, right) >= 0 ? left : right
}

/** The ballot as one string, equal exactly when {@link compareLogBallots} gives 0. */
export function logBallotKey(ballot: LogBallot): string {
  return `${ballot.config}.${ballotKey(ballot)}`
}
