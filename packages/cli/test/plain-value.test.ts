import { namedRef, ReplyToken, refKey } from '@troupe/core'
import { Ref } from '@troupe/core/host'
import { expect, test } from 'vitest'
import { plainValue } from '../src/plain-value.ts'

const child = new Ref('node-1', 0, 5, 2)
const pathOf = (ref: Parameters<typeof refKey>[0]) =>
  refKey(ref) === refKey(child) ? '/node-1/boss/worker' : undefined

test.each<[what: string, value: unknown, shown: unknown]>([
  ['a Map by its pairs', new Map([['a', new Set([1, 2])]]), [['a', [1, 2]]]],
  ['a reference by the path of its actor', { child }, { child: '/node-1/boss/worker' }],
  ['one to who is gone by its key', new Ref('node-1', 0, 6, 3), 'node-1.0/6.3'],
  ['a named one by node and name', namedRef({} as any, { node: 'node-2', name: 'store' }), '/node-2/store'],
  ['a reply token', new ReplyToken('node-1', 0, 7), 'reply 7'],
  ['an error', { failed: new RangeError('too far') }, { failed: 'RangeError: too far' }],
  ['numbers that JSON does not have', [1n, Number.NaN, Number.POSITIVE_INFINITY], ['1n', 'NaN', 'Infinity']],
  ['dates', [new Date(0), new Date(Number.NaN)], ['1970-01-01T00:00:00.000Z', 'Invalid Date']],
  ['bytes', new Uint8Array(3), '(3 bytes)'],
  ['functions', { call() {}, made: (() => () => {})() }, { call: '(function call)', made: '(function)' }],
  ['nothing', [undefined, null], [undefined, null]],
])('%s', (_what, value, shown) => {
  expect(plainValue(value, pathOf)).toEqual(shown)
})

test('a list that is mostly holes is shown by what it has', () => {
  const sparse: unknown[] = []
  sparse[4_000_000_000] = 7n
  expect(plainValue({ sparse }, () => undefined)).toEqual({ sparse: { 4000000000: '7n' } })
})

test('what goes round, and what is deep, ends', () => {
  const round: { list: unknown[] } = { list: [] }
  round.list.push(round)
  expect(plainValue(round, pathOf)).toEqual({ list: ['(one that it is in)'] })
  let deep: unknown = 'the end'
  for (let level = 0; level < 100; level++) deep = [deep]
  expect(JSON.stringify(plainValue(deep, pathOf))).toContain('(more)')
})
