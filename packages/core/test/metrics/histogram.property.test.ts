/** The histogram against the values themselves: counts are exact, and each value is known to within an eighth. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Histogram } from '../../src/metrics/histogram.ts'

const values = fc.array(fc.oneof(fc.nat(64), fc.nat(2 ** 31 - 1), fc.integer({ min: 0, max: 2 ** 46 })), {
  minLength: 1,
})

test('counts, sum, largest value and percentiles are those of what was recorded', () => {
  fc.assert(
    fc.property(values, (recorded) => {
      const histogram = new Histogram()
      for (const value of recorded) histogram.record(value)
      const { count, sum, max, p50, p90, p99, buckets } = histogram.data()
      const sorted = [...recorded].sort((left, right) => left - right)
      expect({ count, max }).toEqual({ count: recorded.length, max: sorted.at(-1) })
      expect(sum).toBe(recorded.reduce((total, value) => total + value, 0))
      expect(buckets.reduce((total, [, inBucket]) => total + inBucket, 0)).toBe(count)
      const percentiles: [number, number][] = [
        [50, p50],
        [90, p90],
        [99, p99],
      ]
      for (const [percent, found] of percentiles) {
        const exact = sorted[Math.ceil((sorted.length * percent) / 100) - 1] as number
        expect(found).toBeGreaterThanOrEqual(exact)
        expect(found).toBeLessThanOrEqual(exact * 1.125)
      }
    }),
  )
})

test('what is below 0 counts as 0, what is beyond the last bucket in it', () => {
  const histogram = new Histogram()
  for (const value of [-1, Number.NaN, 2 ** 60]) histogram.record(value)
  const { buckets, max } = histogram.data()
  expect(buckets[0]).toEqual([0, 2])
  expect(buckets).toHaveLength(2)
  expect(max).toBe(2 ** 60)
})
