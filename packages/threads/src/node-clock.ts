/**
 * The real clock of a node. Its timers do not hold the process open: what does, between `createSystem` and `stop`, are
 * the threads, so that a timer left over after `stop` delays nothing.
 */
import type { ScheduledTask } from '@troupe/core'
import { RealClock } from './real-time.ts'

/** The platform's clock, whose timers let the process end. */
export class NodeClock extends RealClock {
  protected override startTimeout(delayMs: number, run: () => void): ScheduledTask {
    const timeout = setTimeout(run, delayMs).unref()
    return { cancel: () => clearTimeout(timeout) }
  }
}
