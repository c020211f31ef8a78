/** How a node that has come up is heard of. */
import type { Arrival } from './agenda.ts'

/** What a node that has come up has the others know. */
export class Hello implements Arrival {
  /** A fraction, as in a flight: what reads both finds numbers of one kind. */
  atMs = 0.5
  order = 0
  readonly #heard: () => void

  constructor(heard: () => void) {
    this.#heard = heard
  }

  run(): void {
    this.#heard()
  }
}
