import { describe, expect, it } from 'vitest'
import { TurnBudget } from '../src/turn-budget.ts'

/** A thread with `turns` waiting, of `msEach` on a clock that only they move. */
function thread(turns: number, msEach: number) {
  let nowMs = 0
  let clockReads = 0
  const budget = new TurnBudget(() => {
    clockReads++
    return nowMs
  })
  return {
    /** One round: the turns that it took, the milliseconds, and how often the clock was read. */
    round() {
      const [before, beforeMs, readsBefore] = [turns, nowMs, clockReads]
      const left = budget.round((limit) => {
        const taken = Math.min(limit, turns)
        turns -= taken
        nowMs += taken * msEach
        return turns > 0
      })
      return { taken: before - turns, ms: nowMs - beforeMs, clockReads: clockReads - readsBefore, left }
    },
    /** One round of turns of these lengths in turn. */
    mixedRound(lengths: readonly number[]) {
      let taken = 0
      budget.round((limit) => {
        for (let turn = 0; turn < limit; turn++) nowMs += lengths[taken++ % lengths.length] as number
        return true
      })
      return { taken }
    },
    make(each: number) {
      msEach = each
    },
  }
}

describe('the turns of a round', () => {
  it('end after a millisecond, and the turn that is under way', () => {
    const long = thread(1_000, 0.125)
    for (let round = 0; round < 5; round++) expect(long.round()).toMatchObject({ taken: 8, ms: 1, left: true })
  })

  it('are taken one by one once they are longer than a round', () => {
    const long = thread(100, 25)
    expect(long.round().taken).toBeLessThanOrEqual(8)
    for (let round = 0; round < 5; round++) expect(long.round()).toMatchObject({ taken: 1, ms: 25 })
  })

  it('read the clock rarely while they are short, and are bounded in number', () => {
    const { taken, clockReads, left } = thread(10_000, 0.0001).round()
    expect(taken).toBe(4_096)
    expect(left).toBe(true)
    expect(clockReads).toBeLessThan(80)
  })

  it('get short again after long ones, and long again', () => {
    const changing = thread(100_000, 0.125)
    changing.round()
    changing.make(0.0001)
    changing.round()
    expect(changing.round().taken).toBe(4_096)
    changing.make(0.125)
    const { taken, left } = changing.round()
    expect(left).toBe(true)
    expect(taken).toBeLessThanOrEqual(11)
  })

  it('begin with one, of which nobody knows how long it takes', () => {
    expect(thread(20, 100).round()).toMatchObject({ taken: 1, left: true })
  })

  it('are taken one by one as well when a short one lies between long ones', () => {
    const mixed = thread(1_000, 100)
    mixed.round()
    for (let round = 0; round < 20; round++) {
      const { taken } = mixed.mixedRound([0.001, 100])
      expect(taken).toBeLessThanOrEqual(2)
    }
  })

  it('say when none are left', () => {
    expect(thread(3, 0.1).round()).toMatchObject({ taken: 3, left: false })
  })
})
