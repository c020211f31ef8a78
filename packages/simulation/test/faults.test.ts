/** Faults of links, threads, disks and clocks on request: what each of them does to an actor. */
import { type ActorRef, ConfigurationError, defineActor, namedRef } from '@troupe/core'
import { describe, expect, test } from 'vitest'
import { type SimulatedWorld, simulate } from '../src/index.ts'
import { Collector, Counter, Sender } from './actors.ts'

const durable = { node: 'a', name: 'counter', durableId: 'counter' }
const counterRef = namedRef(Counter, { node: 'a', name: 'counter' })

/** A sender on `a` that has told a collector on `b` its numbers, one about every 2 ms. */
async function stream(world: SimulatedWorld, count: number) {
  const collector = await world.spawn(Collector, undefined, { node: 'b' })
  const sender = await world.spawn(Sender, { count }, { node: 'a' })
  const numbers = async () => (await collector.ask('read')).map(({ number }) => number)
  return { collector, sender, numbers, begin: () => sender.tell('begin', collector.ref) }
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1)

describe('links', () => {
  test('a held link lets nothing out and loses nothing: released, all of it comes in order', async () => {
    await simulate({ seed: 1, nodes: ['a', 'b'] }, async (world) => {
      const { numbers, begin } = await stream(world, 50)
      const hold = world.hold(['a'], ['b'])
      begin()
      await world.sleep(1_000)
      expect(await numbers()).toEqual([])
      hold.end()
      await world.sleep(100)
      expect(await numbers()).toEqual(upTo(50))
    })
  })

  test('what a held link has not let out is lost with a crash of its sender', async () => {
    await simulate({ seed: 1, nodes: ['a', 'b'] }, async (world) => {
      const { numbers, begin } = await stream(world, 50)
      const hold = world.hold(['a'], ['b'])
      begin()
      await world.sleep(1_000)
      world.crash('a')
      hold.end()
      await world.sleep(1_000)
      expect(await numbers()).toEqual([])
    })
  })

  test('messages that a held link has kept do not outlast a partition', async () => {
    await simulate({ seed: 1, nodes: ['a', 'b'] }, async (world) => {
      const { numbers, begin } = await stream(world, 10)
      const hold = world.hold(['a'], ['b'])
      begin()
      await world.sleep(500)
      const partition = world.partition(['a'], ['b'])
      hold.end()
      partition.heal()
      await world.sleep(500)
      expect(await numbers()).toEqual([])
    })
  })

  test('a clogged link lets one frame through at a time', async () => {
    const arrivals: number[] = []
    await simulate({ seed: 1, nodes: ['a', 'b'] }, async (world) => {
      world.observe((event) => {
        if (event.type === 'delivered' && event.message === 'item') arrivals.push(event.atMs)
      })
      const { numbers, begin } = await stream(world, 20)
      world.clog(['a'], ['b'], 30)
      begin()
      await world.sleep(1_000)
      expect(await numbers()).toEqual(upTo(20))
    })
    for (const [index, atMs] of arrivals.slice(1).entries()) expect(atMs - arrivals[index]!).toBeGreaterThan(29.99)
  })

  test('a slow link takes that many times as long, in one direction', async () => {
    const options = { seed: 1, nodes: ['a', 'b'], latency: { minMs: 2, meanMs: 0 } }
    const took = async (from: string, to: string) => {
      let ms = 0
      await simulate(options, async (world) => {
        const { numbers, begin } = await stream(world, 1)
        world.observe((event) => {
          if (event.type === 'sent' && event.message === 'item') ms -= event.atMs
          if (event.type === 'delivered' && event.message === 'item') ms += event.atMs
        })
        world.slow([from], [to], 50)
        begin()
        await world.sleep(500)
        expect(await numbers()).toEqual([1])
      })
      return ms
    }
    expect(await took('a', 'b')).toBeCloseTo(100)
    expect(await took('b', 'a')).toBeCloseTo(2)
  })

  test('a full channel makes tells dead letters and fails asks, and sends wait for room', async () => {
    await simulate({ seed: 1, nodes: ['a', 'b'] }, async (world) => {
      const reasons: string[] = []
      world.events.on('deadLetter', ({ reason }) => reasons.push(reason))
      const counter = await world.spawn(Counter, { start: 0 }, { node: 'b' })
      const client = await world.spawn(Client, { to: counter.ref }, { node: 'a' })
      const full = world.fillChannel(['a'], ['b'])
      client.tell('tellOnce')
      expect(await client.ask('askOnce')).toBe('ERR_TROUPE_OVERLOAD')
      expect(reasons).toEqual(['overload', 'overload'])
      const sent = client.ask('sendOnce')
      await world.sleep(500)
      full.end()
      expect(await sent).toBe('taken')
      expect(await counter.ask('read')).toBe(100)
    })
  })

  test('in a ring each node hears a majority, and no two the same', async () => {
    await simulate({ seed: 1, nodes: 5 }, async (world) => {
      for (const node of world.nodes) await world.spawn(Counter, { start: 0 }, { node, name: 'counter' })
      const ring = world.partitionRing()
      const heard: string[] = []
      for (const from of world.nodes) {
        const client = await world.spawn(Reacher, undefined, { node: from })
        heard.push((await client.ask('reach', world.nodes)).join(' '))
      }
      expect(new Set(heard).size).toBe(5)
      for (const names of heard) expect(names.split(' ')).toHaveLength(3)
      ring.heal()
      const client = await world.spawn(Reacher, undefined, { node: 'node-1' })
      expect(await client.ask('reach', world.nodes)).toHaveLength(5)
      expect(() => world.partitionRing(['node-1', 'node-2', 'node-3'])).toThrow(ConfigurationError)
    })
  })

  test('each distribution of latency keeps its least and its mean, and a malformed one is refused', async () => {
    for (const distribution of ['constant', 'uniform', 'exponential', 'lognormal', 'pareto'] as const) {
      const taken: number[] = []
      const sent: number[] = []
      const latency = { minMs: 1, meanMs: 4, distribution }
      await simulate({ seed: 3, nodes: ['a', 'b'], latency }, async (world) => {
        const counter = await world.spawn(Counter, { start: 0 }, { node: 'a' })
        world.observe((event) => {
          if (event.type === 'sent' && event.message === 'add') sent.push(event.atMs)
          if (event.type === 'delivered' && event.message === 'add') taken.push(event.atMs - sent.at(-1)!)
        })
        for (let index = 0; index < 1_000; index++) await counter.ask('add', 1)
      })
      const mean = taken.reduce((sum, ms) => sum + ms, 0) / taken.length
      expect(Math.min(...taken), distribution).toBeGreaterThanOrEqual(0.999)
      expect(mean, distribution).toBeGreaterThan(4)
      expect(mean, distribution).toBeLessThan(6)
      const latest = Math.max(...taken)
      if (distribution === 'constant') expect(latest).toBeCloseTo(5)
      else if (distribution === 'uniform') expect(latest).toBeLessThan(9.001)
      else expect(latest, distribution).toBeGreaterThan(15)
    }
    for (const latency of [
      { minMs: -1, meanMs: 1 },
      { minMs: 0, meanMs: 1, distribution: 'normal' as 'uniform' },
    ]) {
      await expect(simulate({ seed: 1, latency }, async () => {})).rejects.toThrow(ConfigurationError)
    }
  })
})

describe('threads', () => {
  test('what a thread has sent arrives though it ends, and its actors are gone', async () => {
    let sent = 0
    await simulate({ seed: 1, nodes: ['a', 'b'], latency: { minMs: 50, meanMs: 10 } }, async (world) => {
      const { numbers, begin } = await stream(world, 1_000)
      begin()
      world.observe((event) => {
        if (event.type === 'sent' && event.message === 'item') sent++
      })
      await world.sleep(200)
      world.exit('a')
      expect(world.view.down).toEqual(['a'])
      await world.sleep(1_000)
      expect(sent).toBeGreaterThan(10)
      expect(await numbers()).toEqual(upTo(sent))
    })
  })

  test('what a thread has written stays though it was not synced', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      await simulate({ seed, nodes: ['a'] }, async (world) => {
        await world.spawn(Counter, { start: 0 }, durable)
        await world.ask(counterRef, 'addDurably', 1)
        world.tell(counterRef, 'addDurably', 1)
        const seen: string[] = []
        world.observe((event) => {
          if (event.type === 'disk') seen.push(event.kind)
        })
        while (!seen.includes('write')) await world.sleep(0.005)
        expect(seen).not.toContain('sync')
        world.exit('a')
        await world.restart('a')
        expect(await world.ask(counterRef, 'read')).toBe(2)
      })
    }
  })

  test('a stall of the event loop lets nothing happen, and then everything at once', async () => {
    const ticks: number[] = []
    const run = await simulate({ seed: 1, nodes: ['a'], swarm: false, faults: { stall: 20 } }, async (world) => {
      world.observe((event) => {
        if (event.type === 'turn' && event.message === 'add') ticks.push(event.atMs)
      })
      const counter = await world.spawn(Counter, { start: 0 }, { node: 'a' })
      for (let index = 0; index < 2_000; index++) {
        counter.tell('add', 1)
        await world.sleep(1)
      }
      await world.heal()
      expect(await counter.ask('read')).toBe(2_000)
    })
    const gaps = ticks.slice(1).map((atMs, index) => atMs - ticks[index]!)
    expect(Math.max(...gaps)).toBeGreaterThan(20)
    expect(run.injected.stall).toBeGreaterThan(10)
  })
})

describe('clocks', () => {
  test('a clock that drifts is off by its share, and timers go by it', async () => {
    const fired: number[] = []
    const options = { seed: 1, nodes: ['a'], swarm: false, faults: { clockDrift: 0.5 } }
    const run = await simulate(options, async (world) => {
      const clock = await world.spawn(ClockReader, undefined, { node: 'a' })
      const before = { at: world.now(), told: await clock.ask('now') }
      await world.sleep(10_000)
      const rate = ((await clock.ask('now')) - before.told) / (world.now() - before.at)
      expect(Math.abs(rate - 1)).toBeGreaterThan(0.01)
      world.observe((event) => {
        if (event.type === 'turn' && event.message === 'ring') fired.push(event.atMs)
      })
      const from = world.now()
      clock.tell('ringIn', 1_000)
      await world.sleep(5_000)
      expect((fired[0]! - from) * rate).toBeGreaterThan(990)
      expect((fired[0]! - from) * rate).toBeLessThan(1_020)
    })
    expect(run.injected.clockDrift).toBe(1)
  })

  test('a jump moves what a clock tells, ahead and back, and no timer', async () => {
    await simulate({ seed: 1, nodes: ['a'], latency: { minMs: 0, meanMs: 0 } }, async (world) => {
      await world.sleep(5_000)
      const clock = await world.spawn(ClockReader, undefined, { node: 'a' })
      clock.tell('ringIn', 1_000)
      const before = await clock.ask('now')
      const monotonic = await clock.ask('monotonicNow')
      world.jumpClock('a', 60_000)
      expect((await clock.ask('now')) - before).toBeGreaterThanOrEqual(60_000)
      world.jumpClock('a', -62_000)
      expect(await clock.ask('now')).toBeLessThan(before)
      const passed = (await clock.ask('monotonicNow')) - monotonic
      expect(passed).toBeGreaterThan(0)
      expect(passed).toBeLessThan(1)
      await world.sleep(900)
      expect(await clock.ask('rung')).toBe(0)
      await world.sleep(200)
      expect(await clock.ask('rung')).toBe(1)
      expect(() => world.jumpClock('a', Number.NaN)).toThrow(ConfigurationError)
    })
  })
})

const Client = defineActor({
  name: 'Client',
  init: (args: { to: ActorRef<{ add: (by: number) => number }> }) => args,
  on: {
    tellOnce: (state, _message: void, ctx) => ctx.tell(state.to, 'add', 1),
    askOnce: (state, _message: void, ctx) =>
      ctx.ask(state.to, 'add', 10).then(
        () => 'answered',
        (error: { code: string }) => error.code,
      ),
    sendOnce: (state, _message: void, ctx) =>
      ctx.send(state.to, 'add', 100).then(
        () => 'taken',
        (error: { code: string }) => error.code,
      ),
  },
})

/** Says which nodes' counters answer. */
const Reacher = defineActor({
  name: 'Reacher',
  init: () => ({}),
  on: {
    async reach(_state, nodes: readonly string[], ctx) {
      const answers = nodes.map((node) =>
        ctx.askWith({ timeoutMs: 200 }, namedRef(Counter, { node, name: 'counter' }), 'read').then(
          () => node,
          () => undefined,
        ),
      )
      return (await Promise.all(answers)).filter((node) => node !== undefined)
    },
  },
})

const ClockReader = defineActor<{
  now: () => number
  monotonicNow: () => number
  ringIn: (delayMs: number) => void
  ring: () => void
  rung: () => number
}>()({
  name: 'ClockReader',
  init: () => ({ rung: 0 }),
  on: {
    now: (_state, _message, ctx) => ctx.now(),
    monotonicNow: (_state, _message, ctx) => ctx.monotonicNow(),
    ringIn: (_state, delayMs, ctx) => ctx.timers.once({ key: 'ring', delayMs }, 'ring'),
    ring(state) {
      state.rung++
    },
    rung: (state) => state.rung,
  },
})
