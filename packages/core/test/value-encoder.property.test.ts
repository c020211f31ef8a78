/** The encoder of usual values, held against msgpackr, whose bytes it is to write: over random values, and at each limit. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Packr } from 'msgpackr/pack'
import { describe, expect, test } from 'vitest'
import { Ref, ReplyToken } from '../src/actor-ref.ts'
// It makes references known to msgpackr.
import '../src/value-codec.ts'
import { oddKeys } from '../src/object-kinds.ts'
import { ValueEncoder } from '../src/value-encoder.ts'

const packr = new Packr({ useRecords: true, structuredClone: true, moreTypes: true, useToJSON: false })
const encoder = new ValueEncoder()

function assertSame(value: unknown): void {
  const bytes = encoder.encode(value)
  assert.ok(bytes !== undefined, 'the value is a usual one')
  assert.deepStrictEqual(Array.from(bytes), Array.from(packr.pack(value)))
}

const ascii = fc.string({ unit: 'binary-ascii' })
const leaf = fc.oneof(
  fc.double().filter((number) => !Object.is(number, -0)),
  fc.integer(),
  fc.integer({ min: -300, max: 300 }),
  ascii,
  fc.string({ unit: 'binary-ascii', minLength: 40, maxLength: 300 }),
  fc.boolean(),
  fc.constantFrom(null, undefined),
  fc.uint8Array({ maxLength: 300 }),
  fc.nat().map((slot) => new Ref('node-1', 0, slot, slot)),
  fc.constant(new Ref('node-2', -1, -1, -1, 'log')),
  fc.nat().map((askId) => new ReplyToken('node-1', 2, askId)),
)
// Few, so that no value has more kinds of objects than are written in the usual way.
const key = fc.constantFrom('', 'ballot', '1')
const { value } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, leaf, tie('list'), tie('object'), tie('map')),
  list: fc.array(tie('value'), { maxLength: 20 }),
  object: fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }).map((entries) => Object.fromEntries(entries)),
  map: fc.array(fc.tuple(leaf, tie('value')), { maxLength: 4 }).map((entries) => new Map(entries as [])),
}))

test('usual values have the bytes that msgpackr gives them', () => {
  fc.assert(fc.property(value, assertSame), { numRuns: 1_000 })
})

test('so have values in which objects are more than once, or within themselves', () => {
  const ref = new Ref('node-1', 0, 1, 2)
  const picks = fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(fc.array(value, { maxLength: 25 }), picks, (values, places) => {
      const list: unknown[] = [ref, ...values, {}, new Map(), [], ref]
      const all: unknown[] = places.map((place) => list[place % list.length])
      assertSame({ all, list, again: [all, { list }] })
      list.push(list)
      assertSame([all, list])
    }),
    { numRuns: 300 },
  )
})

test('so have objects of whatever keys', () => {
  const keys = fc.uniqueArray(ascii, { maxLength: 10 })
  const named = (names: string[]) => Object.fromEntries(names.map((name, index) => [name, index]))
  fc.assert(
    fc.property(keys, (names) => {
      const { length } = names
      fc.pre(!names.some((name) => oddKeys.has(name)))
      assertSame([named(names), named(names.slice(length >> 1)), named(names)])
    }),
    { numRuns: 200 },
  )
})

describe('at the limits', () => {
  const edges = [0, 0x1f, 0x20, 0x3f, 0x40, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x1_0000, 2 ** 31, 2 ** 32]
  test('numbers', () => {
    for (const edge of edges)
      for (const number of [edge - 1, edge, edge + 1, 1 - edge, -1 - edge, edge + 0.5]) assertSame(number)
    assertSame([Number.NaN, Number.POSITIVE_INFINITY, Number.MAX_SAFE_INTEGER, Number.MIN_VALUE])
  })

  test('lengths of texts, lists and maps', () => {
    for (const length of [0, 15, 16, 31, 32, 47, 48, 63, 64, 255, 256, 65_535, 65_536]) {
      assertSame('x'.repeat(length))
      assertSame(new Array(length).fill(length))
      assertSame(new Map(Array.from({ length }, (_, index) => [index, 'y'])))
    }
  })

  test('a value that is larger than a chunk, between others', () => {
    const large = Array.from({ length: 5_000 }, (_, index) => ({
      slot: index,
      command: { op: 'put', key: `k${index}` },
    }))
    const shared = { text: 'x'.repeat(20_000), bytes: new Uint8Array(0xfffe) }
    assertSame([shared, { shared }, large, shared])
    for (const one of ['before', large, 'after', { large }, []]) assertSame(one)
  })

  test('many kinds of objects, again and again', () => {
    const kinds = Array.from({ length: 32 }, (_, index) => ({ [`field${index}`]: index, both: true }))
    assertSame(kinds)
    assertSame([...kinds.map((kind) => ({ ...kind })), ...kinds])
  })

  test('bytes that were returned stay as they are', () => {
    const first = encoder.encode({ a: 1 }) as Uint8Array
    const before = Array.from(first)
    for (let index = 0; index < 2_000; index++) encoder.encode({ a: index, b: 'text' })
    expect(Array.from(first)).toEqual(before)
  })
})

test('what is not usual is left to the general way', () => {
  const repeated = Array.from({ length: 65 }, () => ({}))
  let deep: unknown = 1
  for (let depth = 0; depth < 100; depth++) deep = [deep]
  const unusual = [
    -0,
    1n,
    'ä',
    `${'x'.repeat(100)}ä`,
    '\ud800',
    Symbol('symbol'),
    () => {},
    new Date(0),
    new Set(),
    new Uint8Array(0xffff),
    new Uint16Array(1),
    Buffer.of(1),
    new (class extends Array {})(),
    Object.create(null),
    [repeated, ...repeated],
    deep,
    { constructor: 1 },
    { ä: 1 },
    JSON.parse('{"__proto__":1}'),
    Array.from({ length: 33 }, (_, index) => ({ [`field${index}`]: index })),
  ]
  for (const value of unusual) {
    expect(encoder.encode(value)).toBeUndefined()
    expect(encoder.encode({ value })).toBeUndefined()
    assertSame({ after: [{}, {}] })
  }
})

test('a reference that is none is refused, and the next value is written as ever', () => {
  const bad = new Ref('node-1', 0.5, 1, 2)
  expect(() => encoder.encode([{}, bad])).toThrow(/not a reference/)
  assertSame([{}, {}])
})

test('a field that is a getter may have another value written', () => {
  const inner: unknown[] = []
  const value = {
    get field() {
      inner.push(encoder.encode([1]))
      return 1
    },
    after: {},
  }
  const bytes = encoder.encode(value)
  expect(inner).toEqual([undefined])
  expect(bytes).toEqual(encoder.encode({ field: 1, after: {} }))
})
