/** Progress of a long command on standard error: one line written over and over, or for a file a line each tenth. */
import { ProgressLine } from './progress-line.ts'
import { counted, type Terminal } from './terminal.ts'

/** Fewer steps than this need no lines in a file. */
const linesFromSteps = 50

/** Counts the steps of one piece of work. */
export class Progress {
  readonly #line: ProgressLine
  readonly #what: string
  readonly #total: number
  readonly #unit: string
  #done = 0

  /** The line is `what: 200 of 1000 seeds`, `total` the last of these numbers and `unit` what is counted, one of them. */
  constructor({ stderr }: Terminal, what: string, total: number, unit = 'seed') {
    this.#line = new ProgressLine(stderr)
    this.#what = what
    this.#total = total
    this.#unit = unit
  }

  /** One step is done; `note` is added to the line. */
  step(note = ''): void {
    this.#done++
    this.during(note)
    if (this.#total < linesFromSteps || this.#done % Math.ceil(this.#total / 10) !== 0) return
    this.#line.write(this.#text(note))
  }

  /** A step goes on; a person sees `note`, a file does not. */
  during(note: string): void {
    this.#line.draw(() => this.#text(note))
  }

  #text(note: string): string {
    return `${this.#what}: ${this.#done} of ${counted(this.#total, this.#unit)}${note}`
  }

  /** Takes the line away, before something else is written or for good. */
  end(): void {
    this.#line.end()
  }
}
