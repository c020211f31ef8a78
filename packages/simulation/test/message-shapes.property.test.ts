/** Copies by shapes, held against those that are made in the general way: equal, frozen, and of the same objects. */
import assert from 'node:assert/strict'
import { ReplyToken } from '@troupe/core'
import { prepareMessage, Ref } from '@troupe/core/host'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MessageKinds } from '../src/message-kinds.ts'
import { TraceHash } from '../src/trace-hash.ts'
import { textHash } from '../src/trace-words.ts'

function shapeCopy(payload: unknown): object | undefined {
  return new MessageKinds().of('a message').shapeOf(payload)?.copy(payload)
}

/** Asserts that two copies are alike and frozen, and that each object is as often in one as in the other. */
function assertAlike(copied: unknown, general: unknown, counterparts = new Map<object, unknown>()): void {
  if (typeof general !== 'object' || general === null || general instanceof Ref || general instanceof ReplyToken) {
    assert.ok(Object.is(copied, general))
    return
  }
  assert.ok(typeof copied === 'object' && copied !== null && Object.isFrozen(copied))
  assert.equal(Object.getPrototypeOf(copied), Object.getPrototypeOf(general))
  const known = counterparts.get(general)
  if (known !== undefined) {
    assert.equal(copied, known)
    return
  }
  assert.ok(![...counterparts.values()].includes(copied))
  counterparts.set(general, copied)
  assert.deepEqual(Object.keys(copied), Object.keys(general))
  for (const key of Object.keys(general)) assertAlike((copied as any)[key], (general as any)[key], counterparts)
}

const atom = fc.oneof(
  fc.integer(),
  fc.double(),
  fc.string(),
  fc.boolean(),
  fc.bigInt(),
  fc.constantFrom(null, undefined, new Ref('node-1', 0, 1, 2), new ReplyToken('node-1', 0, 7)),
)
const key = fc.constantFrom('a', 'b', 'c', '1')
const { value, object } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, atom, tie('list'), tie('object')),
  list: fc.array(tie('value'), { maxLength: 6 }),
  object: fc.array(fc.tuple(key, tie('value')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries)),
}))

test('lists that are mostly holes are hashed by their items, alike in payloads of a known shape and of none', () => {
  const last = 2 ** 32 - 2
  const sparse = (at: number, item: unknown = { n: 1 }) => {
    const list: unknown[] = Array.from({ length: 70 }, (_, index) => index)
    list[at] = item
    list.length = last
    return list
  }
  const digest = (payload: object, isShaped: boolean) => {
    const hash = new TraceHash()
    const outer = { payload }
    hash.shapedPayload(outer, isShaped ? new MessageKinds().of('a message').shapeOf(outer) : undefined)
    return hash.digest
  }
  const lists = [sparse(last - 1), sparse(last - 2), sparse(last - 2, { n: 2 }), sparse(100), new Array(last)]
  for (const isShaped of [true, false]) {
    expect(new Set(lists.map((list) => digest(list, isShaped))).size).toBe(lists.length)
    expect(digest(sparse(100), isShaped)).toBe(digest(sparse(100), isShaped))
  }
  const general = prepareMessage({ list: lists }, 'copied', () => 'a message') as { list: unknown[][] }
  expect(general.list.map((list) => Object.keys(list).length)).toEqual([71, 71, 71, 71, 0])
  expect(shapeCopy({ list: lists })).toBeUndefined()
})

test('what is no message is left to the general way, which refuses it', () => {
  let deep: object = {}
  for (let level = 0; level < 1_100; level++) deep = { deep }
  const refused = [deep, new (class List extends Array {})(), new (class Bytes extends Uint8Array {})(1)]
  for (const part of refused) {
    expect(shapeCopy({ part })).toBeUndefined()
    expect(() => prepareMessage({ part }, 'copied', () => 'a message')).toThrow('a message')
  }
  expect(shapeCopy({ part: Buffer.from('abc') })).toStrictEqual({ part: new Uint8Array([97, 98, 99]) })
})

test('a copy by shape is the copy that is made in the general way', () => {
  let byShape = 0
  // What is there twice.
  const shared = fc.tuple(object, value, fc.boolean()).map(([one, other, twice]) => {
    const payload = one as Record<string, unknown>
    return twice ? { ...payload, x: other, y: { z: other } } : payload
  })
  fc.assert(
    fc.property(shared, (payload) => {
      const copied = shapeCopy(payload)
      if (copied === undefined) return
      byShape++
      assertAlike(
        copied,
        prepareMessage(payload, 'copied', () => 'a message'),
      )
    }),
    { numRuns: 1_000 },
  )
  expect(byShape).toBeGreaterThan(300)
})

test('lists of objects of several shapes are copied by shape, and stay what they were when the sender goes on', () => {
  const command = { op: 'put', key: 'k', value: 1 }
  const payload = { ballot: 3, entries: [{ slot: 1, command }, { slot: 2, end: true }, 4, [null, { slot: 3 }]] }
  const copied = shapeCopy(payload)
  expect(copied).toEqual(payload)
  command.value = 2
  payload.entries.pop()
  expect(copied).toEqual({
    ballot: 3,
    entries: [{ slot: 1, command: { op: 'put', key: 'k', value: 1 } }, { slot: 2, end: true }, 4, [null, { slot: 3 }]],
  })
})

test('what a shape cannot copy as it is is left to the general way', () => {
  const twice = { one: 1 }
  const cycle: Record<string, unknown> = { one: 1 }
  cycle.self = cycle
  const many = Array.from({ length: 40 }, (_, index) => ({ index }))
  const sparse = [1, 2]
  delete sparse[0]
  const others = [
    { a: twice, b: twice },
    { a: [twice, [twice]] },
    { many: [...many, many[0]] },
    cycle,
    { sparse },
    { a: new Map() },
    { a: [new Set()] },
    { a: [() => {}] },
    { a: { b: Symbol('symbol') } },
    { a: Object.create(null) },
    { a: new Uint8Array(new SharedArrayBuffer(3)) },
  ]
  for (const payload of others) {
    expect(shapeCopy(payload)).toBeUndefined()
    expect(shapeCopy({ many })).toEqual({ many })
  }
})

test('bytes are copied, without what else is in their buffer', () => {
  const { bytes } = shapeCopy({ bytes: Uint8Array.of(1, 2, 3, 4).subarray(1, 3) }) as { bytes: Uint8Array }
  expect(bytes).toEqual(Uint8Array.of(2, 3))
  expect(bytes.buffer.byteLength).toBe(2)
})

test('payloads of a message are copied by shapes however often these change', () => {
  const kind = new MessageKinds().of('a message')
  for (let round = 0; round < 30; round++) {
    const payload = round % 2 === 0 ? { even: round } : { odd: round, list: [undefined, round] }
    expect(kind.copy(payload, kind.shapeOf(payload))).toStrictEqual(payload)
  }
  const another = { another: 1 }
  expect(kind.copy(another, kind.shapeOf(another))).toBeUndefined()
})

test('what is within a payload goes into the hash by the words of the general walk', () => {
  const general = (payload: Record<string, unknown>) => {
    const hash = new TraceHash()
    hash.shaped(new MessageKinds().of('a message'), payload, {
      hash: () => {
        hash.word(textHash(JSON.stringify(Object.keys(payload))))
        for (const one of Object.values(payload)) hash.value(one)
      },
    })
    return hash.digest
  }
  const byShape = (payload: object) => {
    const hash = new TraceHash()
    hash.message(new MessageKinds().of('a message'), payload)
    return hash.digest
  }
  const others = [{ a: new Map([[1, { b: 1 }]]) }, { a: [new Uint8Array(9), { b: new Set([1]) }, { b: [] }] }]
  const many = Array.from({ length: 3_000 }, (_, index) => ({ index, text: 'text', b: { c: [index] } }))
  for (const payload of [...others, { many }]) expect(byShape(payload)).toBe(general(payload))
  fc.assert(
    fc.property(object, (given) => {
      const payload = given as Record<string, unknown>
      const before = byShape(payload)
      // From then on it is known which shapes its fields have.
      shapeCopy(payload)
      expect([before, byShape(payload)]).toEqual([general(payload), general(payload)])
    }),
    { numRuns: 500 },
  )
})

test('a payload with a getter that has something sent is copied as it would be without', () => {
  const inner = { deep: { er: [1] } }
  const payload = {
    before: { this: inner },
    get sent() {
      return shapeCopy({ other: { thing: [inner] } }) === undefined ? 'sent generally' : 'sent'
    },
  }
  expect(shapeCopy(payload)).toEqual({ before: { this: inner }, sent: 'sent' })
})
