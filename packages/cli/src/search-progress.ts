/** Progress of a search, which nobody knows the end of, on standard error: one line, or for a file a line each ten seconds. */
import type { SearchProgress } from '@troupe/checker'
import { ProgressLine } from './progress-line.ts'
import type { Terminal } from './terminal.ts'

/** Milliseconds between two lines in a file. */
const lineEveryMs = 10_000

/** Tells how far one search is. */
export class SearchProgressLine {
  readonly #line: ProgressLine
  readonly #what: string
  readonly #now: () => number
  readonly #startedAt: number
  #writtenAt: number

  /** The line is `what: 20000 distinct states, depth 12, 30 s`. `now`: the time in milliseconds. */
  constructor({ stderr }: Terminal, what: string, now = () => performance.now()) {
    this.#line = new ProgressLine(stderr, now)
    this.#what = what
    this.#now = now
    this.#startedAt = now()
    this.#writtenAt = this.#startedAt
  }

  /** The search is so far. */
  readonly show = ({ distinct, depth }: SearchProgress): void => {
    const now = this.#now()
    const text = () =>
      `${this.#what}: ${distinct} distinct states, depth ${depth}, ${Math.floor((now - this.#startedAt) / 1_000)} s`
    this.#line.draw(text)
    if (now - this.#writtenAt < lineEveryMs) return
    this.#writtenAt = now
    this.#line.write(text())
  }

  /** Takes the line away. */
  end(): void {
    this.#line.end()
  }
}
