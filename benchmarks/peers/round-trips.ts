/** Round trips as peers make them whose calls are promises: one after the other, or many under way at once. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Outcome } from './contract.ts'
import { restMs } from './workloads.ts'

/** Round trips that warm up both sides where each is rested for: their own few hundred would be measured half compiled. */
const warmUpTrips = 50_000
let isWarm = false

/** Latencies of `count` round trips, one after the other; in the variant `rested` after a rest each. */
export async function oneByOne(count: number, variant: string, roundTrip: () => Promise<unknown>): Promise<Outcome> {
  if (variant === 'rested' && !isWarm) {
    isWarm = true
    for (let left = warmUpTrips; left > 0; left--) await roundTrip()
  }
  const latencies = new Float64Array(count)
  for (let index = 0; index < count; index++) {
    if (variant === 'rested') await sleep(restMs)
    const started = performance.now()
    await roundTrip()
    latencies[index] = (performance.now() - started) * 1e6
  }
  return { completed: count, latencies }
}

/** Makes `count` calls, `lanes` of them under way at once; the sum of what those returned that returned a number. */
export async function inLanes(
  lanes: number,
  count: number,
  call: (index: number) => Promise<number | void>,
): Promise<number> {
  let next = 0
  let sum = 0
  const lane = async () => {
    while (next < count) {
      const result = await call(next++)
      sum += result ?? 0
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))
  return sum
}
