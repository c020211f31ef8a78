/** The decoder of usual values, held against msgpackr: over random values, over their bytes when they are damaged, and at limits. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { Packr } from 'msgpackr/pack'
import { expect, test } from 'vitest'
import { Ref, ReplyToken } from '../src/actor-ref.ts'
// It makes references known to msgpackr.
import '../src/value-codec.ts'
import { unusual, ValueDecoder } from '../src/value-decoder.ts'

const packr = new Packr({ useRecords: true, structuredClone: true, moreTypes: true, useToJSON: false })
const decoder = new ValueDecoder()

/** What `read` returns or throws. */
function outcomeOf(read: () => unknown): unknown {
  try {
    return { value: read() }
  } catch (error) {
    return { error: String(error) }
  }
}

/** Bytes of their own: msgpackr notes something on those that it reads. */
const unpacked = (bytes: Uint8Array) => packr.unpack(new Uint8Array(bytes))

function assertSame(value: unknown): void {
  const bytes = new Uint8Array(packr.pack(value))
  const decoded = decoder.decode(bytes)
  assert.notEqual(decoded, unusual, 'the value is a usual one')
  assert.deepStrictEqual(decoded, unpacked(bytes))
}

const leaf = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.integer({ min: -300, max: 300 }),
  fc.string({ unit: 'binary-ascii' }),
  fc.string({ unit: 'binary-ascii', minLength: 20, maxLength: 300 }),
  fc.boolean(),
  fc.constantFrom(null, undefined, 0xff, 0x100, 0xffff, 0x1_0000, 2 ** 31, 2 ** 32 - 1, -0x80, -0x81, -0x8000, -0x8001),
  fc.uint8Array({ maxLength: 300 }),
  fc.nat().map((slot) => new Ref('node-1', 0, slot, slot)),
  fc.constant(new Ref('node-2', -1, -1, -1, 'log')),
  fc.nat().map((askId) => new ReplyToken('node-1', 2, askId)),
)
const key = fc.oneof(
  fc.constantFrom('', 'ballot', '1', 'constructor', 'toString', 'a-b'),
  fc.string({ unit: 'binary-ascii' }).filter((name) => name !== '__proto__' && name !== '__keys__'),
)
const { value } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, leaf, tie('list'), tie('object'), tie('map')),
  list: fc.array(tie('value'), { maxLength: 20 }),
  object: fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }).map((entries) => Object.fromEntries(entries)),
  map: fc.array(fc.tuple(leaf, tie('value')), { maxLength: 20 }).map((entries) => new Map(entries as [])),
}))

test('usual values are what msgpackr makes of the same bytes', () => {
  fc.assert(fc.property(value, assertSame), { numRuns: 1_000 })
})

test('so are values in which objects are more than once, one object again', () => {
  const picks = fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 40 })
  fc.assert(
    fc.property(fc.array(value, { maxLength: 25 }), picks, (values, places) => {
      const list: unknown[] = [...values, {}, new Map(), []]
      const all = places.map((place) => list[place % list.length])
      assertSame({ all, list, again: [all, { list }] })
    }),
    { numRuns: 300 },
  )
  const shared = { a: 1 }
  const [left, right] = decoder.decode(new Uint8Array(packr.pack([shared, shared]))) as object[]
  expect(left).toBe(right)
})

test('objects of one kind are what they were, however many were read before', () => {
  for (let slot = 0; slot < 50; slot++) assertSame([{ slot, op: 'put' }, { op: 'get' }, { slot, op: 'put' }])
})

test('of damaged bytes it makes what msgpackr makes of them, or leaves them to it', () => {
  const damage = fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }), length: fc.nat() })
  let read = 0
  fc.assert(
    fc.property(value, fc.array(damage, { minLength: 1, maxLength: 3 }), (original, damages) => {
      let bytes = new Uint8Array(packr.pack(original))
      for (const { at, byte, length } of damages) {
        if (bytes.length > 0) bytes[at % bytes.length] = byte
        if (length % 4 === 0) bytes = bytes.slice(0, length % (bytes.length + 1))
      }
      const decoded = outcomeOf(() => decoder.decode(bytes)) as { value?: unknown }
      if (decoded.value === unusual) return
      read++
      assert.deepStrictEqual(
        decoded,
        outcomeOf(() => unpacked(bytes)),
      )
    }),
    { numRuns: 5_000 },
  )
  expect(read).toBeGreaterThan(500)
})

test('lengths of texts, lists, maps and bytes', () => {
  for (const length of [0, 15, 16, 31, 32, 33, 63, 64, 255, 256, 257, 65_534, 65_535, 65_536]) {
    assertSame('x'.repeat(length))
    assertSame(new Array(length).fill(length))
    assertSame(new Map(Array.from({ length }, (_, index) => [index, 'y'])))
    if (length < 65_535) assertSame(new Uint8Array(length))
  }
})

test('bytes are a copy of their own', () => {
  const bytes = new Uint8Array(packr.pack([Uint8Array.of(1, 2, 3)]))
  const [list] = decoder.decode(bytes) as [Uint8Array]
  expect(list.byteOffset).toBe(0)
  bytes.fill(0)
  expect(list).toEqual(Uint8Array.of(1, 2, 3))
})

test('what is not usual is left to the general way', () => {
  const cycle: unknown[] = []
  cycle.push(cycle)
  let deep: unknown = 1
  for (let depth = 0; depth < 200; depth++) deep = [deep]
  const values = [
    1n,
    2n ** 63n,
    2n ** 70n,
    'ä',
    new Date(0),
    new Set(),
    /x/,
    new Error('x'),
    new Uint16Array(1),
    cycle,
    deep,
  ]
  for (const one of [...values, { ä: 1 }, JSON.parse('{"__proto__":1}')]) {
    expect(decoder.decode(new Uint8Array(packr.pack(one)))).toBe(unusual)
    expect(decoder.decode(new Uint8Array(packr.pack({ one })))).toBe(unusual)
    assertSame({ after: [{}, {}] })
  }
})

test('bytes that are no whole value are left to it too', () => {
  for (const bytes of [
    [],
    [1, 1],
    [0x91],
    [0xdd, 0xff, 0xff, 0xff, 0xff],
    [0xdf, 0xff, 0xff, 0xff, 0xff, 1],
    [0x40],
    [0xc1],
  ]) {
    expect(decoder.decode(Uint8Array.from(bytes))).toBe(unusual)
  }
})
