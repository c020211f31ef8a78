/**
 * The real world's clock, randomness and turn of the event loop, for hosts that live in it. Nothing here is Node's alone:
 * with `createLocalSystem({ realTime: realTime() })` actors live in real time in a browser too.
 */
import type { Clock, RealTime, ScheduledTask } from '@troupe/core'
import { SeededRandomSource } from '@troupe/core/host'

/** `Date.now`, kept from going backwards, and `setTimeout`. */
export class RealClock implements Clock {
  #last = 0

  now(): number {
    this.#last = Math.max(this.#last, Date.now())
    return this.#last
  }

  schedule(delayMs: number, run: () => void): ScheduledTask {
    // A longer delay would overflow and fire at once.
    const timeout = setTimeout(run, Math.min(delayMs, 2 ** 31 - 1))
    return { cancel: () => clearTimeout(timeout) }
  }
}

/** The platform's clock, streams seeded by its cryptographic generator, and its event loop. */
export function realTime(): RealTime {
  return {
    clock: new RealClock(),
    random: new SeededRandomSource(crypto.getRandomValues(new Uint32Array(1))[0] as number),
    defer: typeof setImmediate === 'function' ? (run) => void setImmediate(run) : (run) => void setTimeout(run, 0),
  }
}
