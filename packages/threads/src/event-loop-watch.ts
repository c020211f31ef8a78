/**
 * What else than the doorbell an event loop had to do, so that a thread knows whether blocking would keep somebody waiting:
 * sockets, files, ports. Timers are no events.
 */
import { performance } from 'node:perf_hooks'

/** Looks without an event of others, after which none is expected. */
const calmLooks = 64

export class EventLoopWatch {
  #events = 0
  #wakes = 0
  #looksLeft = calmLooks

  /** The turns that the event loop has had. */
  get turns(): number {
    return performance.nodeTiming.uvMetricsInfo.loopCount
  }

  /** True when an event may come: one that was not the doorbell's came lately. `wakes` is how often the doorbell's did. */
  mayHaveEvents(wakes: number): boolean {
    const { events } = performance.nodeTiming.uvMetricsInfo
    const others = events - this.#events - (wakes - this.#wakes)
    this.#events = events
    this.#wakes = wakes
    if (others > 0) this.#looksLeft = calmLooks
    else if (this.#looksLeft > 0) this.#looksLeft--
    return this.#looksLeft > 0
  }
}
