/** How a node that has come up is heard of. */
import type { Arrival } from './agenda.ts'

/** What a node that has come up has the others know. */
export class Hello implements Arrival {
  atMs = 0
  order = 0
  readonly #heard: () => void

  constructor(heard: () => void) {
    this.#heard = heard
  }

  run(): void {
    this.#heard()
  }
}
