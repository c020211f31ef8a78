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
  readonly #unit: string
  #done = 0
  #drawnAt = Number.NEGATIVE_INFINITY

  /** The line is `what: 200 of 1000 seeds`, `total` the last of these numbers and `unit` what is counted. */
  constructor({ stderr }: Terminal, what: string, total: number, unit = 'seeds') {
    this.#stream = stderr
    this.#what = what
    this.#total = total
    this.#unit = unit
  }

  /** One step is done; `note` is added to the line. */
  step(note = ''): void {
    this.#done++
    if (this.#stream.isTTY) this.during(note)
    else if (this.#total >= linesFromSteps && this.#done % Math.ceil(this.#total / 10) === 0) {
      this.#stream.write(`${this.#line(note)}\n`)
    }
  }

  /** A step goes on; a person sees `note`, a file does not. */
  during(note: string): void {
    if (!this.#stream.isTTY || performance.now() - this.#drawnAt < redrawEveryMs) return
    this.#drawnAt = performance.now()
    this.#stream.write(`\r\x1b[2K${this.#line(note)}`)
  }

  #line(note: string): string {
    return `${this.#what}: ${this.#done} of ${this.#total} ${this.#unit}${note}`
  }

  /** Takes the line away, before something else is written or for good. */
  end(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\x1b[2K')
  }
}
