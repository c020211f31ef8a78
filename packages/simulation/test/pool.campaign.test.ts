/**
 * A pool over nodes that crash, pause and are cut off, its own included. Whatever happened: every ask ends, and once all is
 * healed there are as many workers as the pool says, all of them its own, and a router by key knows the same ones.
 */
import { actorKey, defineActor, definePool, defineRouter, receptionist, refKey } from '@troupe/core'
import { expect, test } from 'vitest'
import { type SimulatedWorld, simulateMany } from '../src/index.ts'

const Workers = actorKey<WorkerProtocol>('workers')
type WorkerProtocol = { work: (amount: number) => number; who: () => string; end: () => void; fail: () => void }

const Worker = defineActor<WorkerProtocol>()({
  name: 'Worker',
  init: () => ({ done: 0 }),
  started: (_state, ctx) => receptionist.register(ctx, Workers),
  on: {
    work(state, amount) {
      state.done += amount
      return state.done
    },
    who: (_state, _message, ctx) => refKey(ctx.self),
    end: (_state, _message, ctx) => ctx.stop(),
    fail() {
      throw new Error('on purpose')
    },
  },
})

const size = 6
const Pool = definePool({ name: 'Pool', routee: Worker, size, on: 'spread', strategy: 'smallest-mailbox' })
const Router = defineRouter<WorkerProtocol>({ name: 'Router', strategy: 'smallest-mailbox' })

async function program(world: SimulatedWorld): Promise<void> {
  const { random } = world
  world.sometimes('the node of the pool is down', ({ down }) => down.includes('node-1'))
  world.sometimes('a worker waits for its turn with another message', (view) => {
    const waiting = view.messages().filter(({ where, message }) => where === 'mailbox' && message === 'work')
    return waiting.some(({ target }, index) => waiting.findIndex((other) => other.target === target) < index)
  })
  await world.spawn(Pool, undefined, { node: 'node-1', name: 'pool' })
  await world.spawn(Router, { key: Workers }, { node: 'node-2', name: 'router' })
  const addressed = async (path: string) => (await world.lookup(path)) as any
  const asks: Promise<unknown>[] = []
  for (let step = 0; step < 60; step++) {
    const target = await addressed(random.chance(0.5) ? '/node-1/pool' : '/node-2/router').catch(() => undefined)
    const name = random.pick(['work', 'work', 'work', 'who', 'end', 'fail'])
    if (target !== undefined) asks.push(world.ask<any, string>(target, name, 1).catch(() => undefined))
    await world.sleep(random.int(200))
  }
  await Promise.all(asks)
  await world.heal()
  // The longest wait of a place, and a start that nobody answered.
  await world.sleep(20_000)
  const living = world.view.cells(Worker).map(({ ref }) => refKey(ref))
  world.check(living.length === size, `${living.length} workers live`)
  for (const path of ['/node-1/pool', '/node-2/router']) {
    const target = await addressed(path)
    const routees = (await world.ask<any, string>(target, '@routees')) as any[]
    world.check(
      routees.map(refKey).sort().join() === living.toSorted().join(),
      `${path} has ${routees.map(refKey).join(' ')}, and there live ${living.join(' ')}`,
    )
    const who = new Set<unknown>()
    for (let count = 0; count < size; count++) who.add(await world.ask<any, string>(target, 'who'))
    world.check(who.size > 1, 'one of them does all the work')
  }
}

test('under crashes, pauses and partitions a pool is whole again, and nobody is left over', async () => {
  const campaign = await simulateMany(
    { seeds: '1..60', nodes: 4, faults: { crash: 0.4, pause: 0.4, partition: 0.8 } },
    program,
  )
  expect(campaign.failures).toEqual([])
  expect(campaign.seedsInjected.crash).toBeGreaterThan(20)
  expect(campaign.seedsInjected.partition).toBeGreaterThan(20)
})

test('with messages that are lost, doubled and overtaken too', async () => {
  const campaign = await simulateMany(
    {
      seeds: '61..120',
      nodes: 4,
      faults: { crash: 0.4, loss: 0.05, duplicate: 0.1, reorder: 0.2 },
      delivery: 'hostile',
    },
    program,
  )
  expect(campaign.failures).toEqual([])
  for (const kind of ['crash', 'loss', 'duplicate', 'reorder'] as const)
    expect(campaign.seedsInjected[kind]).toBeGreaterThan(10)
})
