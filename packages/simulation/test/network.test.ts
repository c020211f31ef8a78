import { type ActorRef, ConfigurationError, defineActor } from '@troupe/core'
import { expect, test } from 'vitest'
import { type SimulatedWorld, type SimulateOptions, simulate } from '../src/index.ts'
import { Collector, Counter, Sender } from './actors.ts'

const latency = { minMs: 0, meanMs: 20 }

/** What arrived at node-1 of the 60 numbers that node-2 and node-3 each sent. */
async function collected(options: Omit<SimulateOptions, 'nodes'>, after?: (world: SimulatedWorld) => Promise<void>) {
  const numbers = new Map<string, number[]>([
    ['node-2', []],
    ['node-3', []],
  ])
  const run = await simulate({ latency, swarm: false, nodes: 3, ...options }, async (world) => {
    const collector = await world.spawn(Collector, undefined, { node: 'node-1' })
    for (const node of ['node-2', 'node-3']) {
      const sender = await world.spawn(Sender, { count: 60 }, { node })
      sender.tell('begin', collector.ref)
    }
    await after?.(world)
    await world.sleep(5_000)
    for (const { from, number } of await collector.ask('read')) numbers.get(from)?.push(number)
  })
  return { numbers, run }
}

const inOrder = Array.from({ length: 60 }, (_, index) => index + 1)

test('as promised, messages from one node to another arrive once and in order', async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const { numbers } = await collected({ seed })
    expect([...numbers.values()], `seed ${seed}`).toEqual([inOrder, inOrder])
  }
})

test('explicit loss loses some messages and keeps the order of the others', async () => {
  const { numbers, run } = await collected({ seed: 1, faults: { loss: 0.3 } })
  const all = [...numbers.values()].flat()
  expect(run.injected.loss).toBe(120 - all.length)
  expect(run.injected.loss).toBeGreaterThan(10)
  for (const ofOne of numbers.values()) expect(ofOne).toEqual([...ofOne].sort((left, right) => left - right))
})

test('hostile delivery loses, duplicates and reorders', async () => {
  const { numbers, run } = await collected({ seed: 2, delivery: 'hostile' })
  const all = [...numbers.values()]
  expect(all.flat().length).toBe(120 - run.injected.loss + run.injected.duplicate)
  expect(all.some((ofOne) => new Set(ofOne).size < ofOne.length)).toBe(true)
  expect(all.some((ofOne) => ofOne.some((number, index) => number < (ofOne[index - 1] ?? 0)))).toBe(true)
  expect(run.injected.reorder).toBeGreaterThan(0)
})

test('a partition cuts, heals, and cuts in one direction only when asked to', async () => {
  await simulate({ seed: 3, nodes: ['a', 'b'] }, async (world) => {
    const counter = await world.spawn(Counter, { start: 0 }, { node: 'b' })
    const teller = await world.spawn(Teller, { to: counter.ref }, { node: 'a' })
    const toldUntil = async () => {
      teller.tell('tellOnce')
      const heard = await teller.ask('hearBack')
      return [await counter.ask('read'), heard]
    }
    expect(await toldUntil()).toEqual([1, true])
    const both = world.partition(['a'], ['b'])
    expect(await toldUntil()).toEqual([1, false])
    both.heal()
    both.heal()
    expect(await toldUntil()).toEqual([2, true])
    world.partition(['b'], ['a'], { oneWay: true })
    expect(await toldUntil()).toEqual([3, false])
    await world.heal()
    expect(await toldUntil()).toEqual([4, true])
  })
})

test('a notice of death is held up by a partition, not lost', async () => {
  await simulate({ seed: 4, nodes: ['a', 'b'] }, async (world) => {
    const counter = await world.spawn(Counter, { start: 0 }, { node: 'b' })
    const watcher = await world.spawn(Watcher, { ref: counter.ref }, { node: 'a' })
    await watcher.ask('seen')
    const partition = world.partition(['a'], ['b'])
    await counter.stop()
    await world.sleep(1_000)
    expect(await watcher.ask('seen')).toEqual([])
    partition.heal()
    await world.sleep(1_000)
    expect(await watcher.ask('seen')).toEqual(['stopped'])
  })
})

test('what cannot be sent is refused at the sender, and what is sent is a frozen copy', async () => {
  await simulate({ seed: 5, nodes: 2 }, async (world) => {
    const holder = await world.spawn(Holder, undefined, { node: 'node-1' })
    const box = { items: [1] }
    holder.tell('hold', box)
    box.items.push(2)
    expect(await holder.ask('change')).toMatch(/not extensible|read only/)
    expect(() => holder.tell('hold', { items: [], run: () => {} } as { items: number[] })).toThrow(/is a function/)
  })
})

test('faults that delivery as promised excludes, unknown nodes and malformed options are refused', async () => {
  const nothing = async () => {}
  for (const options of [
    { faults: { duplicate: 0.1 } },
    { faults: { loss: 2 } },
    { nodes: ['main'] },
    { nodes: ['a', 'a'] },
    { nodes: 1.5 },
    { seed: 0.5 },
  ]) {
    await expect(simulate({ seed: 1, ...options }, nothing)).rejects.toThrow(ConfigurationError)
  }
  await simulate({ seed: 1 }, async (world) => {
    expect(() => world.crash('main')).toThrow(ConfigurationError)
    expect(() => world.crash('node-7')).toThrow(ConfigurationError)
    await expect(world.spawn(Counter, { start: 0 }, { node: 'node-7' })).rejects.toThrow(ConfigurationError)
  })
})

const Teller = defineActor({
  name: 'Teller',
  init: (args: { to: ActorRef<{ add: (by: number) => number; read: () => number }> }) => args,
  on: {
    tellOnce: (state, _message: void, ctx) => ctx.tell(state.to, 'add', 1),
    hearBack: (state, _message: void, ctx) =>
      ctx.askWith({ timeoutMs: 100 }, state.to, 'read').then(
        () => true,
        () => false,
      ),
  },
})

const Watcher = defineActor({
  name: 'Watcher',
  init: (args: { ref: ActorRef }) => ({ ref: args.ref, seen: [] as string[] }),
  started: (state, ctx) => ctx.watch(state.ref),
  terminated(state, _ref, reason) {
    state.seen.push(reason)
  },
  on: { seen: (state) => state.seen },
})

const Holder = defineActor({
  name: 'Holder',
  init: () => ({ held: { items: [] as number[] } }),
  on: {
    hold(state, box: { items: number[] }) {
      state.held = box
    },
    change(state) {
      if (state.held.items.length !== 1) throw new Error('the message changed after it was sent')
      try {
        state.held.items.push(3)
      } catch (error) {
        return (error as Error).message
      }
      return 'changed'
    },
  },
})
