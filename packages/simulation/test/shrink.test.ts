import { describe, expect, test } from 'vitest'
import { minimize } from '../src/delta-debugging.ts'
import { describePlan, failureKind, formatShrinking, replay, type SavedRun, saveFailure, shrink } from '../src/index.ts'
import { forgetfulDeposits } from './fixtures/deposits.ts'

async function failures(count: number): Promise<SavedRun[]> {
  const found: SavedRun[] = []
  for (let seed = 1; seed <= 200 && found.length < count; seed++) {
    const failure = await saveFailure(forgetfulDeposits, { seed })
    if (failure !== undefined) found.push(failure.saved)
  }
  return found
}

describe('shrinking', () => {
  test('leaves of a planted bug the one fault, client and deposit that it takes, and the rest fails in the same way', async () => {
    const found = await failures(5)
    expect(found).toHaveLength(5)
    for (const saved of found) {
      const smaller = await shrink(saved, forgetfulDeposits)
      const { after, before } = smaller
      expect(smaller.exhausted, `seed ${saved.seed}`).toBe(false)
      expect(before.parameters).toEqual({ clients: 3, amounts: 8 })
      expect(after.faults, describePlan(smaller.saved.plan).join('\n')).toBe(1)
      expect(after.parameters, formatShrinking(smaller)).toEqual({ clients: 1, amounts: 1 })
      expect(after.nodes).toBe(2)
      expect(after.events).toBeLessThan(before.events)
      expect(failureKind(smaller.failure)).toBe('always no deposit counts twice')
      expect(formatShrinking(smaller)).toContain(`faults ${before.faults} -> ${after.faults}`)
      const again = await replay(smaller.saved, forgetfulDeposits)
      expect(again).toMatchObject({ outcome: 'failed', hash: smaller.saved.hash })
    }
  })

  test('is the same each time, takes no more runs than it may, and says so', async () => {
    const [saved] = (await failures(1)) as [SavedRun]
    expect(await shrink(saved, forgetfulDeposits)).toEqual(await shrink(saved, forgetfulDeposits))
    const steps: number[] = []
    const few = await shrink(saved, forgetfulDeposits, { runsMax: 10, onSmaller: (_size, runs) => steps.push(runs) })
    expect(few).toMatchObject({ runs: 10, exhausted: true })
    expect(steps[0]).toBe(1)
    expect(formatShrinking(few)).toContain('(10 runs, all that it may take)')
    await expect(shrink(saved, forgetfulDeposits, { runsMax: 0 })).rejects.toThrow('runsMax')
  })

  test('goes no lower than the scenario allows', async () => {
    const [saved] = (await failures(1)) as [SavedRun]
    const least = { clients: 2, amounts: 3 }
    const { after } = await shrink(saved, { ...forgetfulDeposits, least })
    expect(after.parameters).toEqual(least)
    const { after: wide } = await shrink(saved, { ...forgetfulDeposits, nodesMin: 3 })
    expect(wide.nodes).toBe(3)
  })

  test('refuses a run that does not fail', async () => {
    const [saved] = (await failures(1)) as [SavedRun]
    await expect(shrink(saved, async () => {})).rejects.toThrow('does not fail as it was saved')
  })
})

describe('minimize', () => {
  const items = Array.from({ length: 64 }, (_, index) => index)

  test('finds the items that are needed together, wherever they are', async () => {
    for (const needed of [[], [0], [63], [5, 40], [0, 31, 32, 63], items.filter((item) => item % 8 === 3)]) {
      let tests = 0
      const found = await minimize(items, async (subset) => {
        tests++
        return needed.every((item) => subset.includes(item))
      })
      expect(found).toEqual(needed)
      // The bound of the paper for a list of n is n^2 + 3n.
      expect(tests).toBeLessThan(64 ** 2 + 3 * 64)
    }
  })

  test('is 1-minimal where fewer may do more', async () => {
    // Holds for odd numbers of items only.
    const found = await minimize(items.slice(0, 63), async (subset) => subset.length % 2 === 1)
    expect(found).toHaveLength(1)
  })

  test('gives what it has when there are no more tests', async () => {
    let left = 3
    const found = await minimize(items, async (subset) => (left-- > 0 ? subset.includes(7) : undefined))
    expect(found).toContain(7)
    expect(found.length).toBeLessThan(64)
  })
})
