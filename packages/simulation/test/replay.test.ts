import { namedRef } from '@troupe/core'
import { expect, test } from 'vitest'
import { allFaults, type FaultKind, type SimulationProgram, simulate, simulateMany } from '../src/index.ts'
import { Collector, Counter, Relay, Sender } from './actors.ts'

/** Synchronous, asynchronous and durable actors that talk across four nodes while everything goes wrong. */
const program: SimulationProgram = async (world) => {
  const counter = namedRef(Counter, { node: 'node-1', name: 'counter' })
  await world.spawn(Counter, { start: 0 }, { node: 'node-1', name: 'counter', durableId: 'counter' })
  const collector = namedRef(Collector, { node: 'node-2', name: 'collector' })
  await world.spawn(Collector, undefined, { node: 'node-2', name: 'collector' })
  for (const node of ['node-3', 'node-4']) {
    await world.spawn(Sender, { count: 30 }, { node, name: 'sender' })
    await world.spawn(Relay, { to: counter }, { node, name: 'relay' })
    world.tell(namedRef(Sender, { node, name: 'sender' }), 'begin', collector)
  }
  world.always('counts are whole numbers', (view) => {
    for (const { state } of view.cells(Counter)) if (!Number.isInteger(state.count)) return false
    return true
  })
  const asked = async (node: string) => {
    for (let round = 0; round < 10; round++) {
      await world.sleep(world.random.int(100))
      await world.askWith({ timeoutMs: 200 }, namedRef(Relay, { node, name: 'relay' }), 'relay', 1).catch(() => {})
      await world.askWith({ timeoutMs: 200 }, counter, 'addDurably', 1).catch(() => {})
    }
  }
  await Promise.all([asked('node-3'), asked('node-4')])
  await world.heal()
  await world.ask(counter, 'read')
}

test('one seed run twice is one run, with every fault, over 300 seeds', async () => {
  const hashes = new Set<string>()
  for (let seed = 1; seed <= 300; seed++) {
    const options = { seed, nodes: 4, faults: 'all', delivery: seed % 2 === 0 ? 'hostile' : 'promised' } as const
    const first = await simulate(options, program)
    const second = await simulate(options, program)
    expect(second, `seed ${seed}`).toEqual(first)
    hashes.add(first.hash)
  }
  expect(hashes.size).toBe(300)
})

test('a campaign meets every kind of fault and says how often', async () => {
  // Those that 'all' leaves out have campaigns of their own: the program here expects its data to be there in the end.
  const faults = { ...allFaults, crash: 1, crashRecovering: 1 }
  const campaign = await simulateMany({ seeds: '1..200', nodes: 4, faults, delivery: 'hostile' }, program)
  expect(campaign.failures).toEqual([])
  expect(campaign.runs).toBe(200)
  for (const [kind, seeds] of Object.entries(campaign.seedsInjected)) {
    if (faults[kind as FaultKind] > 0) expect(seeds, kind).toBeGreaterThan(0)
    else expect(seeds, kind).toBe(0)
  }
})
