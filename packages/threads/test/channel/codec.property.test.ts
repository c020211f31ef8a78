import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { openLoopback } from './loopback.ts'

const ODD_KEYS = [
  '__proto__',
  '__keys__',
  'constructor',
  'hasOwnProperty',
  'toJSON',
  'then',
  'length',
  '0',
  '',
  '\ud800',
]

const anyString = fc.oneof(
  fc.string(),
  fc.string({ unit: 'grapheme', maxLength: 90 }),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
)
const key = fc.oneof(fc.string(), fc.constantFrom(...ODD_KEYS), anyString)
const scalar = fc.oneof(
  fc.constantFrom(
    undefined,
    null,
    true,
    false,
    0,
    -0,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 31,
    -(2 ** 31),
    2 ** 53,
  ),
  fc.integer(),
  fc.double(),
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }),
  fc.bigInt({ min: -(2n ** 64n) - 2n, max: 2n ** 64n + 2n }),
  anyString,
  fc.date({ noInvalidDate: false }),
  fc.date({ min: new Date(-1e11), max: new Date(1e13) }),
)
const binary = fc.oneof(
  fc.uint8Array().map((bytes) => bytes.buffer),
  fc.uint8Array(),
  fc.int8Array(),
  fc.uint8ClampedArray(),
  fc.int16Array(),
  fc.uint16Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.float32Array(),
  fc.float64Array(),
  fc.bigInt64Array(),
  fc.bigUint64Array(),
  fc.uint8Array().map((bytes) => new DataView(bytes.buffer)),
  fc.constant(/a+/gi),
)
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    scalar,
    binary,
    fc.array(tie('value')),
    fc.sparseArray(tie('value')),
    fc.array(fc.tuple(key, tie('value'))).map((entries) => Object.fromEntries(entries)),
    fc.array(fc.tuple(tie('value'), tie('value'))).map((entries) => new Map(entries)),
    fc.array(tie('value')).map((items) => new Set(items)),
  ),
})).value

/** Ties some object of a value to a second place, which makes a repeated reference or a cycle. */
function tangle(root: unknown, from: number, to: number): unknown {
  const objects: object[] = []
  const visit = (item: unknown): void => {
    if (typeof item !== 'object' || item === null || objects.includes(item)) return
    objects.push(item)
    if (item instanceof Map) for (const entry of item) entry.forEach(visit)
    else if (item instanceof Set) item.forEach(visit)
    else if (!ArrayBuffer.isView(item)) Object.values(item).forEach(visit)
  }
  visit(root)
  const target = objects[to % Math.max(objects.length, 1)]
  const source = objects[from % Math.max(objects.length, 1)]
  if (Array.isArray(target)) target.push(source)
  else if (target instanceof Map) target.set('tangled', source)
  else if (target instanceof Set) target.add(source)
  return root
}

it('brings every sequence of values across one channel as structuredClone would copy them', () => {
  const tangled = fc.tuple(value, fc.nat(20), fc.nat(20)).map(([root, from, to]) => tangle(root, from, to))
  fc.assert(
    fc.property(fc.array(fc.oneof(value, tangled), { minLength: 1, maxLength: 8 }), (values) => {
      const { sender, drainAll } = openLoopback({ capacityBytes: 1 << 14 })
      const expected = values.map((item) => structuredClone(item))
      for (const item of values) expect(sender.send(item)).toBe(true)
      const received: unknown[] = []
      do {
        sender.flush()
        received.push(...drainAll())
      } while (sender.pending > 0)
      sender.flush()
      received.push(...drainAll())
      if (!isDeepStrictEqual(received, expected)) expect(received).toEqual(expected)
      expect(isDeepStrictEqual(received, expected)).toBe(true)
    }),
    { numRuns: 1500 },
  )
})

it('brings small records of few shapes across, each as it was when it was sent', () => {
  const shape = fc.record(
    { type: fc.constantFrom('inc', 'dec', 'read'), n: fc.integer(), of: fc.double(), tags: fc.array(fc.string()) },
    { requiredKeys: ['type'] },
  )
  fc.assert(
    fc.property(fc.array(shape, { maxLength: 100 }), (messages) => {
      const { sender, drainAll } = openLoopback()
      const expected = structuredClone(messages)
      for (const message of messages) {
        sender.send(message)
        message.n = -1
      }
      sender.flush()
      expect(isDeepStrictEqual(drainAll(), expected)).toBe(true)
    }),
  )
})
