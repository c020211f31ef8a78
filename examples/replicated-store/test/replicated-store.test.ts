/** Kills on real threads lose nothing that was answered. */
import { expect, test } from 'vitest'
import { killedStore } from '../src/killed-store.ts'

test('three kills: what the clients saw is linearizable', async () => {
  const figures = await killedStore({ kills: 3, everyMs: 500, clients: 4, electionTimeoutMs: 200 })
  expect(figures.linearizable).toBe(true)
  expect(figures.kills).toHaveLength(3)
  expect(figures.operations).toBeGreaterThan(100)
})
