/**
 * The real world's clock, randomness and turn of the event loop, for hosts that live in it. Nothing here is Node's alone:
 * with `createLocalSystem({ realTime: realTime() })` actors live in real time in a browser too.
 */
import type { Clock, MetricsClock, RealTime, ScheduledTask } from '@troupe/core'
import { SeededRandomSource } from '@troupe/core/host'
import { TimerQueue } from './timer-queue.ts'
import { turnScopes } from './turn-scopes.ts'

export { turnScopes } from './turn-scopes.ts'

/** The global one is a getter, which costs as much as the clock. */
const { performance } = globalThis

/** `Date.now`, kept from going backwards, and timers that run in the order in which they are due. */
export class RealClock implements Clock {
  readonly slackMs: number = 20
  readonly #timers = new TimerQueue({
    now: () => performance.now(),
    start: (delayMs, run) => this.startTimeout(delayMs, run),
  })
  #last = 0

  now(): number {
    this.#last = Math.max(this.#last, Date.now())
    return this.#last
  }

  monotonicNow(): number {
    return performance.now()
  }

  schedule(delayMs: number, run: () => void): ScheduledTask {
    return this.#timers.schedule(delayMs, run)
  }

  /** Starts a timer of the platform. */
  protected startTimeout(delayMs: number, run: () => void): ScheduledTask {
    const timeout = setTimeout(run, delayMs)
    return { cancel: () => clearTimeout(timeout) }
  }
}

/** `performance.now`, which is as fine as the platform's clock. */
export const performanceClock: MetricsClock = { nowNs: () => performance.now() * 1e6 }

/** The platform's clock, streams seeded by its cryptographic generator, and its event loop. */
export function realTime(): RealTime {
  const scopes = turnScopes()
  return {
    ...(scopes === undefined ? {} : { scopes }),
    clock: new RealClock(),
    metrics: performanceClock,
    random: new SeededRandomSource(crypto.getRandomValues(new Uint32Array(1))[0] as number),
    defer: typeof setImmediate === 'function' ? (run) => void setImmediate(run) : (run) => void setTimeout(run, 0),
  }
}
