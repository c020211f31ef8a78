/** Schedules: each keeps what the delivery promises, repeats, and reaches orders that need its kind of choice. */
import { ConfigurationError, defineActor, namedRef } from '@troupe/core'
import { expect, test } from 'vitest'
import { type ScheduleOptions, type ScheduleStrategy, type SimulationProgram, simulate } from '../src/index.ts'
import { Collector, Counter, Relay, Sender } from './actors.ts'

const strategies: ScheduleStrategy[] = ['random', 'pct', 'pos', 'delay']

/** Synchronous, asynchronous and durable actors over three nodes that fail; and what is promised of order. */
const program: SimulationProgram = async (world) => {
  const collector = namedRef(Collector, { node: 'node-1', name: 'collector' })
  await world.spawn(Collector, undefined, { node: 'node-1', name: 'collector' })
  const counter = namedRef(Counter, { node: 'node-2', name: 'counter' })
  await world.spawn(Counter, { start: 0 }, { node: 'node-2', name: 'counter', durableId: 'counter' })
  await world.spawn(Relay, { to: counter }, { node: 'node-3', name: 'relay' })
  for (const node of ['node-2', 'node-3']) {
    await world.spawn(Sender, { count: 20 }, { node, name: 'sender' })
    world.tell(namedRef(Sender, { node, name: 'sender' }), 'begin', collector)
  }
  for (let round = 0; round < 5; round++) {
    await world.sleep(world.random.int(50))
    await world
      .askWith({ timeoutMs: 200 }, namedRef(Relay, { node: 'node-3', name: 'relay' }), 'relay', 1)
      .catch(() => {})
    await world.askWith({ timeoutMs: 200 }, counter, 'addDurably', 1).catch(() => {})
  }
  await world.heal()
  await world.ask(counter, 'read')
}

test.each(strategies)('%s: one seed run twice is one run, with every fault', async (schedule) => {
  const hashes = new Set<string>()
  for (let seed = 1; seed <= 40; seed++) {
    const options = {
      seed,
      nodes: 3,
      faults: 'all',
      schedule,
      delivery: seed % 2 === 0 ? 'hostile' : 'promised',
    } as const
    const first = await simulate(options, program)
    expect(await simulate(options, program), `seed ${seed}`).toEqual(first)
    hashes.add(first.hash)
  }
  expect(hashes.size).toBe(40)
})

test.each(strategies)(
  '%s keeps the order of each sender, and every message arrives within its bound',
  async (schedule) => {
    const orders = new Set<string>()
    for (let seed = 1; seed <= 40; seed++) {
      const sentAt = new Map<string, number>()
      await simulate({ seed, nodes: 3, schedule }, async (world) => {
        world.observe((event) => {
          if (event.type === 'sent' && event.message === 'item') sentAt.set(JSON.stringify(event.payload), event.atMs)
          if (event.type !== 'delivered' || event.message !== 'item') return
          const tookMs = event.atMs - (sentAt.get(JSON.stringify(event.payload)) as number)
          world.check(tookMs > 0.199 && tookMs < 100, `a message took ${tookMs} ms`)
        })
        const collector = await world.spawn(Collector, undefined, { node: 'node-1' })
        for (const node of ['node-2', 'node-3']) {
          const sender = await world.spawn(Sender, { count: 10 }, { node })
          sender.tell('begin', collector.ref)
        }
        await world.sleep(500)
        const items = await collector.ask('read')
        for (const node of ['node-2', 'node-3']) {
          const numbers = items.filter(({ from }) => from === node).map(({ number }) => number)
          world.check(numbers.join() === '1,2,3,4,5,6,7,8,9,10', `${node} was heard as ${numbers}`)
        }
        orders.add(items.map(({ from }) => from).join())
      })
    }
    expect(orders.size).toBeGreaterThan(20)
  },
)

const Spinner = defineActor<{ spin: () => void }>()({
  name: 'Spinner',
  init: () => ({ turns: 0 }),
  on: {
    spin(state, _message, ctx) {
      state.turns++
      ctx.tell(ctx.self, 'spin')
    },
  },
})

test('an actor that always has something to do does not keep another from its turn', async () => {
  for (const schedule of [{ strategy: 'pct', depth: 1 }, 'pos', 'delay'] as const) {
    for (let seed = 1; seed <= 10; seed++) {
      await simulate({ seed, nodes: 1, schedule, virtualMsMax: 100 }, async (world) => {
        const other = await world.spawn(Counter, { start: 0 }, { node: 'node-1' })
        const spinner = await world.spawn(Spinner, undefined, { node: 'node-1' })
        spinner.tell('spin')
        await world.sleep(1)
        await other.ask('add', 1)
      })
    }
  }
})

test('a schedule that cannot be is refused', async () => {
  const refused: unknown[] = [
    'fair',
    { strategy: 'pct', depth: 0 },
    { strategy: 'pct', steps: 0.5 },
    { strategy: 'delay', delays: -1 },
    { strategy: 'pos', patienceMs: -1 },
  ]
  for (const schedule of refused) {
    const run = simulate({ seed: 1, schedule: schedule as ScheduleOptions }, async () => {})
    await expect(run, JSON.stringify(schedule)).rejects.toThrow(ConfigurationError)
  }
})
