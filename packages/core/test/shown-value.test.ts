import { shownValue } from '@troupe/core/host'
import { expect, test } from 'vitest'

class Point {
  readonly x = 1
}

test.each<[value: unknown, text: string]>([
  ['3', "'3'"],
  [3, '3'],
  [-0, '-0'],
  [3n, '3n'],
  ['', "''"],
  [`it's "so"\n`, `'it\\'s "so"\\n'`],
  [undefined, 'undefined'],
  [null, 'null'],
  [true, 'true'],
  [Symbol('key'), 'Symbol(key)'],
  [function check() {}, 'function check'],
  [() => {}, 'a function'],
  [Promise.resolve(3), 'a promise'],
  [[], '[]'],
  [['1', 1], "['1', 1]"],
  [{}, '{}'],
  [{ crash: '1', 'a key': 2 }, "{ crash: '1', 'a key': 2 }"],
  [new Map([['a', new Set([1])]]), "Map { 'a' => Set { 1 } }"],
  [new Point(), 'Point { x: 1 }'],
  [new RangeError('too far'), 'RangeError: too far'],
  [/a+/, '/a+/'],
  [new URL('file:///a'), 'file:///a'],
  [{ a: { b: { c: { d: 1 } } } }, '{ a: { b: { c: {...} } } }'],
  [Object.create(null), '{}'],
])('%o is shown as %s', (value, text) => {
  expect(shownValue(value)).toBe(text)
})

test('what is long is cut, and what is large or goes round ends', () => {
  expect(shownValue('a'.repeat(1_000))).toHaveLength(200)
  expect(shownValue(Array.from({ length: 1_000_000 }, (_, index) => index))).toHaveLength(200)
  const round: { self?: unknown } = {}
  round.self = round
  expect(shownValue(round)).toBe('{ self: { self: { self: {...} } } }')
  const failing = {
    get value() {
      throw new Error('no')
    },
  }
  expect(shownValue(failing)).toBe('a value that cannot be shown')
})
