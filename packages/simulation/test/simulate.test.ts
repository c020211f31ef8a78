import { expect, test } from 'vitest'
import { simulate } from '../src/index.ts'
import { Counter, Relay } from './actors.ts'

test('actors on three nodes answer the program', async () => {
  const run = await simulate({ seed: 1, nodes: 3 }, async (world) => {
    const counter = await world.spawn(Counter, { start: 1 }, { node: 'node-1' })
    const relay = await world.spawn(Relay, { to: counter.ref }, { node: 'node-2' })
    expect(await relay.ask('relay', 4)).toEqual([5, 6])
    expect(await counter.ask('read')).toBe(6)
  })
  expect(run.turns).toBeGreaterThan(5)
})
