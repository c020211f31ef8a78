/** Progress of a long command on standard error: one line written over and over, or for a file a line each tenth. */
import type { Terminal, TextStream } from './terminal.ts'

/** How often the line is written over at most. */
const redrawEveryMs = 100
/** Fewer steps than this need no lines in a file. */
const linesFromSteps = 50

/** Counts the steps of one piece of work. */
export class Progress {
  readonly #stream: TextStream
  readonly #what: string
  readonly #total: number
  #done = 0
  #drawnAt = Number.NEGATIVE_INFINITY

  /** The line is `what: 200 of 1000 seeds`, `total` the last of these numbers. */
  constructor({ stderr }: Terminal, what: string, total: number) {
    this.#stream = stderr
    this.#what = what
    this.#total = total
  }

  /** One step is done; `note` is added to the line. */
  step(note = ''): void {
    this.#done++
    const line = `${this.#what}: ${this.#done} of ${this.#total} seeds${note}`
    if (this.#stream.isTTY) {
      if (performance.now() - this.#drawnAt < redrawEveryMs) return
      this.#drawnAt = performance.now()
      this.#stream.write(`\r\x1b[2K${line}`)
    } else if (this.#total >= linesFromSteps && this.#done % Math.ceil(this.#total / 10) === 0) {
      this.#stream.write(`${line}\n`)
    }
  }

  /** Takes the line away, before something else is written or for good. */
  end(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\x1b[2K')
  }
}
