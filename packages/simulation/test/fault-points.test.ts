/** Fault points in actor code, and plans of faults: what a test writes down happens there and then. */
import { ConfigurationError, defineActor, namedRef } from '@troupe/core'
import { describe, expect, test } from 'vitest'
import { type FaultPointPassage, type SimulateOptions, simulate, simulateMany } from '../src/index.ts'
import { Counter } from './actors.ts'

const spawned = { node: 'a', name: 'ledger', durableId: 'ledger' }

/** Takes notes in two steps, with a point between them. */
const Ledger = defineActor({
  name: 'Ledger',
  init: () => ({ notes: [] as number[], goesOn: 0 }),
  events: {
    noted(state, note: number) {
      state.notes.push(note)
    },
  },
  on: {
    note(state, note: number, ctx) {
      ctx.persist('noted', note)
      ctx.faultPoint('noted, not committed')
      state.goesOn++
      return state.notes.length
    },
    async think(state, _message: void, ctx) {
      await ctx.faultPoint('thinking')
      state.goesOn++
      return ctx.now()
    },
    read: (state) => state.notes,
    goesOn: (state) => state.goesOn,
  },
})
const ledger = namedRef(Ledger, { node: 'a', name: 'ledger' })

describe('fault points', () => {
  test('without a rule they do nothing, and are counted', async () => {
    const run = await simulate({ seed: 1, nodes: ['a'] }, async (world) => {
      await world.spawn(Ledger, undefined, spawned)
      for (const note of [1, 2, 3]) await world.ask(ledger, 'note', note)
      await world.ask(ledger, 'think')
      expect(await world.ask(ledger, 'read')).toEqual([1, 2, 3])
    })
    expect(run.faultPoints).toEqual({ 'noted, not committed': 3, thinking: 1 })
  })

  test('a crash there ends the turn: nothing of it is let out or remembered, and the node comes back', async () => {
    await simulate({ seed: 1, nodes: ['a'] }, async (world) => {
      await world.spawn(Ledger, undefined, spawned)
      await world.ask(ledger, 'note', 1)
      const passages: FaultPointPassage[] = []
      const spell = world.faultPoint('noted, not committed', (passage) => {
        passages.push(passage)
        return passage.count === 3 ? 'crash' : undefined
      })
      await world.ask(ledger, 'note', 2)
      await expect(world.ask(ledger, 'note', 3)).rejects.toMatchObject({ code: 'ERR_TROUPE_NODE_DOWN' })
      expect(passages.map(({ node, actor, count }) => [node, actor, count])).toEqual([
        ['a', '/a/ledger', 2],
        ['a', '/a/ledger', 3],
      ])
      spell.end()
      await world.restart('a')
      expect(await world.ask(ledger, 'read')).toEqual([1, 2])
      expect(await world.ask(ledger, 'note', 4)).toBe(3)
    })
  })

  test('an error there fails the turn, as one of the actor would', async () => {
    await simulate({ seed: 1, nodes: ['a'] }, async (world) => {
      await world.spawn(Ledger, undefined, spawned)
      world.faultPoint('noted, not committed', ({ count }) => (count === 1 ? 'throw' : undefined))
      await expect(world.ask(ledger, 'note', 1)).rejects.toMatchObject({ code: 'ERR_TROUPE_FAULT_POINT' })
      expect(await world.ask(ledger, 'note', 2)).toBe(1)
      expect(await world.ask(ledger, 'read')).toEqual([2])
    })
  })

  test('a delay holds a turn that awaits the point, a pause its whole node', async () => {
    await simulate({ seed: 1, nodes: ['a'], latency: { minMs: 0, meanMs: 0 } }, async (world) => {
      await world.spawn(Ledger, undefined, spawned)
      const counter = await world.spawn(Counter, { start: 7 }, { node: 'a' })
      const delay = world.faultPoint('thinking', { delayMs: 1_000 })
      const from = world.now()
      const thought = world.ask(ledger, 'think')
      expect(await counter.ask('read')).toBe(7)
      expect(world.now() - from).toBeLessThan(10)
      await thought
      expect(world.now() - from).toBeGreaterThanOrEqual(1_000)
      delay.end()

      const paused = world.faultPoint('thinking', 'pause')
      const seen: string[] = []
      world.observe(({ type, node }) => {
        if (node === 'a' && ['faultPoint', 'resumed', 'turn'].includes(type)) seen.push(type)
      })
      const thinking = world.ask(ledger, 'think')
      while (!seen.includes('faultPoint')) await world.sleep(0.01)
      expect(await counter.ask('read')).toBe(7)
      await thinking
      expect(seen).toEqual(['turn', 'faultPoint', 'resumed', 'turn'])
      paused.end()
    })
  })

  test('a crash cuts an asynchronous turn short that waits at a point', async () => {
    await simulate({ seed: 1, nodes: ['a'] }, async (world) => {
      await world.spawn(Ledger, undefined, spawned)
      world.faultPoint('thinking', { delayMs: 100 })
      const thought = world.ask(ledger, 'think')
      const failed = expect(thought).rejects.toMatchObject({ code: 'ERR_TROUPE_NODE_DOWN' })
      await world.sleep(50)
      world.crash('a')
      await failed
      await world.restart('a')
      expect(await world.ask(ledger, 'goesOn')).toBe(0)
    })
  })

  test('by chance, over seeds, no acknowledged note is lost and none comes twice', async () => {
    const points = {
      'noted, not committed': { crash: 0.05, throw: 0.05, pause: 0.02 },
      '*': { crash: 0.02, delay: 0.3 },
    }
    const options = { seeds: '1..60', nodes: ['a'], faults: { points, tornWrite: 0.5, crashRecovering: 0.3 } }
    const campaign = await simulateMany(options, async (world) => {
      await world.spawn(Ledger, undefined, { ...spawned, supervise: { maxRestarts: 1_000 } })
      const acknowledged: number[] = []
      for (let note = 1; note <= 40; note++) {
        const told = await world.askWith({ timeoutMs: 100 }, ledger, 'note', note).catch(() => undefined)
        if (told !== undefined) acknowledged.push(note)
        await world.askWith({ timeoutMs: 100 }, ledger, 'think').catch(() => world.sleep(50))
      }
      await world.heal()
      const notes = await world.ask(ledger, 'read')
      for (const note of acknowledged) world.check(notes.includes(note), `note ${note} was acknowledged and is lost`)
      world.check(new Set(notes).size === notes.length, 'no note is there twice')
    })
    expect(campaign.failures).toEqual([])
    expect(campaign.faultPoints['noted, not committed']).toBeGreaterThan(1_000)
    expect(campaign.faultPoints.thinking).toBeGreaterThan(1_000)
  })

  test('malformed odds, names and actions are refused', async () => {
    const refused = async (points: Record<string, object>) =>
      expect(simulate({ seed: 1, faults: { points } } as SimulateOptions, async () => {})).rejects.toThrow(
        ConfigurationError,
      )
    await refused({ point: { explode: 0.1 } })
    await refused({ point: { crash: 0.7, throw: 0.7 } })
    await simulate({ seed: 1 }, async (world) => {
      expect(() => world.faultPoint('', 'crash')).toThrow(ConfigurationError)
      expect(() => world.faultPoint('point', 'explode' as 'crash')).toThrow(/'crash', 'throw', 'pause'/)
      expect(() => world.faultPoint('point', { delayMs: -1 })).toThrow(ConfigurationError)
    })
  })
})

describe('plans', () => {
  test('steps happen at their times, in the order written, and end after theirs', async () => {
    const told: string[] = []
    await simulate({ seed: 1, nodes: ['a', 'b', 'c', 'd'] }, async (world) => {
      const types = ['partitioned', 'healed', 'crashed', 'started', 'paused', 'resumed', 'faultBegan', 'faultEnded']
      world.observe((event) => {
        if (event.atMs > 0 && types.includes(event.type) && 'detail' in event) {
          told.push(`${Math.round(event.atMs)} ${event.type} ${event.node} ${event.detail}`.replace(/ +/g, ' ').trim())
        }
      })
      world
        .at('1s')
        .partition(['a', 'b'], ['c'], { for: '500ms', oneWay: true })
        .hold(['a'], ['d'], { for: 100 })
        .at('2.5s')
        .crash('a', { for: '1s' })
        .after('200ms')
        .pause('b', { for: '10ms' })
        .slowDisk('c', 3, { for: 20 })
        .at('0.1m')
        .exit('d')
        .partitionRing(['a', 'b', 'c', 'd'])
        .after(500)
        .heal()
      await world.sleep(10_000)
    })
    expect(told).toEqual([
      '1000 partitioned a, b -> c',
      '1000 faultBegan hold a -> d',
      '1100 faultEnded hold a -> d',
      '1500 healed a, b -> c',
      '2500 crashed a the program crashed it',
      '2700 paused b',
      '2700 faultBegan c diskSlow',
      '2710 resumed b',
      '2720 faultEnded c diskSlow',
      '3500 started a epoch 1',
      '6000 crashed d its thread ended',
      '6000 partitioned ring of a, b, c, d',
      '6500 healed ring of a, b, c, d',
      '6500 started d epoch 1',
    ])
  })

  test('a plan lets an actor feel what it says', async () => {
    await simulate({ seed: 1, nodes: ['a'] }, async (world) => {
      await world.spawn(Ledger, undefined, spawned)
      world.at('1s').faultPoint('noted, not committed', 'throw').at('2s').crash('a', { for: '1s' })
      expect(await world.ask(ledger, 'note', 1)).toBe(1)
      await world.sleep(1_000)
      await expect(world.ask(ledger, 'note', 2)).rejects.toMatchObject({ code: 'ERR_TROUPE_FAULT_POINT' })
      expect(await world.ask(ledger, 'note', 3)).toBe(2)
      await world.sleep(1_500)
      expect(world.view.down).toEqual(['a'])
      await world.sleep(1_000)
      expect(await world.ask(ledger, 'read')).toEqual([1, 3])
    })
  })

  test('times, nodes and durations that make no sense are refused where they are written', async () => {
    await simulate({ seed: 1, nodes: ['a', 'b'] }, async (world) => {
      await world.sleep(100)
      for (const time of ['5', 's', '-1s', '1h', '1 s', Number.NaN, -1]) {
        expect(() => world.at(time)).toThrow(/a time is milliseconds/)
      }
      expect(() => world.at('50ms')).toThrow(/has passed/)
      expect(() => world.at('1s').crash('main')).toThrow(ConfigurationError)
      expect(() => world.at('1s').partition(['a'], ['z'])).toThrow(/no node z/)
      expect(() => world.at('1s').pause('a', { for: 'long' })).toThrow(ConfigurationError)
    })
  })

  test('a step that can never be taken fails the run where it is written', async () => {
    const run = simulate({ seed: 1, nodes: ['a', 'b'] }, async (world) => {
      world.at('1s').partitionRing(['a', 'b'])
      await world.sleep(2_000)
    })
    const error = await run.catch((thrown) => thrown)
    expect(error.message).toContain('the program failed: a ring partition needs at least 4 nodes')
    expect(error.facts.virtualMs).toBe(0)
  })
})
