/**
 * Ballots: the numbers under which proposers compete. A ballot belongs to the member that drew it, so no two members
 * ever hold the same one, and ballots are totally ordered: by `n`, then by priority, then by the member's id.
 */

/** One ballot. Plain data; compare with {@link compareBallots}, never by identity. */
export interface Ballot {
  /** A whole number from 1; a proposer never draws the same one twice. */
  readonly n: number
  /** The priority of the member that drew it: of two ballots with the same `n` the higher priority wins. */
  readonly priority: number
  /** The id of the member that drew it. */
  readonly node: string
}

/** Below 0, 0 or above 0, as `left` is lower than, equal to or higher than `right`; `undefined` is below every ballot. */
export function compareBallots(left: Ballot | undefined, right: Ballot | undefined): number {
  if (left === undefined || right === undefined) return (left === undefined ? 0 : 1) - (right === undefined ? 0 : 1)
  if (left.n !== right.n) return left.n - right.n
  if (left.priority !== right.priority) return left.priority - right.priority
  if (left.node === right.node) return 0
  return left.node < right.node ? -1 : 1
}

/** The ballot as one string, equal exactly when {@link compareBallots} gives 0: a key for maps, and what logs print. */
export function ballotKey(ballot: Ballot): string {
  return `${ballot.n}.${ballot.priority}.${ballot.node}`
}
