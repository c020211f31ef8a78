/**
 * How long a thread looks for work before it sleeps. Sleeping and being woken costs some tens of microseconds, half of
 * them the sender's; looking costs a core. So a thread looks for as long as that has paid off: work that came while it
 * looked lets it look longer the next time, and each time that it looked in vain halves what it may. A thread that gets
 * a message now and then hardly looks at all; one in a conversation never sleeps.
 *
 * Work that comes soon after the thread has gone to sleep is a hint that looking would have paid, and no more: where two
 * threads share a core, the one that looks keeps the other from running. So the hint is followed after some such sleeps,
 * and each time that this was in vain, after twice as many.
 */

/** Work that comes so soon after a thread has gone to sleep may be worth waiting for. */
const SHORT_WAIT_MS = 0.15
/** Fewer pauses than these, a microsecond, find nothing. */
const PAUSES_WORTH_IT = 40
/** Short sleeps after which a thread tries looking for work again, at first and at most. */
const SLEEPS_MIN = 4
const SLEEPS_MAX = 4_096

/** What a thread may spend on one kind of waiting, in pauses of a few dozen nanoseconds. */
export interface LookBudget {
  /** Pauses that may be spent now. */
  readonly pauses: number
  /** Work came after `pauses` of looking. */
  succeeded(pauses: number): void
  /** All that was allowed was spent, and no work came. */
  failed(): void
  /** The thread had slept for so long when it was rung for. */
  slept(ms: number): void
}

/** The budget of a thread that looks while all others run. */
export class SpinBudget implements LookBudget {
  private readonly pausesMax: number
  /** Pauses that may be spent now. */
  pauses: number
  private sleeps = 0
  private sleepsNeeded = SLEEPS_MIN

  /** From 0 to `pausesMax`, which is what it begins with. */
  constructor(pausesMax: number) {
    this.pausesMax = pausesMax
    this.pauses = pausesMax
  }

  /** Work came after `pauses` of looking: four times as long is worth it, if it was not so already. */
  succeeded(pauses: number): void {
    this.pauses = Math.min(this.pausesMax, Math.max(this.pauses, pauses * 4))
    if (pauses > 0) this.sleepsNeeded = SLEEPS_MIN
  }

  /** All that was allowed was spent, and no work came: half of it, and nothing when there is little left. */
  failed(): void {
    this.pauses = this.pauses < PAUSES_WORTH_IT ? 0 : Math.min(this.pausesMax, this.pauses) >> 1
  }

  /** The thread had slept for so long when it was rung for. */
  slept(ms: number): void {
    if (ms >= SHORT_WAIT_MS || ++this.sleeps < this.sleepsNeeded) return
    this.sleeps = 0
    this.sleepsNeeded = Math.min(SLEEPS_MAX, this.sleepsNeeded * 2)
    this.pauses = this.pausesMax
  }

  /** Lets the next look be long: see {@link WakingBudget}. */
  push(): void {
    this.pauses = this.pausesMax * PUSH_FACTOR
  }
}

/** Pauses in which a thread that was rung for is up, if it has a core. */
const PAUSES_TO_WAKE = 1_000
/** Of a look that is to move threads apart: as many times as other looks, some twenty milliseconds. */
const PUSH_FACTOR = 120
/** Short sleeps in a row after which such a look is worth it, at first and at most. */
const SLEEPS_BEFORE_PUSH = 64
const SLEEPS_BETWEEN_PUSHES_MAX = 65_536
/** A sleep that ends the row. */
const LONG_WAIT_MS = 1
/** A wake-up that took so long may be due to such a look of another thread. */
const PUSH_MS_MIN = 1
const LATE_MAX = 64

/**
 * The budget of a thread that looks while another, which it rang, is not up yet. If the system has put both on one core,
 * the other one runs only once this one sleeps: so one look in vain is enough, and after short sleeps it is tried again,
 * ever more rarely. Where that goes on and on, the two are in a conversation on one core. Then both look for so long that
 * the system notices that there are two to run, and moves one of them to a core that has nothing to do; since they do not
 * sleep from then on, they stay apart.
 */
export class WakingBudget implements LookBudget {
  /** Pauses of a look that is none of the long ones. */
  readonly briefPauses: number
  private readonly pushPauses: number
  private sleeps = 0
  private sleepsNeeded = SLEEPS_MIN
  /** Late wake-ups, and after how many of them the other thread is believed to look for this one. */
  private late = 0
  private lateNeeded = 1
  pauses: number

  /** `pausesMax` as for {@link SpinBudget}. */
  constructor(pausesMax: number) {
    this.briefPauses = Math.min(pausesMax, PAUSES_TO_WAKE)
    this.pushPauses = pausesMax * PUSH_FACTOR
    this.pauses = this.briefPauses
  }

  succeeded(pauses: number): void {
    this.pauses = this.briefPauses
    if (pauses <= this.briefPauses) {
      this.sleepsNeeded = SLEEPS_MIN
      this.lateNeeded = 1
    }
  }

  /**
   * True when so long a wake-up, in milliseconds from the ring, means that another thread looked all the while to be moved
   * apart from this one. It may as well mean that the machine is busy, so it is believed ever more rarely.
   */
  pushed(wakeMs: number): boolean {
    if (wakeMs < PUSH_MS_MIN || ++this.late < this.lateNeeded) return false
    this.late = 0
    this.lateNeeded = Math.min(LATE_MAX, this.lateNeeded * 2)
    return true
  }

  failed(): void {
    this.pauses = 0
  }

  slept(ms: number): void {
    if (ms >= LONG_WAIT_MS) this.sleeps = 0
    if (ms >= SHORT_WAIT_MS || ++this.sleeps < this.sleepsNeeded) return
    this.sleeps = 0
    this.pauses = this.sleepsNeeded < SLEEPS_BEFORE_PUSH ? this.briefPauses : this.pushPauses
    this.sleepsNeeded = Math.min(SLEEPS_BETWEEN_PUSHES_MAX, this.sleepsNeeded * 2)
  }
}
