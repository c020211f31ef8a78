/** Actors on threads: spawn, tell, ask, watch and stop, where things are placed, and what the channels' bounds do. */
import { once } from 'node:events'
import { namedRef } from '@troupe/core'
import { describe, expect, it } from 'vitest'
import { Collector } from './fixtures/collector.ts'
import { Counter } from './fixtures/counter.ts'
import { Doomed } from './fixtures/doomed.ts'
import { Echo } from './fixtures/echo.ts'
import { Manager } from './fixtures/manager.ts'
import { Player } from './fixtures/player.ts'
import { fixture, nextEvent, startSystem } from './support.ts'

describe('a system on threads', () => {
  it('spreads actors over the worker threads, and puts one on a node by name', async () => {
    await using system = await startSystem({ threads: 3 })
    expect(system.nodes).toEqual(['node-1', 'node-2', 'node-3'])
    const spread = await Promise.all([1, 2, 3].map((start) => system.spawn(Counter, { start })))
    const places = await Promise.all(spread.map((counter) => counter.ask('where')))
    expect(places.map(({ node }) => node)).toEqual(['node-1', 'node-2', 'node-3'])
    expect(new Set(places.map(({ threadId }) => threadId)).size).toBe(3)
    const second = await system.spawn(Counter, { start: 0 }, { node: 'node-2' })
    const local = await system.spawn(Counter, { start: 0 }, { node: 'local' })
    const main = await system.spawn(Counter, { start: 0 }, { node: 'main' })
    expect((await second.ask('where')).node).toBe('node-2')
    expect((await local.ask('where')).node).toBe('main')
    expect((await main.ask('where')).node).toBe('main')
    expect((await system.inspect()).nodes).toMatchObject([
      { node: 'main', epoch: 0 },
      { node: 'node-1', epoch: 0, actors: 1 },
      { node: 'node-2', epoch: 0, actors: 2 },
      { node: 'node-3', epoch: 0, actors: 1 },
    ])
  })

  it('tells and asks across threads, also by name', async () => {
    await using system = await startSystem({ threads: 1 })
    const counter = await system.spawn(Counter, { start: 1 }, { name: 'counter' })
    counter.tell('add', 2)
    expect(await counter.ask('read')).toBe(3)
    const named = namedRef(Counter, { node: 'node-1', name: 'counter' })
    expect(await system.ask(named, 'read')).toBe(3)
  })

  it('keeps the class of what a turn throws, and tells the event stream of the main thread', async () => {
    await using system = await startSystem({ threads: 1 })
    const counter = await system.spawn(Counter, { start: 1 })
    const failure = nextEvent(system, 'failure')
    await expect(counter.ask('fail')).rejects.toThrow(RangeError)
    const { actor, error, directive } = await failure
    expect({ actor, directive }).toEqual({ actor: '/node-1/Counter-1', directive: 'restart' })
    expect(error).toBeInstanceOf(RangeError)
  })

  it('keeps the order of 100,000 tells', async () => {
    await using system = await startSystem({ threads: 1, development: false })
    const collector = await system.spawn(Collector, undefined)
    for (let n = 0; n < 100_000; n++) {
      collector.tell('collect', n)
      // The bound of a mailbox must not be what is tested here.
      if (n % 10_000 === 9_999) await collector.ask('report')
    }
    expect(await collector.ask('report')).toMatchObject({ collected: 100_000, inOrder: true })
  })

  it('lets two actors on two worker threads talk directly', async () => {
    await using system = await startSystem()
    const [left, right] = await Promise.all([system.spawn(Player, undefined), system.spawn(Player, undefined)])
    expect(left.ref.node).not.toBe(right.ref.node)
    const [before] = (await system.inspect()).nodes
    expect(await left.askWith({ timeoutMs: 60_000 }, 'play', { with: right.ref, rounds: 20_001 })).toBe(10_001)
    const [after] = (await system.inspect()).nodes
    expect((after?.turns ?? 0) - (before?.turns ?? 0)).toBeLessThan(10)
  })

  it('tells a watcher on another thread of a death, once, after all that was sent before', async () => {
    await using system = await startSystem()
    const collector = await system.spawn(Collector, undefined)
    const doomed = await system.spawn(Doomed, undefined)
    collector.tell('watch', doomed.ref)
    await collector.ask('report')
    doomed.tell('emit', { to: collector.ref, count: 1_000 })
    await doomed.stop()
    const { terminations } = await collector.ask('waitForTermination')
    expect(terminations).toEqual([{ reason: 'stopped', collected: 1_000 }])
  })

  it('links what an actor spawns on another node to it', async () => {
    await using system = await startSystem()
    const manager = await system.spawn(Manager, undefined, { node: 'node-1' })
    const counter = await manager.ask('hire', 'node-2')
    expect(counter.node).toBe('node-2')
    expect(await system.ask(counter, 'read')).toBe(40)
    const gone = system.terminated(counter)
    await manager.stop()
    expect(await gone).toBe('stopped')
    const again = await system.spawn(Manager, undefined, { node: 'node-1' })
    expect(await again.ask('hireAndAsk', 'node-2')).toBe(42)
    expect(await again.ask('hireAndAsk', 'main')).toBe(42)
  })

  it('carries values of every kind there and back, those larger than the ring too', async () => {
    await using system = await startSystem({ threads: 1, channels: { capacityBytes: 2 ** 12 } })
    const echo = await system.spawn(Echo, undefined)
    const values = [
      undefined,
      null,
      -0,
      'text',
      12n,
      new Date(5),
      new Map([[{ key: 1 }, new Set([1])]]),
      new Uint8Array([1, 2]),
      JSON.parse('{ "__proto__": 1 }'),
      { ref: echo.ref, list: [echo.ref] },
      { text: 'x'.repeat(5_000_000) },
    ]
    for (const value of values) expect(await echo.ask('echo', value)).toEqual(value)
    const error = await echo.ask('echo', new RangeError('a value'))
    expect(error).toBeInstanceOf(RangeError)
  })

  it('freezes messages in development, on both sides', async () => {
    await using system = await startSystem({ threads: 1, development: true })
    const echo = await system.spawn(Echo, undefined)
    const message = { inner: { n: 1 } }
    expect(await echo.ask('frozen', message)).toBe(true)
    expect(Object.isFrozen(message.inner)).toBe(true)
    expect(Object.isFrozen(await echo.ask('echo', { n: 1 }))).toBe(true)
  })

  it('leaves messages alone in production', async () => {
    await using system = await startSystem({ threads: 1, development: false })
    const echo = await system.spawn(Echo, undefined)
    const message = { inner: { n: 1 } }
    expect(await echo.ask('frozen', message)).toBe(false)
    expect(Object.isFrozen(message)).toBe(false)
  })

  it('refuses messages to a thread that does not keep up, and fails asks', async () => {
    await using system = await startSystem({ threads: 1, channels: { capacityBytes: 1_024, outboundCapacity: 4 } })
    const doomed = await system.spawn(Doomed, undefined)
    const overload = nextEvent(system, 'deadLetter', ({ reason }) => reason === 'overload')
    doomed.tell('loop')
    // The thread takes no more than one round of these before it loops.
    for (let n = 0; n < 5_000; n++) doomed.tell('exit', 0)
    expect((await overload).name).toBe('exit')
    await expect(doomed.ask('alive')).rejects.toMatchObject({ code: 'ERR_TROUPE_OVERLOAD' })
    await system.killNode('node-1')
  })

  it('gives each thread the services of a module, and the main thread its own', async () => {
    const servicesModule = fixture('services.ts')
    const services = { greeting: { greet: (name: string) => `hi, ${name}` } }
    await using system = await startSystem({ threads: 1, servicesModule, services })
    const remote = await system.spawn(Echo, undefined)
    const local = await system.spawn(Echo, undefined, { node: 'local' })
    expect(await remote.ask('greet', 'you')).toBe('hello, you')
    expect(await local.ask('greet', 'you')).toBe('hi, you')
  })

  it('forwards no more events than can be read, and says how many were dropped', async () => {
    await using system = await startSystem({ threads: 1 })
    const doomed = await system.spawn(Doomed, undefined)
    let forwarded = 0
    system.events.on('log', ({ message }) => {
      if (message === 'flood') forwarded++
    })
    const warning = nextEvent(system, 'log', ({ level }) => level === 'warn')
    doomed.tell('flood', 50_000)
    const { fields } = await warning
    expect(forwarded).toBeGreaterThan(0)
    expect(forwarded + (fields.dropped as number)).toBe(50_000)
  })

  it('lets timers and promises of the main thread run while actors are busy', async () => {
    await using system = await startSystem({ threads: 1 })
    const counter = await system.spawn(Counter, { start: 0 }, { node: 'local' })
    let due = false
    setTimeout(() => {
      due = true
    }, 1)
    while (!due) await counter.ask('read')
    const busy = await system.spawn(Doomed, undefined, { node: 'local' })
    const collector = await system.spawn(Collector, undefined, { node: 'local' })
    busy.tell('tellEndlessly', collector.ref)
    while ((await collector.ask('report')).collected < 1_000);
    await once(AbortSignal.timeout(1), 'abort')
  })
})
