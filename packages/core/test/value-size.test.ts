/** What a value is taken to weigh: by what is in it. */
import { expect, test } from 'vitest'
import { approximateBytes } from '../src/value-size.ts'

test('a list weighs by its items, and one that is mostly holes by those it has', () => {
  const many = approximateBytes(Array.from({ length: 10_000 }, (_, index) => index))
  expect(many).toBeGreaterThan(10_000 * 8 - 1)
  const last = 2 ** 32 - 2
  const sparse: unknown[] = []
  sparse[last] = 'x'.repeat(1_000)
  expect(approximateBytes(sparse)).toBeGreaterThan(1_000)
  expect(approximateBytes(sparse)).toBeLessThan(2_000)
  const long = Array.from({ length: 1_000 }, () => 'x'.repeat(100))
  long[last] = 'x'
  expect(approximateBytes(long)).toBeGreaterThan(100_000)
  expect(approximateBytes(long)).toBeLessThan(200_000)
  expect(approximateBytes(new Array(last))).toBeLessThan(200)
})
