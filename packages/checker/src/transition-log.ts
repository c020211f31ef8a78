/**
 * Steps that one thread of a search has found, for the others: a turn is run once, by whoever meets it first, unless two
 * meet it at the same moment. Numbers mean the same on every thread, so a step is told as its numbers.
 */
import type { LoggedTable, NumberLog } from './number-log.ts'

/** What of a step another thread cannot tell from the turn. */
export interface ToldStep {
  readonly kind: string
  readonly message: number
  /** The local state after it. */
  readonly local: number
  readonly sent: readonly number[]
  readonly timer: string | undefined
  readonly choices: readonly number[]
}

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
    const steps = JSON.parse(text) as [string, number, number, number[], number[], string?][]
    return steps.map(([kind, message, local, sent, choices, timer]) => {
      return { kind, message, local, sent, timer, choices }
    })
  }

  /** Tells the others the steps of turn `turn`, which is text without spaces. */
  tell(turn: string, steps: readonly ToldStep[]): void {
    const told = steps.map(({ kind, message, local, sent, timer, choices }) => [
      kind,
      message,
      local,
      sent,
      choices,
      ...(timer === undefined ? [] : [timer]),
    ])
    this.#log.append(`${turn} ${JSON.stringify(told)}`, () => this.#told.has(turn))
  }
}
