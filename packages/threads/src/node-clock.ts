/**
 * The real clock of a node. Its timers do not hold the process open: what does, between `createSystem` and `stop`, are
 * the threads, so that a timer left over after `stop` delays nothing.
 */
import type { Clock, ScheduledTask } from '@troupe/core'

/** The longest delay that `setTimeout` keeps; a longer one would fire at once. */
const timeoutMsMax = 2 ** 31 - 1

/** `Date.now`, kept from going backwards, and `setTimeout`. */
export class NodeClock implements Clock {
  #last = 0

  now(): number {
    this.#last = Math.max(this.#last, Date.now())
    return this.#last
  }

  schedule(delayMs: number, run: () => void): ScheduledTask {
    let timeout: NodeJS.Timeout
    const start = (leftMs: number) => {
      const partMs = Math.min(leftMs, timeoutMsMax)
      timeout = setTimeout(() => (leftMs > partMs ? start(leftMs - partMs) : run()), partMs).unref()
    }
    start(delayMs)
    return { cancel: () => clearTimeout(timeout) }
  }
}
