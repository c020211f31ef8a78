/** The fuzzers, a few thousand rounds each; `pnpm fuzz-frames` runs more. Each seed is one round. */
import { SeededRandom } from '@troupe/core/host'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { frameAttempts, fuzzFrame } from './frame-fuzz.ts'
import type { FuzzRound } from './fuzz-round.ts'
import { fuzzMessage, messageAttempts } from './message-fuzz.ts'
import { fuzzRing, ringAttacks } from './ring-fuzz.ts'

function outcomes(fuzz: (random: SeededRandom) => FuzzRound): { attacks: Set<string>; refused: number } {
  const attacks = new Set<string>()
  let refused = 0
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const { attack, outcome } = fuzz(new SeededRandom(seed))
      attacks.add(attack)
      if (outcome === 'refused') refused++
    }),
    { numRuns: 3_000 },
  )
  return { attacks, refused }
}

describe('the reader of a channel', () => {
  it('delivers what was sent or says what is wrong, whatever is done to the ring and the port beside it', () => {
    const { attacks, refused } = outcomes(fuzzRing)
    expect(attacks.size).toBe(ringAttacks.length)
    expect(refused).toBeGreaterThan(1_000)
  })

  it('delivers data or says what is wrong, whatever bytes a frame carries', () => {
    const { attacks, refused } = outcomes(fuzzMessage)
    expect(attacks.size).toBe(messageAttempts.length)
    expect(refused).toBeGreaterThan(1_000)
  })

  it('takes frames or says which field is wrong, whatever values come, and its node does not change by what is none', () => {
    const { attacks, refused } = outcomes(fuzzFrame)
    expect(attacks.size).toBe(frameAttempts.length)
    expect(refused).toBeGreaterThan(1_000)
  })
})
