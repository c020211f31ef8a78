import { namedRef } from '@troupe/core'
import { expect, test } from 'vitest'
import {
  PropertyFailure,
  SimulationDeadlockError,
  SimulationLimitError,
  type SimulationProgram,
  simulate,
  simulateMany,
  type TraceEvent,
} from '../src/index.ts'
import { Counter } from './actors.ts'

const counting: SimulationProgram = async (world) => {
  const counter = await world.spawn(Counter, { start: 0 }, { node: 'node-1' })
  world.always('below five', (view) => {
    for (const { state } of view.cells(Counter)) if (state.count >= 5) throw new Error('it is five')
  })
  for (;;) {
    counter.tell('add', 1)
    await world.sleep(world.random.int(3))
  }
}

test('a property that does not hold names the seed, the step and itself, and fails in the same way again', async () => {
  const failed = () => simulate({ seed: 42, nodes: 2 }, counting).catch((error) => error)
  const failure = await failed()
  expect(failure).toBeInstanceOf(PropertyFailure)
  expect(failure.code).toBe('ERR_TROUPE_SIMULATION_PROPERTY')
  expect(failure.facts).toMatchObject({ seed: 42, reason: 'always', property: 'below five' })
  expect(failure.message).toMatch(/^seed 42 failed at \d+\.\d+ ms, step \d+: always below five: it is five\n/)
  expect(failure.message).toContain('simulate({ seed: 42, ... })')
  expect(failure.facts.lastEvents.at(-1)).toMatch(/\/node-1\/Counter-\d+ takes add 1$/)
  expect(failure.cause.message).toBe('it is five')
  expect((await failed()).facts).toEqual(failure.facts)
})

test('what the program throws, a check that was caught, and an observer that throws fail the run', async () => {
  const reasonOf = (program: SimulationProgram) =>
    simulate({ seed: 1 }, program).then(
      () => 'none',
      (error) => error.facts.reason,
    )
  expect(await reasonOf(async () => Promise.reject(new TypeError('no')))).toBe('program')
  expect(
    await reasonOf(async (world) => {
      try {
        world.check(1 > 2, 'one is more than two')
      } catch {}
      await world.sleep(1)
    }),
  ).toBe('check')
  expect(
    await reasonOf(async (world) => {
      world.observe(() => {
        throw new Error('seen enough')
      })
      await world.spawn(Counter, { start: 0 })
      await world.sleep(1)
    }),
  ).toBe('check')
})

test('a run is limited in virtual time, in events and in asks within one step', async () => {
  const forever: SimulationProgram = async (world) => {
    for (;;) await world.sleep(10)
  }
  await expect(simulate({ seed: 1, virtualMsMax: 500 }, forever)).rejects.toThrow(SimulationLimitError)
  await expect(simulate({ seed: 1, eventsMax: 500 }, forever)).rejects.toThrow(/more than 500 events/)
  const retrying: SimulationProgram = async (world) => {
    const counter = await world.spawn(Counter, { start: 0 }, { node: 'node-1' })
    world.crash('node-1')
    for (;;) await counter.ask('read').catch(() => {})
  }
  await expect(simulate({ seed: 1 }, retrying)).rejects.toThrow(/asked 10000 times within one step/)
})

test('a program that waits for what cannot come is told what it waits for', async () => {
  const failure = await simulate({ seed: 1, nodes: 1 }, async (world) => {
    const counter = await world.spawn(Counter, { start: 0 }, { node: 'node-1' })
    await world.terminated(counter.ref)
  }).catch((error) => error)
  expect(failure).toBeInstanceOf(SimulationDeadlockError)
  expect(failure.code).toBe('ERR_TROUPE_SIMULATION_DEADLOCK')
  expect(failure.message).toContain('waits for the end of node-1.0/')
  await expect(simulate({ seed: 1 }, () => new Promise(() => {}))).rejects.toThrow(SimulationDeadlockError)
})

test('a campaign collects the seeds that fail, and ends early when told to', async () => {
  const unlucky: SimulationProgram = async (world) => world.check(world.random.int(4) > 0, 'unlucky')
  const campaign = await simulateMany({ seeds: '1..80' }, unlucky)
  expect(campaign.runs).toBe(80)
  expect(campaign.failures.length).toBeGreaterThan(5)
  const seeds = campaign.failures.map(({ facts }) => facts.seed)
  const again = await simulateMany({ seeds }, unlucky)
  expect(again.failures.map(({ facts }) => facts.seed)).toEqual(seeds)
  expect((await simulateMany({ seeds: '1..80', failuresMax: 2 }, unlucky)).failures).toHaveLength(2)
})

test('an observer sees what a durable actor lets out only once it is durable', async () => {
  const seen: string[] = []
  const run = await simulate({ seed: 3, nodes: 1, trace: true }, async (world) => {
    const counter = namedRef(Counter, { node: 'node-1', name: 'counter' })
    await world.spawn(Counter, { start: 0 }, { node: 'node-1', name: 'counter', durableId: 'counter' })
    world.observe((event) => {
      if (event.type === 'disk' && event.kind !== 'list' && event.kind !== 'size') seen.push(event.kind)
      if (event.type === 'sent' && event.from === 'node-1') seen.push(event.message)
    })
    await world.ask(counter, 'addDurably', 1)
  })
  expect(seen.slice(-2)).toEqual(['sync', 'reply'])
  expect(run.trace?.at(-1)?.step).toBe(run.events)
})

test('an observer may ask for some types of events, and for none that there is not', async () => {
  const seen: string[] = []
  const all: string[] = []
  await simulate({ seed: 3, nodes: 1 }, async (world) => {
    world.observe(({ type }) => void seen.push(type), { only: ['turn', 'disk'] })
    world.observe(({ type }) => void all.push(type))
    await world.spawn(Counter, { start: 0 }, { node: 'node-1', name: 'counter', durableId: 'counter' })
    await world.ask(namedRef(Counter, { node: 'node-1', name: 'counter' }), 'addDurably', 1)
    const wrong = 'turns' as 'turn'
    expect(() => world.observe(() => {}, { only: [wrong] })).toThrow(
      /no events of type turns; the types are turn, sent/,
    )
  })
  expect(seen).toEqual(all.filter((type) => type === 'turn' || type === 'disk'))
  expect(new Set(seen)).toEqual(new Set(['turn', 'disk']))
  expect(new Set(all).size).toBeGreaterThan(2)
})

test('an observer may ask for some messages, and hears of what is no message all the same', async () => {
  const nameOf = (event: TraceEvent) => `${event.type} ${'message' in event ? event.message : ''}`
  const seen: string[] = []
  const all: string[] = []
  await simulate({ seed: 3, nodes: 1 }, async (world) => {
    world.observe((event) => void seen.push(nameOf(event)), { messages: ['addDurably'] })
    world.observe((event) => void all.push(nameOf(event)))
    await world.spawn(Counter, { start: 0 }, { node: 'node-1', name: 'counter', durableId: 'counter' })
    await world.ask(namedRef(Counter, { node: 'node-1', name: 'counter' }), 'addDurably', 1)
    expect(() => world.observe(() => {}, { messages: 'addDurably' as unknown as string[] })).toThrow(
      /messages of observe must be a list of names/,
    )
  })
  expect(seen).toEqual(all.filter((name) => name.endsWith(' addDurably') || name === 'disk '))
  expect(new Set(seen)).toEqual(new Set(['sent addDurably', 'delivered addDurably', 'turn addDurably', 'disk ']))
  expect(all.length).toBeGreaterThan(seen.length)
})

test('stopping the world stops its roots', async () => {
  await simulate({ seed: 1, nodes: 2 }, async (world) => {
    const stopped: string[] = []
    world.observe((event) => {
      if (event.type === 'delivered' && event.message === 'stop') stopped.push(event.to)
    })
    await world.spawn(Counter, { start: 0 }, { node: 'spread' })
    await world.spawn(Counter, { start: 0 }, { node: 'spread' })
    await world.stop()
    expect(stopped).toEqual(['node-2', 'node-1'])
    expect(world.view.cells()).toEqual([])
    await expect(world.spawn(Counter, { start: 0 })).rejects.toThrow(/stopping/)
  })
})
