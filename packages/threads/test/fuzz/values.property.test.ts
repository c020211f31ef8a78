/** The value fuzzer for a while; `pnpm fuzz-values` sends more. Each seed is one run. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { differenceOf } from './value-fuzz.ts'
import { sendValues } from './value-round.ts'

it('brings values of every kind that structured clone supports across as it copies them', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => sendValues(seed, 0, 500)),
    { numRuns: 40 },
  )
})

it('would notice what arrived as another value', () => {
  const twice = { n: 1 }
  const pairs: readonly (readonly [unknown, unknown])[] = [
    [0, -0],
    [[1, undefined], [1]],
    [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ],
    [new Map([[1, 2]]), new Map([[1, 3]])],
    [new Set(['a']), new Set(['b'])],
    [new Uint8Array([1]), new Int8Array([1])],
    [new Float64Array([0]), new Float64Array([-0])],
    [new RangeError('m'), new Error('m')],
    [Object.assign([1], { 2: 1 }), [1, undefined, 1]],
    [
      [twice, twice],
      [{ n: 1 }, { n: 1 }],
    ],
    [
      [{ n: 1 }, twice],
      [twice, twice],
    ],
    [new Date(1), new Date(2)],
    [/a/g, /a/],
  ]
  for (const [left, right] of pairs) expect(differenceOf(left, right)).toBeDefined()
})
