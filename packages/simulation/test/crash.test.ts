import { type ActorRef, defineActor, NodeDownError, namedRef } from '@troupe/core'
import { expect, test } from 'vitest'
import { simulate, simulateMany } from '../src/index.ts'
import { Counter } from './actors.ts'

const durable = { node: 'node-1', name: 'counter', durableId: 'counter' }
const counterRef = namedRef(Counter, { node: 'node-1', name: 'counter' })

test('a crash keeps what was acknowledged, over many moments of the crash', async () => {
  const campaign = await simulateMany(
    { seeds: '1..100', nodes: 1, faults: { tornWrite: 0.7, diskLatencyMs: 5 } },
    async (world) => {
      await world.spawn(Counter, { start: 0 }, durable)
      let acknowledged = 0
      let asked = 0
      const client = async () => {
        for (; asked < 200; ) {
          asked++
          const count = await world.askWith({ timeoutMs: 20 }, counterRef, 'addDurably', 1).catch(() => 0)
          acknowledged = Math.max(acknowledged, count)
        }
      }
      const clients = Promise.all([client(), client(), client()])
      await world.sleep(world.random.int(150))
      world.crash('node-1')
      const { acknowledged: atCrash, asked: askedAtCrash } = { acknowledged, asked }
      await world.restart('node-1')
      const count = await world.ask(counterRef, 'read')
      world.check(count >= atCrash, `${atCrash} were acknowledged, ${count} are left`)
      world.check(count <= askedAtCrash + 200, 'nothing is invented')
      asked = 200
      await clients
    },
  )
  expect(campaign.failures).toEqual([])
  expect(campaign.injected.tornWrite).toBeGreaterThan(0)
})

test('a crash loses what is not durable, and what was not synced', async () => {
  let lost = 0
  for (let seed = 1; seed <= 30; seed++) {
    await simulate({ seed, nodes: 1 }, async (world) => {
      await world.spawn(Counter, { start: 5 }, { node: 'node-1', name: 'volatile' })
      await world.spawn(Counter, { start: 0 }, durable)
      const volatile = namedRef(Counter, { node: 'node-1', name: 'volatile' })
      expect(await world.ask(volatile, 'add', 3)).toBe(8)
      expect(await world.ask(counterRef, 'addDurably', 1)).toBe(1)
      world.tell(counterRef, 'addDurably', 1)
      await until(world, () => world.view.cells(Counter).some(({ state }) => state.count === 2))
      world.crash('node-1')
      await world.restart('node-1')
      expect(await world.ask(volatile, 'read')).toBe(5)
      const count = await world.ask(counterRef, 'read')
      expect(count).toBeGreaterThanOrEqual(1)
      if (count === 1) lost++
    })
  }
  expect(lost).toBeGreaterThan(0)
})

test('those who watch an actor of a crashed node are told exactly once, after its last message', async () => {
  const campaign = await simulateMany({ seeds: '1..100', nodes: 3 }, async (world) => {
    const talker = await world.spawn(Talker, undefined, { node: 'node-1', supervise: { onFailure: 'stop' } })
    const listeners = await Promise.all(
      ['node-2', 'node-3', 'local'].map((node) => world.spawn(Listener, { to: talker.ref }, { node })),
    )
    const terminated = world.terminated(talker.ref)
    await world.sleep(world.random.int(50))
    world.crash('node-1')
    if (world.random.chance(0.5)) await world.restart('node-1')
    expect(await terminated).toBe('node-down')
    await world.sleep(1_000)
    for (const listener of listeners) {
      const heard = await listener.ask('heard')
      world.check(heard.filter((word) => word === 'node-down').length === 1, `told of the death: ${heard.join(' ')}`)
      world.check(heard.at(-1) === 'node-down', 'the death is the last that is heard')
    }
  })
  expect(campaign.failures).toEqual([])
})

test('asks to a node that crashes fail, roots come back, and each incarnation has an epoch of its own', async () => {
  await simulate({ seed: 9, nodes: 2 }, async (world) => {
    const counter = await world.spawn(Counter, { start: 0 }, { node: 'node-1', name: 'counter' })
    const ask = counter.ask('read')
    world.crash('node-1')
    world.crash('node-1')
    await expect(ask).rejects.toThrow(/is down or unknown/)
    expect(world.view.down).toEqual(['node-1'])
    await expect(counter.ask('read')).rejects.toThrow(/is down or unknown/)
    await world.restart('node-1')
    await world.restart('node-1')
    await expect(counter.ask('read')).rejects.toThrow(/not there/)
    expect(await world.ask(counterRef, 'read')).toBe(0)
    expect(world.view.cells(Counter).map(({ epoch, name }) => [epoch, name])).toEqual([[1, 'counter']])
  })
})

test('what was sent to a node before its death was noticed is never heard by its successor', async () => {
  for (let seed = 1; seed <= 50; seed++) {
    const heard: number[] = []
    await simulate({ seed, nodes: 1 }, async (world) => {
      world.observe((event) => {
        if (event.type === 'delivered' && event.message === 'add') heard.push(event.payload as number)
      })
      await world.spawn(Counter, { start: 0 }, { node: 'node-1', name: 'counter' })
      world.crash('node-1')
      const back = world.restart('node-1')
      await expect(world.ask(counterRef, 'add', 1)).rejects.toMatchObject({ code: 'ERR_TROUPE_NODE_DOWN' })
      await back
      expect(await world.ask(counterRef, 'add', 2)).toBe(2)
    })
    expect(heard, `seed ${seed}`).toEqual([2])
  }
})

test('a spawn that is tried again, since its node crashed, never finds its own name taken', async () => {
  const campaign = await simulateMany({ seeds: '1..30', nodes: 2, faults: { crash: 20 } }, async (world) => {
    for (let index = 1; index <= 40; index++) {
      await world.spawn(Counter, { start: 0 }, { node: `node-${1 + (index % 2)}`, name: `counter-${index}` })
      await world.sleep(10)
    }
  })
  expect(campaign.failures).toEqual([])
  expect(campaign.injected.crash).toBeGreaterThan(30)
})

test('a node whose sync fails ends, and comes back', async () => {
  const run = await simulate({ seed: 1, nodes: 1, swarm: false, faults: { syncFailure: 0.2 } }, async (world) => {
    await world.spawn(Counter, { start: 0 }, durable)
    for (let count = 1; count <= 30; ) {
      const reply = await world.askWith({ timeoutMs: 50 }, counterRef, 'addDurably', 1).catch(() => undefined)
      if (reply === undefined) await world.sleep(20)
      else count++
    }
    await world.heal()
    world.check((await world.ask(counterRef, 'read')) >= 30, 'all that was acknowledged is there')
  })
  expect(run.injected.syncFailure).toBeGreaterThan(2)
})

test('a paused node does nothing until it is resumed, and then all that has come due', async () => {
  await simulate({ seed: 1, nodes: 1 }, async (world) => {
    const counter = await world.spawn(Counter, { start: 0 }, { node: 'node-1' })
    world.pause('node-1')
    let replied = false
    const reply = counter.ask('add', 1).then((count) => {
      replied = true
      return count
    })
    await world.sleep(1_000)
    expect(replied).toBe(false)
    world.resume('node-1')
    expect(await reply).toBe(1)
  })
})

/** Resolves when `condition` holds between two steps. */
async function until(world: { sleep(ms: number): Promise<void> }, condition: () => boolean): Promise<void> {
  while (!condition()) await world.sleep(0.01)
}

/** Tells whoever subscribed a word every millisecond. */
const Talker = defineActor<{ subscribe: (to: ActorRef<{ word: (word: string) => void }>) => void; tick: () => void }>()(
  {
    name: 'Talker',
    init: () => ({ to: [] as ActorRef<{ word: (word: string) => void }>[] }),
    started: (_state, ctx) => ctx.timers.once({ key: 'tick', delayMs: 1 }, 'tick'),
    on: {
      subscribe(state, to) {
        state.to.push(to)
      },
      tick(state, _message, ctx) {
        for (const to of state.to) ctx.tell(to, 'word', 'word')
        ctx.timers.once({ key: 'tick', delayMs: 1 }, 'tick')
      },
    },
  },
)

const Listener = defineActor<{ word: (word: string) => void; heard: () => string[] }>()({
  name: 'Listener',
  init: (args: { to: ActorRef<{ subscribe: (to: ActorRef<{ word: (word: string) => void }>) => void }> }) => ({
    to: args.to,
    heard: [] as string[],
  }),
  started(state, ctx) {
    ctx.watch(state.to)
    ctx.tell(state.to, 'subscribe', ctx.self)
  },
  terminated(state, _ref, reason) {
    state.heard.push(reason)
  },
  on: {
    word(state, word) {
      state.heard.push(word)
    },
    heard: (state) => state.heard,
  },
})

test('a node that crashes again while its roots are being started has each of them once in the end', async () => {
  for (let seed = 1; seed <= 200; seed++) {
    await simulate({ seed, nodes: 1, latency: { minMs: 1, meanMs: 5 } }, async (world) => {
      const escalated: Error[] = []
      world.events.on('escalated', ({ error }) => {
        // That it died again is no news: the next start goes through them all.
        if (!(error instanceof NodeDownError)) escalated.push(error)
      })
      for (const name of ['a', 'b', 'c']) await world.spawn(Counter, { start: 0 }, { node: 'node-1', name })
      for (let crash = 0; crash < 6; crash++) {
        world.crash('node-1')
        void world.restart('node-1')
        await world.sleep(world.random.int(40))
      }
      await world.heal()
      for (const name of ['a', 'b', 'c']) await world.ask(namedRef(Counter, { node: 'node-1', name }), 'read')
      world.check(escalated.length === 0, `roots could not be started: ${escalated.join(', ')}`)
    })
  }
})
