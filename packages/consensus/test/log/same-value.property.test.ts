/** What is the same value, held against Node's own comparison of values. */
import { isDeepStrictEqual } from 'node:util'
import { namedRef } from '@troupe/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KeyValueStore } from '../../src/index.ts'
import { isSameValue } from '../../src/log/same-value.ts'

const leaf = fc.oneof(
  fc.integer({ min: -1, max: 1 }),
  fc.double(),
  fc.constantFrom('', 'a', undefined, null, true, false, 0n, 1n),
  fc.uint8Array({ maxLength: 1 }),
  fc.constantFrom('a', 'b').map((node) => namedRef(KeyValueStore, { node, name: 'store' })),
)
const { value } = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, leaf, tie('list'), tie('object')),
  list: fc.array(tie('value'), { maxLength: 3 }),
  object: fc.dictionary(fc.constantFrom('a', 'b'), tie('value'), { noNullPrototype: true }),
}))

/** The same value, made anew, without fields that are `undefined` and with one zero. */
function normal(original: unknown): unknown {
  if (Object.is(original, -0)) return 0
  if (Array.isArray(original)) return original.map(normal)
  if (typeof original !== 'object' || original === null) return original
  if (Object.getPrototypeOf(original) !== Object.prototype) return original
  const kept = Object.entries(original).filter(([, item]) => item !== undefined)
  return Object.fromEntries(kept.map(([key, item]) => [key, normal(item)]))
}

test('values are the same exactly where Node takes them for equal', () => {
  fc.assert(
    fc.property(value, value, (left, right) => {
      expect(isSameValue(left, right)).toBe(isDeepStrictEqual(normal(left), normal(right)))
      expect(isSameValue(left, normal(left))).toBe(true)
    }),
    { numRuns: 3_000 },
  )
})

test('maps and sets are compared in their order, and what leads back to itself has an end', () => {
  expect(isSameValue({ a: new Map([[1, 2]]) }, { a: new Map([[1, 2]]) })).toBe(true)
  expect(isSameValue(new Map([[1, 2]]), new Map([[1, 3]]))).toBe(false)
  expect(isSameValue(new Set([1, 2]), new Set([2, 1]))).toBe(false)
  const cycle = (end: number): unknown[] => {
    const list: unknown[] = [end]
    list.push(list)
    return list
  }
  expect(isSameValue(cycle(1), cycle(1))).toBe(true)
  expect(isSameValue(cycle(1), cycle(2))).toBe(false)
})
