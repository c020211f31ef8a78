/**
 * How many turns a node takes before its host looks at its channels, and at the event loop, again: a bounded number, and a
 * bounded time as well. The time is told by a clock, which costs as much as a short turn; so it is read after some turns, as
 * many as are expected to fit: twice as many as the last time while they are short, and one at a time when there were long
 * ones lately, since an actor with long turns is as likely to be next as one with short ones.
 */

/** Turns of one round. More than can be drained, so that mailboxes do not grow by what comes in alone. */
const turnsMax = 4_096
/** A round begins no more turns after this many milliseconds: others wait for its end. */
const roundMsMax = 1
/** Turns before the first look at the clock of a round, and between two looks, at most: so many may turn out to be long at once. */
const turnsFirst = 4
const turnsPerLookMax = 64

export class TurnBudget {
  private readonly now: () => number
  /** How long a turn may take, as far as is known: as long as the longest so far, half of that after each look at shorter ones. */
  private longMs = roundMsMax

  /** `now` gives milliseconds with fractions. */
  constructor(now: () => number) {
    this.now = now
  }

  /**
   * One round of turns: calls `run` with how many may be taken until it returns false because none are left, or the
   * round is over. True when some are left.
   */
  round(run: (limit: number) => boolean): boolean {
    const started = this.now()
    let looked = started
    let limit = Math.max(1, Math.min(turnsFirst, Math.floor(roundMsMax / 2 / this.longMs)))
    for (let left = turnsMax; left > 0; ) {
      if (!run(limit)) return false
      left -= limit
      const now = this.now()
      this.longMs = Math.max((now - looked) / limit, this.longMs / 2)
      const restMs = roundMsMax - (now - started)
      if (restMs <= 0) return true
      limit = Math.max(1, Math.min(limit * 2, turnsPerLookMax, left, Math.floor(restMs / this.longMs)))
      looked = now
    }
    return true
  }
}
