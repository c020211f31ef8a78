/**
 * Steps that one thread of a search has found, for the others: a turn is run once, by whoever meets it first, unless two
 * meet it at the same moment. Numbers mean the same on every thread, so a step is told as its numbers.
 */
import type { LoggedTable, NumberLog } from './number-log.ts'
import type { Step } from './step.ts'

/** What of a step another thread cannot tell from the turn. A number of a delta is one thread's own. */
type ToldStep = Omit<Step, 'actor' | 'delta' | 'error'>

export class TransitionLog {
  readonly #log: LoggedTable
  readonly #told = new Map<string, string>()

  constructor(log: NumberLog) {
    this.#log = log.open((entry) => {
      const end = entry.indexOf(' ')
      this.#told.set(entry.slice(0, end), entry.slice(end + 1))
    })
  }

  /** The steps that turn `turn` was found to be, by a thread that has told them. */
  find(turn: string): ToldStep[] | undefined {
    this.#log.catchUp()
    const text = this.#told.get(turn)
    if (text === undefined) return undefined
    return (JSON.parse(text) as ToldStep[]).map((step) => ({ ...step, timer: step.timer }))
  }

  /** Tells the others the steps of turn `turn`, which is text without spaces. */
  tell(turn: string, steps: readonly Step[]): void {
    const told = steps.map(({ actor, delta, error, ...step }): ToldStep => step)
    this.#log.append(`${turn} ${JSON.stringify(told)}`, () => this.#told.has(turn))
  }
}
