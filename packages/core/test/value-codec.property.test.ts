/**
 * What a journal gives back is what was put in: random values by a round trip, compared by structure, and beside them
 * the values that MessagePack alone would change.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Ref, ReplyToken } from '../src/actor-ref.ts'
import { NameTakenError } from '../src/errors.ts'
import { decodeValue, encodeValue } from '../src/value-codec.ts'

const roundTrip = (value: unknown) => decodeValue(encodeValue(value))

const leaf = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.string({ unit: 'binary' }),
  fc.boolean(),
  fc.bigInt(),
  fc.constantFrom(null, undefined, -0, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 'a\ud800b', ''),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array(),
  fc.float64Array(),
  fc.constant(new Ref('n', 1, 2, 3)),
  fc.constant(new Ref('n', -1, -1, -1, 'name')),
  fc.constant(new ReplyToken('n', 1, 2)),
)
const key = fc.oneof(
  fc.string(),
  fc.constantFrom('__proto__', 'constructor', 'toString', '__keys__', '', '\udc00', 'then'),
)
const { value } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, leaf, tie('array'), tie('object'), tie('map'), tie('set')),
  array: fc.array(tie('value'), { maxLength: 5 }),
  object: fc.array(fc.tuple(key, tie('value')), { maxLength: 6 }).map((entries) => Object.fromEntries(entries)),
  map: fc.array(fc.tuple(tie('value'), tie('value')), { maxLength: 4 }).map((entries) => new Map(entries as [])),
  set: fc.array(leaf, { maxLength: 4 }).map((items) => new Set(items)),
}))

test('every value comes back as it was', () => {
  fc.assert(
    fc.property(value, (original) => assert.deepStrictEqual(roundTrip(original), original)),
    { numRuns: 500 },
  )
})

test('keys that objects have already are keys like others, alone and together', () => {
  const odd = [
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'valueOf',
    'toJSON',
    'then',
    '__keys__',
    'length',
  ]
  for (const one of odd) {
    for (const other of odd) {
      const original = Object.fromEntries([one, other].map((name) => [name, name]))
      assert.deepStrictEqual(roundTrip(original), original)
    }
  }
})

test('values are decoded in any order: no value leans on one encoded before it', () => {
  fc.assert(
    fc.property(fc.array(value, { maxLength: 6 }), (originals) => {
      const encoded = originals.map(encodeValue)
      const decoded = encoded.reverse().map(decodeValue).reverse()
      assert.deepStrictEqual(decoded, originals)
    }),
  )
})

describe('what MessagePack alone would change', () => {
  test('an array keeps its holes, and one that is mostly holes takes the bytes of its items', () => {
    const some = Object.assign(new Array(4), { 0: 1, 2: undefined })
    assert.deepStrictEqual(roundTrip(some), some)
    const last = 2 ** 32 - 2
    const sparse: unknown[] = []
    sparse[last] = { at: last, none: -0 }
    sparse[7] = new Array(last)
    const bytes = encodeValue({ sparse })
    expect(bytes.length).toBeLessThan(150)
    const back = (decodeValue(bytes) as { sparse: unknown[][] }).sparse
    expect([back.length, Object.keys(back)]).toEqual([last + 1, ['7', String(last)]])
    expect(back[last]).toStrictEqual({ at: last, none: -0 })
    expect([back[7]?.length, Object.keys(back[7] as [])]).toEqual([last, []])
  })

  test('boxed primitives stay what they are', () => {
    const boxed = [new Number(-0), new String('a\ud800'), new Boolean(false), Object(2n ** 70n)]
    assert.deepStrictEqual(roundTrip(boxed), boxed)
  })

  test('a Map stays a Map, with objects as keys too', () => {
    expect(roundTrip({ accounts: new Map([['a', { balance: 1 }]]) })).toStrictEqual({
      accounts: new Map([['a', { balance: 1 }]]),
    })
    expect(roundTrip(new Map([[{ a: 1 }, 2]]))).toStrictEqual(new Map([[{ a: 1 }, 2]]))
  })

  test('__proto__ is a key like any other', () => {
    const original = JSON.parse('{"__proto__":{"polluted":true},"constructor":1}')
    const back = roundTrip(original) as object
    expect(Object.keys(back)).toEqual(['__proto__', 'constructor'])
    expect(Object.getPrototypeOf(back)).toBe(Object.prototype)
    expect((back as { polluted?: boolean }).polluted).toBeUndefined()
  })

  test('negative zero and lone surrogates stay', () => {
    expect(Object.is((roundTrip([-0]) as number[])[0], -0)).toBe(true)
    expect(roundTrip({ '\ud800': '\udfff' })).toStrictEqual({ '\ud800': '\udfff' })
  })

  test('an error keeps its class, code, facts and cause', () => {
    const cause = Object.assign(new RangeError('too far'), { code: 'E_FAR' })
    const back = roundTrip({ error: new NameTakenError('taken', { name: 'a' }, { cause }) }) as {
      error: NameTakenError
    }
    expect(back.error).toBeInstanceOf(NameTakenError)
    expect(back.error).toMatchObject({ code: 'ERR_TROUPE_NAME_TAKEN', facts: { name: 'a' }, message: 'taken' })
    expect(back.error.cause).toBeInstanceOf(RangeError)
    expect(back.error.cause).toMatchObject({ code: 'E_FAR', message: 'too far' })
  })

  test('cycles and repeated references are the same objects again', () => {
    const shared = { value: -0 }
    const original: { self?: unknown; pair: unknown[] } = { pair: [shared, shared] }
    original.self = original
    const back = roundTrip(original) as typeof original
    expect(back.self).toBe(back)
    expect(back.pair[0]).toBe(back.pair[1])
  })

  test('a dictionary of a thousand keys and a list of a thousand shapes survive', () => {
    const dictionary = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`key ${index}`, index]))
    const shapes = Array.from({ length: 1_000 }, (_, index) => ({ [`field${index}`]: index }))
    expect(roundTrip({ dictionary, shapes })).toStrictEqual({ dictionary, shapes })
  })

  test('a symbol is refused', () => {
    expect(() => encodeValue({ of: Symbol('x') })).toThrow()
  })
})

test('texts are read without the native addon, which clears a table of all threads when one of them starts', async () => {
  // The module that the journal decodes with; its types leave this out.
  const reading: object = await import('msgpackr/unpack')
  expect(reading).toMatchObject({ isNativeAccelerationEnabled: false })
})
