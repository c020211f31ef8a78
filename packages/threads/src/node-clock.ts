/**
 * The real clock of a node. Its timers do not hold the process open: what does, between `createSystem` and `stop`, are
 * the threads, so that a timer left over after `stop` delays nothing.
 */
import type { ScheduledTask } from '@troupe/core'
import { RealClock } from './real-time.ts'

/** The longest delay that `setTimeout` keeps; a longer one would fire at once. */
const timeoutMsMax = 2 ** 31 - 1

/** The platform's clock, whose timers let the process end and may be as long as one likes. */
export class NodeClock extends RealClock {
  override schedule(delayMs: number, run: () => void): ScheduledTask {
    let timeout: NodeJS.Timeout
    const start = (leftMs: number) => {
      const partMs = Math.min(leftMs, timeoutMsMax)
      timeout = setTimeout(() => (leftMs > partMs ? start(leftMs - partMs) : run()), partMs).unref()
    }
    start(delayMs)
    return { cancel: () => clearTimeout(timeout) }
  }
}
