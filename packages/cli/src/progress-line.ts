/** The line on standard error that says how far a command is: written over and over for a person, one after the other in a file. */
import type { TextStream } from './terminal.ts'

/** How often the line is written over at most. */
const redrawEveryMs = 100

/** Where progress is written. */
export class ProgressLine {
  readonly #stream: TextStream
  readonly #now: () => number
  #drawnAt = Number.NEGATIVE_INFINITY

  /** `now`: the time in milliseconds. */
  constructor(stream: TextStream, now = () => performance.now()) {
    this.#stream = stream
    this.#now = now
  }

  /** For a person: writes `text` over the line that is there, unless that was drawn a moment ago. */
  draw(text: () => string): void {
    if (!this.#stream.isTTY) return
    const now = this.#now()
    if (now - this.#drawnAt < redrawEveryMs) return
    this.#drawnAt = now
    this.#stream.write(`\r\x1b[2K${text()}`)
  }

  /** For a file: adds a line. */
  write(text: string): void {
    if (!this.#stream.isTTY) this.#stream.write(`${text}\n`)
  }

  /** Takes the line away, before something else is written or for good. */
  end(): void {
    if (this.#stream.isTTY) this.#stream.write('\r\x1b[2K')
  }
}
