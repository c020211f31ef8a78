/**
 * What a step may have changed: held against copies of all states, taken after every step, of actors that change in every
 * way there is: in turns, between the awaits of one, by a restart, a resumption, a rollback and a recovery.
 */
import { type ActorRef, type Directive, defineActor, namedRef } from '@troupe/core'
import { encodeValue } from '@troupe/core/host'
import { expect, test } from 'vitest'
import { type CellView, simulate } from '../src/index.ts'
import { Collector, Counter } from './actors.ts'

const Restless = defineActor({
  name: 'Restless',
  init: (args: { other: ActorRef<{ read: () => number }> }) => ({ ...args, count: 0 }),
  reentrant: ['meanwhile'],
  on: {
    add(state, _message: undefined) {
      state.count++
    },
    async slowly(state, _message: undefined, ctx) {
      for (let round = 0; round < 3; round++) {
        state.count++
        await ctx.askWith({ timeoutMs: 20 }, state.other, 'read').catch(() => 0)
      }
      state.count++
    },
    async meanwhile(state, _message: undefined, ctx) {
      state.count++
      await ctx.askWith({ timeoutMs: 20 }, state.other, 'read').catch(() => 0)
      state.count++
    },
    fail(state, _message: undefined) {
      state.count += 100
      throw new Error('as it was told to')
    },
  },
})

const Plain = defineActor({
  name: 'Plain',
  init: (_args: undefined) => ({ count: 0 }),
  on: {
    add(state, _message: undefined) {
      state.count++
    },
    fail(state, _message: undefined) {
      state.count += 100
      throw new Error('as it was told to')
    },
  },
})

const key = ({ node, epoch, path, ref }: CellView) => `${node}.${epoch} ${path} ${JSON.stringify(ref)}`
const told = ['add', 'slowly', 'meanwhile', 'fail'] as const

test('whatever is other than after the step before is among what the step changed', async () => {
  let changes = 0
  let looks = 0
  let spared = 0
  for (let seed = 1; seed <= 25; seed++) {
    await simulate({ seed, nodes: 3, faults: { crash: 2, pause: 1, loss: 0.05 } }, async (world) => {
      const { random, nodes } = world
      let before = new Map<string, string>()
      world.always('all changes are known', (view) => {
        looks++
        const after = new Map<string, string>()
        const changed = new Set(view.changed().map(key))
        for (const cell of view.cells()) {
          const name = key(cell)
          after.set(name, encodeValue([cell.state, cell.behavior]).join())
          if (after.get(name) === before.get(name)) {
            spared += changed.has(name) ? 0 : 1
            continue
          }
          changes++
          if (!changed.has(name)) throw new Error(`${name} has changed, and nobody says so`)
        }
        before = after
      })
      const other = namedRef(Counter, { node: nodes[2] as string, name: 'durable' })
      const restarts: Directive[] = ['restart', 'resume']
      for (const [index, onFailure] of restarts.entries()) {
        const name = `restless-${index}`
        await world.spawn(Restless, { other }, { node: nodes[index] as string, name, supervise: { onFailure } })
        const plain = { name: `plain-${index}`, supervise: { onFailure, rollback: true } } as const
        await world.spawn(Plain, undefined, { node: nodes[index] as string, ...plain })
      }
      const durable = { name: 'durable', durableId: 'durable', supervise: { onFailure: 'resume' } } as const
      await world.spawn(Counter, { start: 0 }, { node: nodes[2] as string, ...durable })
      for (let round = 0; round < 60; round++) {
        const index = random.int(2)
        const restless = namedRef(Restless, { node: nodes[index] as string, name: `restless-${index}` })
        const plain = namedRef(Plain, { node: nodes[index] as string, name: `plain-${index}` })
        world.tell(restless, random.pick(told), undefined)
        world.tell(plain, random.chance(0.3) ? 'fail' : 'add', undefined)
        world.tell(other, 'addDurably', 1)
        // While the event before waits for its sync: the failure waits with it.
        if (random.chance(0.2)) world.tell(other, 'fail')
        await world.sleep(random.int(10))
      }
      await world.heal()
    })
  }
  expect(changes).toBeGreaterThan(3_000)
  // Nearly all actors are as they were after nearly all steps.
  expect(spared).toBeGreaterThan(2 * looks)
})

test('what changed is told by definition, typed, and is nothing after a step that changed nothing', async () => {
  await simulate({ seed: 1, nodes: 1 }, async (world) => {
    const counter = await world.spawn(Counter, { start: 0 }, { node: 'node-1' })
    await world.spawn(Plain, undefined, { node: 'node-1' })
    const counts: number[] = []
    const plain: number[] = []
    let steps = 0
    world.always('look', ({ changed }) => {
      steps++
      counts.push(...changed(Counter).map(({ state }) => state.count))
      plain.push(...changed(Plain).map(({ state }) => state.count))
    })
    counter.tell('add', 2)
    counter.tell('add', 3)
    await world.sleep(50)
    expect(counts).toEqual([2, 5])
    expect(plain).toEqual([])
    expect(steps).toBeGreaterThan(4)
  })
})

test('a property of a definition is looked at after the steps that may have changed an actor of it, and when that is asked for', async () => {
  await simulate({ seed: 1, nodes: 1 }, async (world) => {
    const counter = await world.spawn(Counter, { start: 0 }, { node: 'node-1' })
    const collector = await world.spawn(Collector, undefined, { node: 'node-1' })
    let looks = 0
    let changes = 0
    const look = () => {
      looks++
    }
    const property = world.always('of counters', look, { of: Counter })
    await world.sleep(1)
    expect(looks).toBe(1)
    world.always('of all', ({ changed }) => {
      if (changed(Counter).length > 0) changes++
    })
    await counter.ask('add', 1)
    expect(changes).toBeGreaterThan(0)
    expect(looks).toBe(1 + changes)
    await collector.ask('read')
    expect(looks).toBe(1 + changes)
    property.look()
    await collector.ask('read')
    expect(looks).toBe(1 + changes + 1)
  })
})
