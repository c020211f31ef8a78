import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { crc32c } from '../../src/journal/crc32c.ts'

describe('crc32c', () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, at) => at)

  it.each([
    // RFC 3720, appendix B.4, and the check value of the catalogue of CRC algorithms.
    ['nothing', new Uint8Array(0), 0],
    ['123456789', new TextEncoder().encode('123456789'), 0xe3069283],
    ['32 zeros', new Uint8Array(32), 0x8a9136aa],
    ['32 ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
    ['32 ascending', ascending, 0x46dd794e],
    ['32 descending', ascending.slice().reverse(), 0x113fdb5c],
  ])('has the published value for %s', (_name, bytes, expected) => {
    expect(crc32c(bytes)).toBe(expected)
  })

  it('continues from a seed, at every split and alignment', () => {
    for (let split = 0; split <= 32; split++) {
      expect(crc32c(ascending, split, 32, crc32c(ascending, 0, split))).toBe(0x46dd794e)
    }
  })

  it('is what the polynomial gives bit by bit, at any length, place and seed', () => {
    const bitByBit = (bytes: Uint8Array, seed: number) => {
      let crc = ~seed
      for (const byte of bytes) {
        crc ^= byte
        for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0x82f63b78 : 0)
      }
      return ~crc >>> 0
    }
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 120 }),
        fc.nat(120),
        fc.nat(120),
        fc.integer({ min: 0, max: 0xffffffff }),
        (bytes, from, length, seed) => {
          const start = Math.min(from, bytes.length)
          const end = Math.min(start + length, bytes.length)
          expect(crc32c(bytes, start, end, seed)).toBe(bitByBit(bytes.subarray(start, end), seed))
        },
      ),
    )
  })
})
