/** The clock of the metrics: finer than the actors' own, since most turns take less than a microsecond. */
import type { Clock } from '../ports/clock.ts'

export interface MetricsClock {
  /** Nanoseconds since some fixed instant; never goes backwards. */
  nowNs(): number
}

/** A metrics clock that goes as `clock` does: where time is virtual, or nothing finer is known. */
export function metricsClockOf(clock: Clock): MetricsClock {
  return { nowNs: () => clock.now() * 1e6 }
}
