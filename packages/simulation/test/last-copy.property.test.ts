/** One copy for several nodes, held against copies that are made for each: alike, whatever became of the payload meanwhile. */
import assert from 'node:assert/strict'
import { Ref } from '@troupe/core/host'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LastCopy } from '../src/last-copy.ts'
import { MessageKinds } from '../src/message-kinds.ts'
import { TraceHash } from '../src/trace-hash.ts'

const atom = fc.constantFrom<unknown>(
  0,
  -0,
  1,
  0.5,
  Number.NaN,
  '',
  'text',
  true,
  null,
  undefined,
  1n,
  new Ref('a', 0, 1, 2),
)
const key = fc.constantFrom('a', 'b', '0')
const { value, object } = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, atom, tie('list'), tie('object')),
  list: fc.array(tie('value'), { maxLength: 3 }),
  object: fc.array(fc.tuple(key, tie('value')), { maxLength: 3 }).map((entries) => Object.fromEntries(entries)),
}))

/** All objects and lists in a payload, itself first. */
function partsOf(payload: object): object[] {
  const parts = [payload]
  for (const one of Object.values(payload)) {
    if (typeof one === 'object' && one !== null && !(one instanceof Ref)) parts.push(...partsOf(one))
  }
  return parts
}

test('a payload that its sender changed is copied anew, and one that it did not is not', () => {
  let shared = 0
  let anew = 0
  const change = fc.record({ part: fc.nat(), key, value, deletes: fc.boolean() })
  fc.assert(
    fc.property(object as fc.Arbitrary<object>, fc.option(change), (payload, changed) => {
      const copies = new LastCopy()
      const kind = new MessageKinds().of('a message')
      const first = copies.copy(kind, payload, 'node-1')
      if (changed !== null) {
        const parts = partsOf(payload)
        const part = parts[changed.part % parts.length] as Record<string, unknown>
        if (changed.deletes) delete part[changed.key]
        else part[changed.key] = changed.value
      }
      const second = copies.copy(kind, payload, 'node-2')
      const fresh = new LastCopy().copy(kind, payload, 'node-2')
      if (first === undefined || first !== second) {
        anew++
        return
      }
      shared++
      assert.ok(copies.isShared(first))
      // By strict equality, which tells -0 from 0, a hole from `undefined` and a list from an object with its keys.
      assert.deepStrictEqual(second, fresh)
    }),
    { numRuns: 3_000 },
  )
  expect(shared).toBeGreaterThan(500)
  expect(anew).toBeGreaterThan(500)
})

test('no two actors of one node get one copy, and nobody one with bytes in it', () => {
  const copies = new LastCopy()
  const kind = new MessageKinds().of('a message')
  const payload = { ballot: { number: 1 }, entries: [{ at: 1 }, { at: 2 }] }
  const first = copies.copy(kind, payload, 'node-1')
  expect(copies.isShared(first)).toBe(false)
  expect(copies.copy(kind, payload, 'node-2')).toBe(first)
  const third = copies.copy(kind, payload, 'node-1')
  expect(third).not.toBe(first)
  expect(third).toStrictEqual(first)
  expect(copies.copy(kind, payload, 'node-2')).toBe(third)

  const bytes = { bytes: Uint8Array.of(1, 2) }
  const own = copies.copy(kind, bytes, 'node-1')
  expect(copies.copy(kind, bytes, 'node-2')).not.toBe(own)
})

test('a shared payload goes into the hash as each of them would by itself', () => {
  const long = { entries: Array.from({ length: 100 }, (_, index) => ({ index })) }
  const payloads = [{ a: 1 }, { a: 'text', b: 0.5 }, long].map((payload) => {
    const kind = new MessageKinds().of('a message')
    return { payload, shape: kind.shapeOf(payload) }
  })
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...payloads), { maxLength: 100 }), (sent) => {
      const [shared, single] = [new TraceHash(), new TraceHash()]
      for (const { payload, shape } of sent) {
        shared.sharedPayload(payload, shape)
        single.shapedPayload(payload, shape)
      }
      expect(shared.digest).toBe(single.digest)
    }),
  )
})
