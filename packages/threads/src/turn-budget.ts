/**
 * How many turns a thread takes before it looks at its channels again: a bounded number, and a bounded time as well. The
 * time is told by a clock, which costs as much as a short turn; so it is read after some turns, as many as are expected to
 * fit: twice as many as the last time while they are short, and fewer, down to one, once they turn out to be long.
 */

/** Turns of one round. More than can be drained, so that mailboxes do not grow by what comes in alone. */
const turnsMax = 4_096
/** A round begins no more turns after this many milliseconds: others wait for its end. */
const roundMsMax = 1
/** Turns between two looks at the clock: those of the first, and at most. */
const turnsFirst = 8
const turnsPerLookMax = 64

export class TurnBudget {
  private readonly now: () => number
  /** Turns before the first look of the next round. */
  private first = turnsFirst

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
    let limit = this.first
    for (let left = turnsMax; left > 0; ) {
      if (!run(limit)) return false
      left -= limit
      const now = this.now()
      const msEach = (now - looked) / limit
      if (looked === started) this.first = Math.max(1, Math.min(turnsFirst, Math.floor(roundMsMax / 2 / msEach)))
      const rest = roundMsMax - (now - started)
      if (rest <= 0) return true
      limit = Math.max(1, Math.min(limit * 2, turnsPerLookMax, left, Math.floor(rest / msEach)))
      looked = now
    }
    return true
  }
}
