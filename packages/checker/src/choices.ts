/**
 * `ctx.random` in the checker: a draw is a branch. A turn is run once for every sequence of outcomes, each time with
 * the recorded beginning of the sequence and the first outcome for every draw after it, as an odometer counts:
 *
 *     run 1: 0 0 0     run 2: 0 0 1     run 3: 0 1 0     ...
 */
import type { RandomStream } from '@troupe/core'
import { shownValue } from '@troupe/core/host'

/** Outcomes of one draw; more are refused, since each is a run of the turn. */
const outcomesMax = 4_096
/** The bound of a draw that was made in another run. */
const anyBound = -1
/** Runs of one turn. */
const runsMax = 65_536

export class Choices implements RandomStream {
  readonly #refuse: (what: string) => Error
  readonly #outcomes: number[] = []
  readonly #bounds: number[] = []
  #position = 0
  #runs = 0
  /** Outcomes that were drawn before the turn went on: of each there is one. */
  #before = 0

  /** `refuse` makes the error for what cannot be explored, naming actor and message, and notes it. */
  constructor(refuse: (what: string) => Error) {
    this.#refuse = refuse
  }

  /** Before the first run of a turn. `before`: what a turn has drawn that goes on. */
  reset(before: readonly number[] = []): void {
    this.#outcomes.splice(0, this.#outcomes.length, ...before)
    this.#bounds.splice(0, this.#bounds.length, ...before.map(() => anyBound))
    this.#before = before.length
    this.#position = 0
    this.#runs = 1
  }

  /** Sets up the sequence of outcomes of the run that just ended once more. */
  again(): void {
    this.#position = 0
  }

  /** After a run: sets up the next sequence of outcomes, or returns false when there is none. */
  advance(): boolean {
    this.#position = 0
    while (this.#outcomes.length > this.#before) {
      const next = (this.#outcomes.pop() as number) + 1
      const bound = this.#bounds.pop() as number
      if (next >= bound) continue
      this.#outcomes.push(next)
      this.#bounds.push(bound)
      if (++this.#runs > runsMax)
        throw this.#refuse(`draws more than ${runsMax} sequences of random outcomes: draw less`)
      return true
    }
    return false
  }

  /** The outcomes of the run that just ended, without those before. */
  taken(): readonly number[] {
    return this.#outcomes.slice(this.#before)
  }

  int(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32) {
      throw new RangeError(`random.int needs a whole bound from 1 to 2^32, got ${shownValue(bound)}`)
    }
    if (bound > outcomesMax) {
      throw this.#refuse(
        `draws random.int(${bound}), more than ${outcomesMax} outcomes to explore: use a smaller bound`,
      )
    }
    const position = this.#position++
    if (position === this.#outcomes.length) {
      this.#outcomes.push(0)
      this.#bounds.push(bound)
    } else if (this.#bounds[position] === anyBound) {
      this.#bounds[position] = bound
    } else if (this.#bounds[position] !== bound) {
      throw this.#refuse('draws differently when run again: its turn depends on more than its state and the message')
    }
    return this.#outcomes[position] as number
  }

  /**
   * Whether a failure comes too soon after others to be followed by a restart: when there were as many as may be, both, since
   * time may have passed.
   */
  isLastRestart(restarts: number, restartsMax: number): boolean {
    return restarts >= restartsMax && (restartsMax === 0 || this.int(2) === 1)
  }

  pick<Item>(items: readonly Item[]): Item {
    if (items.length === 0) throw new RangeError('random.pick needs at least one item')
    return items[this.int(items.length)] as Item
  }

  /** Both outcomes, unless the probability leaves one only. */
  chance(probability: number): boolean {
    if (!(probability > 0)) return false
    return probability >= 1 || this.int(2) === 1
  }

  float(): number {
    throw this.#refuse('draws random.float(), which has too many outcomes to explore: use int, pick or chance')
  }
}
