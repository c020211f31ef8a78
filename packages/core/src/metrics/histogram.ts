/**
 * A histogram of fixed size: eight buckets for each power of two, so that a value is known to within 12.5 per cent, from
 * 0 to 2^47. Recording is some shifts and one addition in a typed array, allocates nothing and has no dependency; an
 * HDR histogram knows its values better, and costs more than the turn that is measured.
 */

const subBucketBits = 3
const subBuckets = 1 << subBucketBits
const exponentMax = 47
const bucketCount = (exponentMax - subBucketBits + 1) * subBuckets

/** What was recorded, as plain data, in the unit that its name ends with. */
export interface HistogramData {
  readonly count: number
  readonly sum: number
  readonly max: number
  /** Values that so many per cent of the recorded ones do not exceed, to within 12.5 per cent; 0 when there is none. */
  readonly p50: number
  readonly p90: number
  readonly p99: number
  /** The buckets that are not empty: the largest value of the bucket, and how many values lie in it. */
  readonly buckets: readonly (readonly [upTo: number, count: number])[]
}

export class Histogram {
  readonly #buckets = new Float64Array(bucketCount)
  #count = 0
  #sum = 0
  #max = 0

  /** Counts a value; what is below 0 counts as 0, fractions are dropped. */
  record(value: number): void {
    if (!(value > 0)) value = 0
    const index = bucketOf(value)
    this.#buckets[index] = (this.#buckets[index] as number) + 1
    this.#count++
    this.#sum += value
    if (value > this.#max) this.#max = value
  }

  /** What was recorded so far, each value multiplied by `scale`. */
  data(scale = 1): HistogramData {
    const buckets: [number, number][] = []
    for (let index = 0; index < bucketCount; index++) {
      const count = this.#buckets[index] as number
      if (count > 0) buckets.push([upperBoundOf(index) * scale, count])
    }
    const max = this.#max * scale
    const at = (percent: number) => {
      let left = Math.ceil((this.#count * percent) / 100)
      for (const [upTo, count] of buckets) {
        left -= count
        if (left <= 0) return Math.min(upTo, max)
      }
      return 0
    }
    return { count: this.#count, sum: this.#sum * scale, max, p50: at(50), p90: at(90), p99: at(99), buckets }
  }
}

/** The bucket of a value from 0. The first eight hold one whole number each. */
function bucketOf(value: number): number {
  if (value < subBuckets) return value | 0
  if (value < 2 ** 31) {
    const whole = value | 0
    const exponent = 31 - Math.clz32(whole)
    return (exponent - subBucketBits) * subBuckets + (whole >>> (exponent - subBucketBits))
  }
  // A shift takes 32 bits: the buckets of what is 2^16 times as large lie 16 exponents further on.
  const index = bucketOf(Math.floor(value / 2 ** 16)) + 16 * subBuckets
  return index < bucketCount ? index : bucketCount - 1
}

/** The largest whole number in a bucket. */
function upperBoundOf(index: number): number {
  if (index < subBuckets) return index
  const exponent = (index >> subBucketBits) - 1
  return ((index & (subBuckets - 1)) + subBuckets + 1) * 2 ** exponent - 1
}
