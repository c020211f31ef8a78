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

/** The budget of one kind of waiting, in pauses of a few dozen nanoseconds. */
export class SpinBudget {
  readonly #pausesMax: number
  #pauses: number
  #sleeps = 0
  #sleepsNeeded = SLEEPS_MIN

  /** From 0 to `pausesMax`, which is what it begins with. */
  constructor(pausesMax: number) {
    this.#pausesMax = pausesMax
    this.#pauses = pausesMax
  }

  /** Pauses that may be spent now. */
  get pauses(): number {
    return this.#pauses
  }

  /** Work came after `pauses` of looking: four times as long is worth it, if it was not so already. */
  succeeded(pauses: number): void {
    this.#pauses = Math.min(this.#pausesMax, Math.max(this.#pauses, pauses * 4))
    if (pauses > 0) this.#sleepsNeeded = SLEEPS_MIN
  }

  /** All that was allowed was spent, and no work came: half of it, and nothing when there is little left. */
  failed(): void {
    this.#pauses = this.#pauses < PAUSES_WORTH_IT ? 0 : this.#pauses >> 1
  }

  /** The thread had slept for so long when it was rung for. */
  slept(ms: number): void {
    if (ms >= SHORT_WAIT_MS || ++this.#sleeps < this.#sleepsNeeded) return
    this.#sleeps = 0
    this.#sleepsNeeded = Math.min(SLEEPS_MAX, this.#sleepsNeeded * 2)
    this.#pauses = this.#pausesMax
  }
}
