/** Canonical forms: equal for equal values whatever their order, different for different ones. */
import { namedRef, ReplyToken } from '@troupe/core'
import { Ref } from '@troupe/core/host'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { frozenOfKey, valueOfKey } from '../src/canonical-text.ts'
import { canonicalKey, canonicalValue, frozen } from '../src/canonical-value.ts'
import { StructureTable } from '../src/structure-table.ts'

const refuse = (path: string, what: string) => new Error(`${path} is ${what}`)
const form = (value: unknown) => canonicalValue(value, 'value', refuse)

/** A description of a value, from which the same value can be built in any order. */
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { maxDepth: 4 },
    fc.record({
      kind: fc.constant('leaf' as const),
      leaf: fc.oneof(
        fc.constantFrom(undefined, null, true, false, 0, -0, Number.NaN, 1n, '', '1', 'null', 'a,b', '"', '__proto__'),
        fc.double(),
        fc.string(),
        fc.constantFrom('x', 'y').map((name) => namedRef(null as any, { node: 'n', name })),
      ),
    }),
    fc.record({
      kind: fc.constantFrom('array' as const, 'set' as const),
      items: fc.array(tie('any'), { maxLength: 4 }),
    }),
    fc.record({
      kind: fc.constantFrom('map' as const, 'object' as const),
      items: fc.uniqueArray(fc.tuple(fc.string(), tie('any')), { selector: ([key]) => key, maxLength: 4 }),
    }),
  ),
})).any as fc.Arbitrary<any>

function build(description: any, backwards: boolean): unknown {
  const { kind, leaf, items } = description
  if (kind === 'leaf') return leaf
  if (kind === 'array') return items.map((item: any) => build(item, backwards))
  const ordered = backwards ? items.toReversed() : items
  if (kind === 'set') return new Set(ordered.map((item: any) => build(item, backwards)))
  const entries = ordered.map(([key, item]: any) => [key, build(item, backwards)])
  return kind === 'map' ? new Map(entries) : Object.fromEntries(entries)
}

test('the order of insertion does not show, and the copy is the same value', () => {
  fc.assert(
    fc.property(value, (description) => {
      const forwards = form(build(description, false))
      const backwards = form(build(description, true))
      expect(backwards.key).toBe(forwards.key)
      expect(backwards.value).toEqual(forwards.value)
      expect(form(frozen(forwards.value)).key).toBe(forwards.key)
      expect(canonicalKey(build(description, true), 'value', refuse)).toBe(forwards.key)
    }),
  )
})

test('a key is read back as the value that it was made of', () => {
  fc.assert(
    fc.property(value, (description) => {
      const { key, value: copy } = form(build(description, false))
      expect(valueOfKey(key)).toStrictEqual(copy)
      expect(form(valueOfKey(key)).key).toBe(key)
      expect(form(frozenOfKey(key)).key).toBe(key)
    }),
  )
  const tokens = [new ReplyToken('n', 2, 7), new Ref('n', 1, 2, 3), new Ref('n.1/2', -1, -1, -1, 'a/b')]
  expect(valueOfKey(form(tokens).key)).toStrictEqual(tokens)
})

test('numbers by structure are equal exactly when keys are', () => {
  fc.assert(
    fc.property(fc.array(value, { minLength: 2, maxLength: 12 }), (descriptions) => {
      const structures = new StructureTable()
      const keys = new Map<number, string>()
      const numbers = new Map<string, number>()
      for (const description of [...descriptions, ...descriptions]) {
        for (const backwards of [false, true]) {
          const built = build(description, backwards)
          const number = structures.numberOf(built)
          const { key, value: copy } = form(built)
          expect(number).toBeGreaterThanOrEqual(0)
          expect(keys.get(number) ?? key).toBe(key)
          expect(numbers.get(key) ?? number).toBe(number)
          keys.set(number, key)
          numbers.set(key, number)
          structures.remember(frozen(copy), number)
        }
      }
    }),
    { numRuns: 300 },
  )
  const structures = new StructureTable()
  const circle: unknown[] = []
  circle.push(circle)
  expect([circle, new Date(0), () => 0, { deep: [Symbol.iterator] }].map((one) => structures.numberOf(one))).toEqual([
    -1, -1, -1, -1,
  ])
  expect(structures.numberOf([1])).toBeGreaterThanOrEqual(0)
})

test('different values have different forms', () => {
  fc.assert(
    fc.property(value, value, (left, right) => {
      const [one, other] = [build(left, false), build(right, false)]
      fc.pre(form(one).key === form(other).key)
      expect(form(one).value).toStrictEqual(form(other).value)
    }),
    { numRuns: 20, maxSkipsPerRun: 1_000 },
  )
})

test.each([
  [[1, 2], [12]],
  [['1'], [1]],
  [{ a: undefined }, {}],
  [new Set([1]), new Map([[1, undefined]])],
  [new Set(), new Map()],
  [[], {}],
  [0, -0],
  [null, 'null'],
  [1n, 1],
  [namedRef(null as any, { node: 'n', name: 'x' }), '@"n/x"'],
  [{ 'a":1,"b': 1 }, { a: 1, b: 1 }],
])('%o is not %o', (left, right) => {
  expect(form(left).key).not.toBe(form(right).key)
})

test('keys of a Map that are equal objects are entries of their own, in any order', () => {
  const entries: [object, number][] = [
    [{ a: 1 }, 2],
    [{ a: 1 }, 1],
  ]
  const both = form(new Map(entries))
  expect(form(new Map(entries.toReversed())).key).toBe(both.key)
  expect((both.value as Map<object, number>).size).toBe(2)
})

test('the copy shares nothing, so that what was one object in two places is two', () => {
  const shared = { count: 0 }
  const { left, right } = form({ left: shared, right: shared }).value as any
  left.count++
  expect([left.count, right.count, shared.count]).toEqual([1, 0, 0])
})

test('an array that is mostly holes is refused at once, and one with some is as if they were undefined', () => {
  const sparse: unknown[] = []
  sparse[4_000_000_000] = 1
  expect(() => form({ sparse })).toThrow('value.sparse is an array that is mostly holes')
  const some = Array.from({ length: 100 }, (_, index) => index)
  const filled: (number | undefined)[] = [...some]
  for (let index = 50; index < 100; index += 2) {
    delete some[index]
    filled[index] = undefined
  }
  expect(form(some)).toEqual(form(filled))
})
