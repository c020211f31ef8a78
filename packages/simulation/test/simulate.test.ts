import { defineActor, defineService, namedRef } from '@troupe/core'
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

test('the cluster of the README survives, or says with which seed it did not', async () => {
  const run = await simulate({ seed: 7, nodes: 3, faults: { crash: 0.5, partition: 0.5 } }, async (world) => {
    await world.spawn(Counter, { start: 0 }, { node: 'node-1', name: 'counter', durableId: 'counter' })
    const counter = namedRef(Counter, { node: 'node-1', name: 'counter' })
    world.always('counts never fall below zero', (view) => view.cells(Counter).every(({ state }) => state.count >= 0))
    world.sometimes('a node was down', (view) => view.down.length > 0)
    await world.sleep(10_000)
    await world.heal()
    world.tell(counter, 'addDurably', 3)
    await world.eventually('it counts again', {
      withinMs: 1_000,
      predicate: (view) => view.cells(Counter).some(({ state }) => state.count === 3),
    })
  })
  expect(run.virtualMs).toBeGreaterThanOrEqual(10_000)
  expect(run.claims).toEqual({ 'a node was down': true })
  expect(run.propertyChecks).toBeGreaterThan(0)
})

const Weather = defineService<{ degrees(city: string): Promise<number> }>('weather')

const Traveller = defineActor({
  name: 'Traveller',
  init: () => ({}),
  on: {
    async pack(_state, city: string, ctx) {
      const degrees = await ctx.use(Weather).degrees(city)
      return { bag: degrees < 10 ? 'coat' : 'hat', atMs: ctx.now() }
    },
  },
})

test('a service twin made with the world takes virtual time and stays a function of the seed', async () => {
  const packed = async (seed: number) => {
    let bag: unknown
    const { hash } = await simulate(
      {
        seed,
        nodes: 1,
        services: (world) => ({
          weather: {
            async degrees() {
              await world.sleep(250)
              return world.random.int(20)
            },
          },
        }),
      },
      async (world) => {
        const traveller = await world.spawn(Traveller, undefined, { node: 'node-1' })
        bag = await traveller.ask('pack', 'Oslo')
      },
    )
    return { bag, hash }
  }
  const first = await packed(1)
  expect(first.bag).toMatchObject({ atMs: expect.any(Number) })
  expect((first.bag as { atMs: number }).atMs).toBeGreaterThanOrEqual(250)
  expect(await packed(1)).toEqual(first)
  const bags = new Set<string>()
  for (let seed = 1; seed <= 12; seed++) bags.add(((await packed(seed)).bag as { bag: string }).bag)
  expect([...bags].sort()).toEqual(['coat', 'hat'])
})

test('a run keeps its nodes apart: clocks are ahead by at most the knob, and differ', async () => {
  await simulate({ seed: 4, nodes: 3, swarm: false, faults: { clockSkewMs: 1_000 } }, async (world) => {
    const clocks: number[] = []
    for (const node of world.nodes) {
      const clock = await world.spawn(Clock, undefined, { node })
      clocks.push((await clock.ask('read')) - world.now())
    }
    for (const aheadMs of clocks) expect(Math.abs(aheadMs)).toBeLessThanOrEqual(1_010)
    expect(new Set(clocks.map((aheadMs) => Math.round(aheadMs / 5))).size).toBe(3)
  })
})

const Clock = defineActor({
  name: 'Clock',
  init: () => ({}),
  on: { read: (_state, _message: void, ctx) => ctx.now() },
})

test('what an observer settles goes on before the next step', async () => {
  await simulate({ seed: 1, nodes: 1 }, async (world) => {
    const { promise, resolve } = Promise.withResolvers<number>()
    let step = 0
    let turns = 0
    world.always('steps are counted', () => void step++)
    world.observe(
      () => {
        if (++turns === 5) resolve(step)
      },
      { only: ['turn'], messages: ['add'] },
    )
    const counter = await world.spawn(Counter, { start: 0 }, { node: 'node-1' })
    for (let told = 0; told < 50; told++) counter.tell('add', 1)
    expect(await promise).toBe(step)
  })
})
