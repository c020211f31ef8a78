/** Seeded randomness: a function of seed and purpose, uniform, and its streams independent of one another. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hashString, SeededRandom, SeededRandomSource } from '../src/seeded-random.ts'

const draws = (random: { int(bound: number): number }, count: number, bound = 1_000_000) =>
  Array.from({ length: count }, () => random.int(bound))

/** Blackman and Vigna's xoshiro128** and SplitMix32's mixing, written again over BigInt. */
function* reference(seed: number): Generator<number> {
  const mask = 0xffffffffn
  const multiply = (left: bigint, right: bigint) => (left * right) & mask
  const rotate = (value: bigint, by: bigint) => ((value << by) | (value >> (32n - by))) & mask
  let state = BigInt(seed >>> 0)
  const splitMix = () => {
    state = (state + 0x9e3779b9n) & mask
    let mixed = state ^ (state >> 16n)
    mixed = multiply(mixed, 0x21f0aaadn)
    mixed ^= mixed >> 15n
    mixed = multiply(mixed, 0x735a2d97n)
    return mixed ^ (mixed >> 15n)
  }
  let [a, b, c, d] = [splitMix(), splitMix(), splitMix(), splitMix()]
  for (;;) {
    yield Number(multiply(rotate(multiply(b, 5n), 7n), 9n))
    const shifted = (b << 9n) & mask
    c ^= a
    d ^= b
    b ^= c
    a ^= d
    c ^= shifted
    d = rotate(d, 11n)
  }
}

describe('a stream', () => {
  test('is xoshiro128** seeded by SplitMix32', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = new SeededRandom(seed)
        const expected = reference(seed)
        for (let count = 0; count < 20; count++) expect(random.int(2 ** 32)).toBe(expected.next().value)
      }),
    )
  })

  test('draws whole numbers below any bound, each as likely', () => {
    const random = new SeededRandom(7)
    for (const bound of [1, 2, 3, 7, 10]) {
      const counts = new Array(bound).fill(0)
      const total = 3_000 * bound
      for (const draw of draws(random, total, bound)) counts[draw]++
      // Five standard deviations of a binomial count: the seed is fixed, so this cannot flake.
      for (const count of counts) expect(Math.abs(count - 3_000)).toBeLessThan(5 * Math.sqrt(3_000) + 1)
    }
    // Beyond half of 2^32, a draw without rejection would take the lower numbers twice as often.
    const bound = 3 * 2 ** 30
    const low = draws(random, 6_000, bound).filter((draw) => draw < 2 ** 30).length
    expect(Math.abs(low - 2_000)).toBeLessThan(5 * Math.sqrt(2_000))
  })

  test('refuses a bound that is no whole number from 1 to 2^32', () => {
    const random = new SeededRandom(1)
    for (const bound of [0, -1, 1.5, Number.NaN, 2 ** 32 + 1]) expect(() => random.int(bound)).toThrow(RangeError)
    expect(random.int(1)).toBe(0)
    expect(random.int(2 ** 32)).toBeLessThan(2 ** 32)
  })

  test('floats lie in [0, 1), chances follow their probability, and picks come from the list', () => {
    const random = new SeededRandom(3)
    for (let count = 0; count < 1_000; count++) {
      const float = random.float()
      expect(float >= 0 && float < 1).toBe(true)
    }
    expect(Array.from({ length: 50 }, () => random.chance(0)).some(Boolean)).toBe(false)
    expect(Array.from({ length: 50 }, () => random.chance(1)).every(Boolean)).toBe(true)
    expect(new Set(Array.from({ length: 200 }, () => random.pick(['a', 'b', 'c'])))).toEqual(new Set(['a', 'b', 'c']))
    expect(() => random.pick([])).toThrow(RangeError)
  })
})

describe('a source', () => {
  test('gives the same stream for the same purpose, and the same draws for the same seed', () => {
    const source = new SeededRandomSource(5)
    expect(source.stream('a')).toBe(source.stream('a'))
    expect(draws(new SeededRandomSource(5).stream('a'), 10)).toEqual(draws(source.stream('a'), 10))
    expect(draws(new SeededRandomSource(6).stream('a'), 10)).not.toEqual(
      draws(new SeededRandomSource(5).stream('a'), 10),
    )
  })

  test('a draw of one purpose does not shift another', () => {
    fc.assert(
      fc.property(fc.integer(), fc.string(), fc.string(), fc.nat(50), (seed, one, two, extra) => {
        fc.pre(one !== two)
        const alone = draws(new SeededRandomSource(seed).stream(one), 10)
        const source = new SeededRandomSource(seed)
        draws(source.stream(two), extra)
        expect(draws(source.stream(one), 10)).toEqual(alone)
      }),
    )
  })

  test('different purposes draw differently', () => {
    const firsts = Array.from({ length: 1_000 }, (_, index) =>
      new SeededRandomSource(1).stream(`/n/a-${index}`).int(2 ** 32),
    )
    expect(new Set(firsts).size).toBeGreaterThan(995)
  })
})

test('hashString is FNV-1a', () => {
  // Fowler, Noll and Vo's own test vectors for 32 bits.
  expect(hashString('')).toBe(0x811c9dc5)
  expect(hashString('a')).toBe(0xe40c292c)
  expect(hashString('foobar')).toBe(0xbf9cf968)
})
