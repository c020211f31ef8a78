/**
 * Messages are values, whatever the host does with them: frozen in place, copied, or refused with the place in the
 * value. A structural comparison by Node's own `assert` is the oracle.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Ref, ReplyToken } from '../src/actor-ref.ts'
import { NameTakenError, NotSendableError } from '../src/errors.ts'
import { cloneValue, type MessageMode, prepareMessage, takeMessage } from '../src/message-value.ts'
import { requireData } from '../src/required-data.ts'

const prepare = (value: unknown, mode: MessageMode) => prepareMessage(value, mode, () => 'message put to b') as any
const modes = ['frozen', 'copied'] as const

const value = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.oneof(fc.double(), fc.string(), fc.constantFrom(null, undefined, 1n, true, -0)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor')), tie('value')), {
        maxLength: 4,
      })
      .map((entries) => Object.fromEntries(entries)),
    fc.array(fc.tuple(fc.string(), tie('value')), { maxLength: 3 }).map((entries) => new Map(entries)),
    fc.array(fc.string(), { maxLength: 3 }).map((items) => new Set(items)),
    fc.uint8Array({ maxLength: 4 }),
    fc.date({ noInvalidDate: true }),
  ),
})).value

describe.each(modes)('%s', (mode) => {
  test('a message arrives equal to what was sent, and nothing of it can be changed', () => {
    fc.assert(
      fc.property(value, (original) => {
        const before = structuredCloneKeepingKeys(original)
        const sent = prepare(original, mode)
        assert.deepStrictEqual(sent, before)
        expectUnchangeable(sent)
      }),
    )
  })

  test('a message can be sent on, again and again', () => {
    const message = prepare({ map: new Map([['a', { b: [1] }]]), set: new Set([1]), date: new Date(5) }, mode)
    const again = prepare(prepare(message, mode), mode)
    assert.deepStrictEqual([...again.map], [['a', { b: [1] }]])
    assert.deepStrictEqual([...again.set], [1])
  })

  test('of bytes those are copied that the view shows, and a Buffer arrives as bytes', () => {
    const whole = Uint8Array.of(1, 2, 3, 4)
    const sent = prepare({ part: whole.subarray(1, 3), buffer: Buffer.of(5), words: Uint16Array.of(6) }, mode)
    whole[1] = 9
    assert.deepStrictEqual(sent, { part: Uint8Array.of(2, 3), buffer: Uint8Array.of(5), words: Uint16Array.of(6) })
    expect(sent.part.buffer.byteLength).toBe(2)
  })

  test('what cannot be frozen is copied: the sender keeps its own', () => {
    const bytes = new Uint8Array([1, 2])
    const date = new Date(5)
    const buffer = new ArrayBuffer(1)
    const sent = prepare({ list: [bytes, date, buffer], map: new Map([['bytes', bytes]]) }, mode)
    bytes[0] = 9
    date.setTime(9)
    new Uint8Array(buffer)[0] = 9
    expect([...sent.list[0]]).toEqual([1, 2])
    expect(sent.list[1].getTime()).toBe(5)
    expect([...new Uint8Array(sent.list[2])]).toEqual([0])
    expect([...sent.map.get('bytes')]).toEqual([1, 2])
  })

  test('cycles and repeated references keep their shape', () => {
    const shared = { a: 1 }
    const original: { self?: unknown; pair: unknown[]; bytes: Uint8Array } = {
      pair: [shared, shared],
      bytes: new Uint8Array(1),
    }
    original.self = original
    const sent = prepare(original, mode)
    expect(sent.self).toBe(sent)
    expect(sent.pair[0]).toBe(sent.pair[1])
  })

  test('references and reply tokens pass as they are', () => {
    const ref = new Ref('n', 0, 1, 2)
    const token = new ReplyToken('n', 0, 1)
    const sent = prepare({ ref, token }, mode)
    expect(sent.ref).toBe(ref)
    expect(sent.token).toBe(token)
  })

  test('an error keeps its class, code and facts', () => {
    const sent = prepare({ error: new NameTakenError('taken', { name: 'a' }) }, mode)
    expect(sent.error).toBeInstanceOf(NameTakenError)
    expect(sent.error).toMatchObject({ code: 'ERR_TROUPE_NAME_TAKEN', facts: { name: 'a' }, message: 'taken' })
  })

  test('an error is protected as all else: what is done to it later is not seen, and what it carries arrives', () => {
    class Failed extends Error {
      override name = 'Failed'
      facts = { at: 1 }
      again = () => 1
    }
    const error = new Failed('first', { cause: { of: [1] } })
    const { stack } = error
    const sent = prepare({ error, list: [error] }, mode)
    error.message = 'second'
    error.facts.at = 2
    expect(sent.error).toMatchObject({ name: 'Failed', message: 'first', stack, facts: { at: 1 }, cause: { of: [1] } })
    expect(sent.error).not.toHaveProperty('again')
    expect(sent.list[0]).toBe(sent.error)
    // As between nodes: the class is not known there.
    expect(Object.getPrototypeOf(sent.error)).toBe(Error.prototype)
    const several = prepare(new AggregateError([new TypeError('a'), 2], 'several'), mode)
    expect(several.errors).toEqual([new TypeError('a'), 2])
  })

  test('an error without a stack, and one that is its own cause, arrive as such', () => {
    const error = new RangeError('far')
    error.cause = error
    delete error.stack
    const sent = prepare(error, mode)
    expect(sent).toBeInstanceOf(RangeError)
    expect(sent).not.toBe(error)
    expect(sent.cause).toBe(sent)
    expect(sent.stack).toBeUndefined()
  })

  test('boxed primitives arrive as structured clone has them', () => {
    const sent = prepare([new Number(-0), new String('abc'), new Boolean(false), Object(5n)], mode)
    expect(sent.map((boxed: object) => Object.prototype.toString.call(boxed))).toEqual([
      '[object Number]',
      '[object String]',
      '[object Boolean]',
      '[object BigInt]',
    ])
    expect(sent.map((boxed: object) => boxed.valueOf())).toEqual([-0, 'abc', false, 5n])
  })

  test('bytes arrive as a view of their kind on bytes of their own, and a Buffer as the Uint8Array that it is', () => {
    const [buffer, part, words] = prepare(
      [Buffer.from('abc'), new Uint8Array(100).fill(7).subarray(10, 13), new DataView(new ArrayBuffer(16), 8, 4)],
      mode,
    )
    expect(buffer).toStrictEqual(new Uint8Array([97, 98, 99]))
    expect(part).toStrictEqual(new Uint8Array([7, 7, 7]))
    expect(part.buffer.byteLength).toBe(3)
    expect(words).toBeInstanceOf(DataView)
    expect(words.byteLength).toBe(4)
  })

  test('an array that is mostly holes costs what is in it, and keeps its holes', () => {
    const last = 2 ** 32 - 2
    const sparse: unknown[] = []
    sparse[last] = { n: 1 }
    sparse[7] = 'seven'
    const sent = prepare({ sparse, empty: new Array(last) }, mode)
    expect(sent.sparse.length).toBe(last + 1)
    expect(Object.keys(sent.sparse)).toEqual(['7', String(last)])
    expect(sent.sparse[last]).toEqual({ n: 1 })
    expect(Object.isFrozen(sent.sparse)).toBe(true)
    expect([sent.empty.length, Object.keys(sent.empty)]).toEqual([last, []])
    const some = () => Object.assign(new Array(5), { 0: 1, 2: 3, 3: undefined })
    expect(prepare(some(), mode)).toStrictEqual(some())
    const filled: unknown[] = Array.from({ length: 100 }, (_, index) => index)
    filled.length = last
    filled[last - 1] = filled
    const cyclic = prepare(filled, mode)
    expect(cyclic[last - 1]).toBe(cyclic)
    expect(Object.keys(cyclic).length).toBe(101)
    const refused = Object.assign([], { [last - 1]: () => 1 })
    expect(() => prepare(refused, mode)).toThrow(`payload[${last - 1}] is a function`)
  })

  test('what does not travel between nodes stays behind: getters, keys beside items, a missing prototype', () => {
    let count = 1
    const list = Object.assign([1, 2], { more: 3 })
    const holes = Object.assign(new Array(2), { 1: 'one', more: 3 })
    const bare = Object.assign(Object.create(null), { a: 1 })
    const sent = prepare(
      {
        get count() {
          return count
        },
        set ignored(_: number) {},
        list,
        holes,
        bare,
        map: Object.assign(new Map([[1, 2]]), { more: 3 }),
      },
      mode,
    )
    count = 2
    expect(sent.count).toBe(1)
    expect(Object.hasOwn(sent, 'ignored')).toBe(true)
    expect(Object.keys(sent.list)).toEqual(['0', '1'])
    expect(Object.keys(sent.holes)).toEqual(['1'])
    expect(Object.getPrototypeOf(sent.bare)).toBe(Object.prototype)
    expect(Object.keys(sent.map)).toEqual([])
    expect([...sent.map]).toEqual([[1, 2]])
  })

  test('a thousand levels of objects are a message, and one more is refused as between nodes', () => {
    const nested = (levels: number, inner: unknown = 0) => {
      let value = inner
      for (let level = 0; level < levels; level++) value = level % 2 === 0 ? { value } : [value]
      return value
    }
    assert.deepStrictEqual(prepare(nested(1_000), mode), nested(1_000))
    const ref = new Ref('n', 0, 1, 2)
    assert.deepStrictEqual(prepare(nested(998, ref), mode), nested(998, ref))
    for (const deep of [nested(1_001), nested(1_000, new Map()), nested(999, new Ref('n', 0, 1, 2)), nested(100_000)]) {
      expect(() => prepare(deep, mode)).toThrow(/^message put to b: the payload is nested deeper than 1,000 levels;/)
    }
  })

  test('a key called __proto__ is data and changes no prototype', () => {
    const sent = prepare(JSON.parse('{"__proto__":{"polluted":true},"constructor":1}'), mode)
    expect(Object.keys(sent)).toEqual(['__proto__', 'constructor'])
    expect(sent.polluted).toBeUndefined()
  })

  test('an object without a prototype can be a message and a Map key', () => {
    const key = Object.assign(Object.create(null), { id: 1 })
    const sent = prepare(new Map([[key, { of: key }]]), mode)
    expect([...sent.values()]).toEqual([{ of: { id: 1 } }])
  })

  test('a buffer that was moved away is refused, with its place', () => {
    const view = new Uint8Array(8)
    structuredClone(view.buffer, { transfer: [view.buffer] })
    expect(() => prepare({ list: [view] }, mode)).toThrow('payload.list[0] is a buffer that was moved away;')
    expect(() => prepare(view.buffer, mode)).toThrow('the payload is a buffer that was moved away;')
  })

  class Account {
    balance = 1
  }
  test.each([
    [() => 1, 'payload'],
    [Symbol('s'), 'payload'],
    [{ a: [1, { f: () => 1 }] }, 'payload.a[1].f'],
    [{ a: Symbol('s') }, 'payload.a'],
    [new Map([['k', { f: () => 1 }]]), 'payload.get(k).f'],
    [new Map([[() => 1, 1]]), 'payload.key'],
    [new Set([() => 1]), 'payload.item'],
    [{ account: new Account() }, 'payload.account'],
    [[Promise.resolve()], 'payload[0]'],
    [{ weak: new WeakMap() }, 'payload.weak'],
    [{ map: new (class Table extends Map {})() }, 'payload.map'],
    [{ set: new (class Bag extends Set {})() }, 'payload.set'],
    [{ list: new (class List extends Array {})() }, 'payload.list'],
    [{ bytes: new (class Bytes extends Uint8Array {})(1) }, 'payload.bytes'],
    [{ date: new (class Day extends Date {})() }, 'payload.date'],
    [{ symbol: Object(Symbol('s')) }, 'payload.symbol'],
  ])('what is no data is refused with its place (%#)', (refused, path) => {
    const attempt = () => prepare(refused, mode)
    expect(attempt).toThrow(NotSendableError)
    expect(attempt).toThrow(/message put to b/)
    expect(attempt).toThrow(expect.objectContaining({ facts: expect.objectContaining({ path }) }))
  })
})

test.each([
  [(function* () {})(), 'an object with a prototype of its own'],
  [Object.create({ a: 1 }), 'an object with a prototype of its own'],
  [new (class {})(), 'an object with a prototype of its own'],
  [new URL('http://a/'), 'an instance of class URL'],
])('what is refused is told by its class, if it has one (%#)', (refused, what) => {
  expect(() => prepare({ refused }, 'frozen')).toThrow(`payload.refused is ${what};`)
})

test('shared passes a message untouched, and still refuses a bare function', () => {
  const message = { list: [1] }
  expect(prepare(message, 'shared')).toBe(message)
  expect(Object.isFrozen(message)).toBe(false)
  expect(() => prepare(() => 1, 'shared')).toThrow(NotSendableError)
})

test('frozen shares what it can freeze: no copy is made', () => {
  const message = { list: [1], map: new Map([['a', 1]]) }
  expect(prepare(message, 'frozen')).toBe(message)
})

test('a clone of a frozen message can be changed', () => {
  const frozen = prepare({ list: [1], map: new Map([['a', new Set([1])]]) }, 'frozen')
  const clone = cloneValue(frozen)
  clone.list.push(2)
  clone.map.get('a').add(2)
  clone.map.set('b', new Set())
  assert.deepStrictEqual(clone, {
    list: [1, 2],
    map: new Map([
      ['a', new Set([1, 2])],
      ['b', new Set()],
    ]),
  })
  expect(frozen.list).toEqual([1])
})

test('what is no data is found, with its place, without a copy: where a copy is refused, and nowhere else', () => {
  class Odd {}
  const odd = [() => 0, Symbol('odd'), new Odd(), new (class extends Map {})(), Promise.resolve()]
  const part = fc.oneof(value, fc.constantFrom(...odd))
  const tree = fc.oneof(
    part,
    fc.array(part, { maxLength: 4 }),
    fc.dictionary(fc.string(), fc.array(part, { maxLength: 2 }), { maxKeys: 3 }),
    fc.array(fc.tuple(part, part), { maxLength: 3 }).map((entries) => new Map(entries)),
    fc.array(part, { maxLength: 3 }).map((items) => new Set(items)),
  )
  const thrown = (run: () => unknown) => {
    try {
      run()
    } catch (error) {
      return (error as NotSendableError).message
    }
    return undefined
  }
  const counts = { taken: 0, refused: 0 }
  fc.assert(
    fc.property(tree, (given) => {
      const refusal = thrown(() => requireData(given, () => 'message put to b'))
      expect(refusal).toBe(thrown(() => prepare(given, 'copied')))
      counts[refusal === undefined ? 'taken' : 'refused']++
    }),
  )
  expect(Math.min(counts.taken, counts.refused)).toBeGreaterThan(0)
})

test('what is no data is found in what leads back to itself, is mostly holes, or is large', () => {
  const cycle: Record<string, unknown> = { many: Array.from({ length: 5_000 }, (_, index) => ({ index })) }
  cycle.again = [cycle]
  const holes: unknown[] = []
  holes[2 ** 31] = cycle
  requireData(holes, () => 'it')
  cycle.last = { find: () => 0 }
  expect(() => requireData(holes, () => 'it')).toThrow(`it: payload[${2 ** 31}].last.find is a function`)
})

/** Tries to change every part that a message must not let be changed. */
function expectUnchangeable(value: unknown): void {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || value instanceof Date) return
  if (value instanceof Map) {
    expect(() => value.set('new', 1)).toThrow(TypeError)
    expect(() => value.clear()).toThrow(TypeError)
    for (const item of value.values()) expectUnchangeable(item)
  } else if (value instanceof Set) {
    expect(() => value.add('new')).toThrow(TypeError)
    expect(() => value.delete('new')).toThrow(TypeError)
  } else {
    expect(Object.isFrozen(value)).toBe(true)
    for (const item of Object.values(value)) expectUnchangeable(item)
  }
}

/** Structured clone loses a key called `__proto__`; this does not. */
function structuredCloneKeepingKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(structuredCloneKeepingKeys)
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, structuredCloneKeepingKeys(item)]))
  if (value instanceof Set || value instanceof Date || ArrayBuffer.isView(value)) return structuredClone(value)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, structuredCloneKeepingKeys(item)]))
}

test('a buffer that the platform does not move is told by its place, and what was moved before it is in the error', () => {
  const first = Uint8Array.of(1, 2, 3).buffer
  const pooled = Buffer.from('abc')
  const send = () => takeMessage({ first, pooled }, [first, pooled.buffer as ArrayBuffer], () => 'message put to b')
  expect(send).toThrow(NotSendableError)
  const again = Uint8Array.of(1, 2, 3).buffer
  try {
    takeMessage([again], [again, pooled.buffer as ArrayBuffer], () => 'message put to b')
  } catch (error) {
    const { message, facts } = error as NotSendableError
    expect(message).toContain('message put to b: transfer[1] cannot be moved: it is the memory that Node')
    expect(facts.path).toBe('transfer[1]')
    expect((facts.moved as ArrayBuffer[]).map((buffer) => [...new Uint8Array(buffer)])).toEqual([[1, 2, 3]])
    expect(again.detached).toBe(true)
  }
})
