/**
 * The real world's clock, randomness and turn of the event loop, for hosts that run in it. The one module of core
 * that touches them; nothing else in core imports it.
 */
import type { Clock, ScheduledTask } from './ports/clock.ts'
import type { RandomSource } from './ports/random.ts'
import { SeededRandomSource } from './seeded-random.ts'

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

/** What a local system takes to live in real time: `createLocalSystem({ realTime: realTime() })`. */
export interface RealTime {
  readonly clock: Clock
  readonly random: RandomSource
  /** Runs `run` in a later turn of the event loop, after I/O and timers had their chance. */
  defer(run: () => void): void
}

/** The platform's clock, streams seeded by its cryptographic generator, and its event loop. */
export function realTime(): RealTime {
  return {
    clock: new RealClock(),
    random: new SeededRandomSource(crypto.getRandomValues(new Uint32Array(1))[0] as number),
    defer: typeof setImmediate === 'function' ? (run) => void setImmediate(run) : (run) => void setTimeout(run, 0),
  }
}
