/**
 * Returns to the platform, after which all promises have run that were to run, to the last microtask, and what was rejected
 * with nobody to hear it was told. An iteration of the event loop takes a microsecond and asks the system for the time and for
 * events; but between two immediates of one iteration the platform does the same for promises. So many are set at once.
 */

/** Immediates of one iteration: what else waits for the event loop waits so much longer at most. */
const returnsAtOnce = 32
/** Taken before anything is patched. */
const setReturn = setImmediate

export class LoopReturns {
  /** Who waits for the next return. */
  #resume: (() => void) | undefined
  /** Those that are set; of an earlier batch nobody waits for any. */
  #batch = { left: 0 }
  readonly #wait = (resume: () => void): void => {
    this.#resume = resume
    if (this.#batch.left === 0) this.#setBatch()
  }

  /** Resolves once promises have run. One waits at a time. */
  next(): Promise<void> {
    return new Promise(this.#wait)
  }

  /** Resolves in another iteration of the event loop, once that had its breath. */
  breath(): Promise<void> {
    this.#batch = { left: 0 }
    return this.next()
  }

  #setBatch(): void {
    const batch = { left: returnsAtOnce }
    this.#batch = batch
    const run = () => {
      batch.left--
      if (batch === this.#batch) this.#goOn()
    }
    for (let count = 0; count < returnsAtOnce; count++) setReturn(run)
  }

  #goOn(): void {
    const resume = this.#resume
    this.#resume = undefined
    resume?.()
  }
}
