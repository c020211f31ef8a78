/** Digests are equal exactly where the journal's bytes are, and there is no difference to be told, for data of every kind. */
import { namedRef } from '@troupe/core'
import { encodeValue } from '@troupe/core/host'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KeyValueStore } from '../../src/index.ts'
import { firstDifference } from '../../src/log/value-difference.ts'
import { unorderedDigest, valueDigest } from '../../src/log/value-digest.ts'

const leaf = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true }),
  fc.string({ maxLength: 4 }),
  fc.boolean(),
  fc.constant(undefined),
  fc.constant(null),
  fc.bigInt({ min: -5n, max: 5n }),
  fc.uint8Array({ maxLength: 3 }),
  fc.constant(namedRef(KeyValueStore, { node: 'node-1', name: 'store' })),
)
const { value } = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, leaf, tie('list'), tie('map'), tie('set'), tie('object')),
  list: fc.array(tie('value'), { maxLength: 4 }),
  map: fc.array(fc.tuple(leaf, tie('value')), { maxLength: 4 }).map((entries) => new Map(entries)),
  set: fc.array(leaf, { maxLength: 4 }).map((items) => new Set(items)),
  object: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { noNullPrototype: true }),
}))

/** The same value, made anew. */
function madeAnew(original: unknown): unknown {
  if (Array.isArray(original)) return original.map(madeAnew)
  if (original instanceof Map) return new Map([...original].map(([key, item]) => [key, madeAnew(item)]))
  if (original instanceof Set) return new Set(original)
  if (typeof original !== 'object' || original === null) return original
  if (Object.getPrototypeOf(original) !== Object.prototype) return original
  return Object.fromEntries(Object.entries(original).map(([key, item]) => [key, madeAnew(item)]))
}

test('two values have one digest exactly when they have the same bytes', () => {
  const bytesOf = (each: unknown) => Buffer.from(encodeValue(each)).toString('hex')
  fc.assert(
    fc.property(value, value, (left, right) => {
      expect(valueDigest(left) === valueDigest(right)).toBe(bytesOf(left) === bytesOf(right))
      expect(valueDigest(madeAnew(left))).toBe(valueDigest(left))
      expect(firstDifference(left, right) === undefined).toBe(valueDigest(left) === valueDigest(right))
      expect(firstDifference(madeAnew(left), left)).toBe(undefined)
    }),
    { numRuns: 2_000 },
  )
})

/** The same value, made anew with its keys and entries the other way round. */
function turnedRound(original: unknown): unknown {
  if (Array.isArray(original)) return original.map(turnedRound)
  if (original instanceof Map) return new Map([...original].toReversed().map(([key, item]) => [key, turnedRound(item)]))
  if (original instanceof Set) return new Set([...original].toReversed())
  if (typeof original !== 'object' || original === null) return original
  if (Object.getPrototypeOf(original) !== Object.prototype) return original
  const entries = Object.entries(original).toReversed()
  return Object.fromEntries(entries.map(([key, item]) => [key, turnedRound(item)]))
}

test('two values that differ in the order of their entries alone have one digest without it, others have not', () => {
  const digestOf = (each: unknown) => JSON.stringify([unorderedDigest(each).low, unorderedDigest(each).high])
  fc.assert(
    fc.property(value, value, (left, right) => {
      expect(digestOf(turnedRound(left))).toBe(digestOf(left))
      if (valueDigest(left) === valueDigest(right)) expect(digestOf(left)).toBe(digestOf(right))
    }),
  )
  const others: unknown[] = [
    ...[[], {}, new Map(), new Set(), [1, 2], [2, 1], new Set([1, 2]), new Map([[1, 2]]), new Map([[2, 1]])],
    ...[{ a: 1, b: 2 }, { a: 2, b: 1 }, { a: 1 }, { a: 1, b: undefined }, ['map', [[1, 2]]]],
  ]
  expect(new Set(others.map(digestOf)).size).toBe(others.length)
})

test('what is alike and not the same has other digests', () => {
  const alike: unknown[] = [
    ...[[], {}, new Map(), new Set(), [[]], [[], []], [1, [2]], [[1], 2], [1, 2]],
    ...[new Set([1, 2]), new Set([2, 1]), new Map([[1, 2]]), { a: 1 }, { a: 1, b: undefined }, { b: undefined, a: 1 }],
    ...[{ a: 1, b: null }, '', 'a', ['a', 'b'], ['ab', ''], 0, -0, false, undefined, null, 0n],
  ]
  expect(new Set(alike.map(valueDigest)).size).toBe(alike.length)
})

test('a value that leads back to itself, or is very deep, has a digest', () => {
  const cycle = (): unknown[] => {
    const list: unknown[] = [1]
    list.push(list)
    return list
  }
  expect(valueDigest(cycle())).toBe(valueDigest(cycle()))
  const deep = (bottom: number) => Array.from({ length: 100 }).reduce<unknown>((inner) => [inner], bottom)
  expect(valueDigest(deep(1))).toBe(valueDigest(deep(1)))
  expect(valueDigest(deep(1))).not.toBe(valueDigest(deep(2)))
})
