/** The death of a thread is the death of a node: who hears of it, what fails, and what comes back. */
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ActorHandle, namedRef, type ProtocolOf } from '@troupe/core'
import { describe, expect, it, test } from 'vitest'
import type { ThreadSystem } from '../src/index.ts'
import { Account } from './fixtures/account.ts'
import { Collector } from './fixtures/collector.ts'
import { Cursed, Doomed, Hoarder } from './fixtures/doomed.ts'
import { Loaded } from './fixtures/rejecting-module.ts'
import { fixture, nextEvent, startSystem } from './support.ts'

type DoomedHandle = ActorHandle<ProtocolOf<typeof Doomed>>

/** Each way for a thread to end, and what the reason says. */
const deaths: readonly {
  readonly death: string
  readonly reason: RegExp
  /** Where it was thrown, if it was. */
  readonly stack?: RegExp
  readonly end: (doomed: DoomedHandle, system: ThreadSystem) => void
}[] = [
  { death: 'process.exit in a turn', reason: /code: 7/, end: (doomed) => doomed.tell('exit', 7) },
  { death: 'process.exit(0) in a turn', reason: /code: 0/, end: (doomed) => doomed.tell('exit', 0) },
  {
    death: 'an error outside a turn',
    reason: /thrown outside a turn/,
    stack: /^RangeError: thrown outside a turn\n.*doomed\.ts/,
    end: (doomed) => doomed.tell('throwLater'),
  },
  {
    death: 'a rejection that belongs to no actor',
    reason: /rejected outside a turn/,
    end: (doomed) => doomed.tell('rejectUnhandled'),
  },
  { death: 'its memory limit', reason: /memory/, end: (doomed) => doomed.tell('fillMemory') },
  {
    death: 'a kill in an endless loop',
    reason: /it was killed/,
    end(doomed, system) {
      doomed.tell('loop')
      void system.killNode('node-1')
    },
  },
]

async function temporaryDirectory() {
  const path = await mkdtemp(join(tmpdir(), 'troupe-threads-'))
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) }
}

test('a module that leaves a promise which rejects ends the thread that loads it', async () => {
  await using system = await startSystem({ threads: 1 })
  const down = nextEvent(system, 'nodeDown')
  void system.spawn(Loaded, undefined, { node: 'node-1' }).catch(() => {})
  expect((await down).reason).toMatch(/left by a module/)
})

describe('the death of a thread', () => {
  it.each(deaths)(
    'by $death is told everywhere, fails asks, and the node comes back',
    async ({ reason, stack, end }) => {
      // With a data directory, which the thread's end gives back, however it ends.
      await using data = await temporaryDirectory()
      const resourceLimits = { maxOldGenerationSizeMb: 64 }
      await using system = await startSystem({ resourceLimits, dataDirectory: data.path })
      const doomed = await system.spawn(Doomed, undefined, { node: 'node-1', name: 'doomed' })
      const collector = await system.spawn(Collector, undefined, { node: 'node-2' })
      collector.tell('watch', doomed.ref)
      doomed.tell('emit', { to: collector.ref, count: 1_000 })
      // Messages to two nodes may arrive in any order between the two.
      while ((await collector.ask('report')).collected < 1_000);
      const down = nextEvent(system, 'nodeDown')
      const up = nextEvent(system, 'nodeUp')
      const terminated = system.terminated(doomed.ref)
      const pending = expect(doomed.askWith({ timeoutMs: 60_000 }, 'wait')).rejects.toMatchObject({
        code: 'ERR_TROUPE_NODE_DOWN',
      })
      end(doomed, system)
      const death = await down
      expect(death).toMatchObject({ node: 'node-1', epoch: 0 })
      expect(death.reason).toMatch(reason)
      if (stack !== undefined) expect(death.error?.stack).toMatch(stack)
      await pending
      expect(await terminated).toBe('node-down')
      const { terminations, inOrder } = await collector.ask('waitForTermination')
      expect({ terminations, inOrder }).toEqual({
        terminations: [{ reason: 'node-down', collected: 1_000 }],
        inOrder: true,
      })
      expect(await up).toEqual({ node: 'node-1', epoch: 1 })
      const named = namedRef(Doomed, { node: 'node-1', name: 'doomed' })
      expect(await system.ask(named, 'alive')).toBe(true)
      await expect(doomed.ask('alive')).rejects.toMatchObject({ code: 'ERR_TROUPE_ACTOR_STOPPED' })
      // The new thread is connected to the others, not only to this one.
      system.tell(named, 'emit', { to: collector.ref, count: 10 })
      while ((await collector.ask('report')).collected < 1_010);
    },
  )

  it('comes alone when its actors keep more than their limit, whatever they keep it in', async () => {
    await using system = await startSystem({ resourceLimits: { maxOldGenerationSizeMb: 48 } })
    const other = await system.spawn(Hoarder, undefined, { node: 'node-2' })
    // What is not kept does not count.
    expect(await other.ask('waste', 500)).toBe(500 * 2 ** 17)
    for (let death = 0; death < 2; death++) {
      const hoarder = await system.spawn(Hoarder, undefined, { node: 'node-1', supervise: { onFailure: 'stop' } })
      const down = nextEvent(system, 'nodeDown')
      const up = nextEvent(system, 'nodeUp')
      hoarder.tell('hoard')
      expect(await down).toMatchObject({ node: 'node-1', reason: expect.stringMatching(/memory/) })
      await up
    }
    expect(await other.ask('waste', 1)).toBe(2 ** 17)
  })

  it('delivers what it had published before its death is told', async () => {
    await using system = await startSystem({ threads: 3 })
    const collector = await system.spawn(Collector, undefined, { node: 'node-2' })
    const doomed = await system.spawn(Doomed, undefined, { node: 'node-1' })
    collector.tell('watch', doomed.ref)
    await collector.ask('report')
    doomed.tell('tellEndlessly', collector.ref)
    while ((await collector.ask('report')).collected < 1_000);
    await system.killNode('node-1')
    const { terminations, inOrder } = await collector.ask('waitForTermination')
    expect(inOrder).toBe(true)
    expect((await collector.ask('report')).collected).toBe(terminations[0]?.collected)
  })

  it('is survived by all nodes at once', async () => {
    await using system = await startSystem({ threads: 3 })
    const nodes = system.nodes.slice(1)
    for (const node of nodes) await system.spawn(Doomed, undefined, { node, name: 'doomed' })
    const up = nodes.map((node) => nextEvent(system, 'nodeUp', (event) => event.node === node))
    await Promise.all(nodes.map((node) => system.killNode(node)))
    await Promise.all(up)
    for (const node of nodes) expect(await system.ask(namedRef(Doomed, { node, name: 'doomed' }), 'alive')).toBe(true)
  })

  it('restarts only the roots whose supervision says so', async () => {
    await using system = await startSystem({ threads: 1 })
    await system.spawn(Doomed, undefined, { name: 'restarted' })
    await system.spawn(Doomed, undefined, { name: 'stopped', supervise: { onFailure: 'stop' } })
    const up = nextEvent(system, 'nodeUp')
    await system.killNode('node-1')
    await up
    expect(await system.ask(namedRef(Doomed, { node: 'node-1', name: 'restarted' }), 'alive')).toBe(true)
    const stopped = namedRef(Doomed, { node: 'node-1', name: 'stopped' })
    await expect(system.ask(stopped, 'alive')).rejects.toMatchObject({ code: 'ERR_TROUPE_ACTOR_STOPPED' })
  })

  it('refuses spawns, tells and asks while the node is down', async () => {
    const backoff = { minMs: 60_000, maxMs: 60_000 }
    await using system = await startSystem({ threads: 1, replacement: { backoff } })
    const doomed = await system.spawn(Doomed, undefined)
    const up = nextEvent(system, 'nodeUp')
    await system.killNode('node-1')
    // The first replacement of a window comes at once, the second after the backoff.
    await up
    await system.killNode('node-1')
    await expect(doomed.ask('alive')).rejects.toMatchObject({ code: 'ERR_TROUPE_NODE_DOWN' })
    await expect(system.spawn(Doomed, undefined)).rejects.toMatchObject({ code: 'ERR_TROUPE_NODE_DOWN' })
    const letter = nextEvent(system, 'deadLetter')
    doomed.tell('exit', 0)
    expect((await letter).reason).toBe('node-down')
  })

  it('gives a node up that cannot be replaced, and says so', async () => {
    process.env.TROUPE_TEST_EXIT = '0'
    await using system = await startSystem({
      threads: 1,
      servicesModule: fixture('services-exiting.ts'),
      replacement: { maxReplacements: 3, backoff: { minMs: 0, maxMs: 0 } },
    })
    process.env.TROUPE_TEST_EXIT = '1'
    const given = nextEvent(system, 'escalated')
    await system.killNode('node-1')
    const { actor, error } = await given
    delete process.env.TROUPE_TEST_EXIT
    expect(actor).toBe('/node-1')
    expect(error.message).toMatch(/replaced 3 times within 60000 ms.*code: 3/)
    await expect(system.spawn(Doomed, undefined)).rejects.toMatchObject({ code: 'ERR_TROUPE_NODE_DOWN' })
  })

  it('gives a node up whose roots end it each time they are started', async () => {
    const replacement = { maxReplacements: 3, backoff: { minMs: 0, maxMs: 0 } }
    await using system = await startSystem({ threads: 1, replacement })
    await system.spawn(Cursed, undefined)
    const given = nextEvent(system, 'escalated', ({ actor }) => actor === '/node-1')
    await system.killNode('node-1')
    expect((await given).error.message).toMatch(/replaced 3 times.*code: 9/)
  })

  it.runIf(process.platform === 'linux')(
    'comes when the journal fails, and what was acknowledged is there',
    async () => {
      const dataDirectory = await realpath(await mkdtemp(join(tmpdir(), 'troupe-threads-')))
      try {
        await using system = await startSystem({ threads: 1, dataDirectory })
        const account = await system.spawn(Account, undefined, { name: 'account', durableId: 'account' })
        const doomed = await system.spawn(Doomed, undefined)
        expect(await account.ask('deposit', 5)).toBe(5)
        const escalated = nextEvent(system, 'escalated')
        const down = nextEvent(system, 'nodeDown')
        const up = nextEvent(system, 'nodeUp')
        expect(await doomed.ask('breakJournal', join(dataDirectory, 'node-1', ''))).toBeGreaterThan(0)
        await expect(account.ask('deposit', 1)).rejects.toMatchObject({ code: 'ERR_TROUPE_NODE_DOWN' })
        expect((await escalated).actor).toBe('/node-1')
        expect((await down).reason).toMatch(/journal/)
        await up
        expect(await system.ask(namedRef(Account, { node: 'node-1', name: 'account' }), 'balance')).toBe(5)
      } finally {
        await rm(dataDirectory, { recursive: true })
      }
    },
  )

  it('loses nothing that a durable actor acknowledged, in 20 kills', async () => {
    const dataDirectory = await mkdtemp(join(tmpdir(), 'troupe-threads-'))
    try {
      await using system = await startSystem({ threads: 1, dataDirectory })
      await system.spawn(Account, undefined, { name: 'account', durableId: 'account' })
      const account = namedRef(Account, { node: 'node-1', name: 'account' })
      let acknowledged = 0
      let sent = 0
      for (let kill = 0; kill < 20; kill++) {
        const deposits = Array.from({ length: 200 }, async () => {
          sent++
          await system.ask(account, 'deposit', 1)
          acknowledged++
        })
        await Promise.any(deposits)
        const up = nextEvent(system, 'nodeUp')
        await system.killNode('node-1')
        await Promise.allSettled(deposits)
        await up
        const balance = await system.ask(account, 'balance')
        expect(balance).toBeGreaterThanOrEqual(acknowledged)
        expect(balance).toBeLessThanOrEqual(sent)
        acknowledged = balance
        sent = balance
      }
    } finally {
      await rm(dataDirectory, { recursive: true })
    }
  })
})
