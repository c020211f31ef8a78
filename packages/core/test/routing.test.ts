/** Routers and pools: waits and bounds in virtual time, what is left of what ended, and what a definition must be. */
import { describe, expect, test } from 'vitest'
import type { ActorCell } from '../src/actor-cell.ts'
import { compiled } from '../src/actor-definition.ts'
import type { Ref } from '../src/actor-ref.ts'
import {
  type ActorRef,
  createLocalSystem,
  defineActor,
  definePool,
  defineRouter,
  type ProtocolOf,
  refKey,
} from '../src/index.ts'
import { Cluster } from './kernel-harness.ts'
import { ProbeSystem } from './probe-system.ts'

const Worker = defineActor({
  name: 'Worker',
  init: (args: { startsBadly?: boolean; initFails?: boolean } | undefined) => {
    if (args?.initFails) throw new Error('no worker today')
    return { ...args, resume: undefined as (() => void) | undefined, done: 0 }
  },
  started(state, ctx) {
    if (state.startsBadly) ctx.stop()
  },
  on: {
    work: (state) => ++state.done,
    who: (_state, _message: undefined, ctx) => refKey(ctx.self),
    hold(state) {
      const { promise, resolve } = Promise.withResolvers<void>()
      state.resume = resolve
      return promise
    },
    fail() {
      throw new Error('on purpose')
    },
    async *count(_state, to: number) {
      for (let number = 1; number <= to; number++) yield number
    },
  },
})
type WorkerProtocol = ProtocolOf<typeof Worker>

const workersOf = (system: ProbeSystem): ActorCell[] =>
  [...system.node.cells].filter((cell) => cell.definition.name === 'Worker')
const resumeAll = (system: ProbeSystem) => {
  for (const { state } of workersOf(system)) state.resume?.()
}
const cellOf = (system: ProbeSystem, ref: ActorRef<any>) => system.node.lookup(ref as Ref) as ActorCell
const fails = (code: string) => expect.objectContaining({ code: `ERR_TROUPE_${code}` })

describe('without a routee', () => {
  const Router = defineRouter<WorkerProtocol>({ name: 'Router' })

  test('messages are kept for 3,000 ms from when the last one went, in order, and refused after', async () => {
    await using system = new ProbeSystem()
    const worker = await system.spawn(Worker, undefined)
    const router = await system.spawn(Router, { routees: [worker.ref] })
    await system.advance(10_000)
    await router.ask('@remove', worker.ref)
    const letters: unknown[] = []
    system.events.on('deadLetter', ({ name, reason }) => letters.push([name, reason]))
    const outcomes: string[] = []
    const asked = (name: 'work' | 'who') =>
      router.askWith({ timeoutMs: 60_000 }, name).catch(({ facts }) => outcomes.push(`${name} ${facts.reason}`))
    await system.advance(1_000)
    void asked('work')
    router.tell('work')
    await system.advance(1_999)
    void asked('who')
    expect(await router.ask('@statistics')).toMatchObject({ waiting: 3, refused: 0 })
    expect(outcomes).toEqual([])
    await system.advance(1)
    expect(outcomes).toEqual(['work no-routee', 'who no-routee'])
    expect(letters).toEqual([['work', 'no-such-actor']])
    // From here on at once.
    await expect(router.ask('who')).rejects.toEqual(fails('ROUTING'))
    await router.ask('@add', worker.ref)
    expect(await router.ask('work')).toBe(1)
    expect(await router.ask('@statistics')).toMatchObject({ waiting: 0, refused: 4, routed: 1 })
    // Without that one the wait begins anew.
    await router.ask('@remove', worker.ref)
    void asked('who')
    await system.advance(2_999)
    expect(outcomes).toHaveLength(2)
    await system.advance(1)
    expect(outcomes).toEqual(['work no-routee', 'who no-routee', 'who no-routee'])
  })

  test('waitMs: 0 keeps nothing', async () => {
    const Impatient = defineRouter<WorkerProtocol>({ name: 'Impatient', waitMs: 0 })
    await using system = new ProbeSystem()
    const worker = await system.spawn(Worker, undefined)
    const router = await system.spawn(Impatient, { routees: [] })
    await expect(router.ask('work')).rejects.toEqual(fails('ROUTING'))
    await router.ask('@add', worker.ref)
    await worker.stop()
    await expect(router.ask('work')).rejects.toEqual(fails('ROUTING'))
  })

  test('as many as the stash holds are kept; one more fails as overload, and a tell is a dead letter', async () => {
    await using system = new ProbeSystem()
    const worker = await system.spawn(Worker, undefined)
    const router = await system.spawn(Router, { routees: [] }, { mailbox: { stashCapacity: 2 } })
    const letters: string[] = []
    system.events.on('deadLetter', ({ name }) => letters.push(name))
    const kept = [router.ask('work'), router.ask('work')]
    await expect(router.ask('work')).rejects.toEqual(fails('OVERLOAD'))
    router.tell('who')
    await system.idle()
    expect(letters).toEqual(['who'])
    await router.ask('@add', worker.ref)
    expect(await Promise.all(kept)).toEqual([1, 2])
  })

  test('what its asker gave up meanwhile is not handled', async () => {
    await using system = new ProbeSystem()
    const worker = await system.spawn(Worker, undefined)
    const router = await system.spawn(Router, { routees: [] })
    const givenUp = expect(router.askWith({ timeoutMs: 10 }, 'work')).rejects.toEqual(fails('ASK_TIMEOUT'))
    await system.advance(20)
    await givenUp
    await router.ask('@add', worker.ref)
    expect(await worker.ask('work')).toBe(1)
  })
})

test('a stream is answered through a router, and many of them keep apart', async () => {
  const Router = defineRouter<WorkerProtocol>({ name: 'Router' })
  await using system = new ProbeSystem()
  const workers = [await system.spawn(Worker, undefined), await system.spawn(Worker, undefined)]
  const router = await system.spawn(Router, { routees: workers.map(({ ref }) => ref) })
  const read = async (to: number) => {
    const items: number[] = []
    for await (const item of await router.ask('count', to)) items.push(item)
    return items
  }
  expect(await Promise.all([read(3), read(2), read(40)])).toEqual([
    [1, 2, 3],
    [1, 2],
    Array.from({ length: 40 }, (_, index) => index + 1),
  ])
})

test('a router of routers: what is its own it answers, all else goes through', async () => {
  const Inner = definePool({ name: 'Inner', routee: Worker, size: 2 })
  const Outer = definePool({ name: 'Outer', routee: Inner, size: 2 })
  await using system = new ProbeSystem()
  const outer = await system.spawn(Outer, { routee: {} })
  const who = new Set<string>()
  for (let count = 0; count < 4; count++) who.add(await outer.ask('who'))
  expect(who.size).toBe(4)
  const inner = await outer.ask('@routees')
  expect(inner).toHaveLength(2)
  expect(await system.ask(inner[0]!, '@routees')).toHaveLength(2)
})

test('a second @add is no second routee, and a stranger is removed without a word', async () => {
  const Router = defineRouter<WorkerProtocol>({ name: 'Router' })
  await using system = new ProbeSystem()
  const [one, two] = [await system.spawn(Worker, undefined), await system.spawn(Worker, undefined)]
  const router = await system.spawn(Router, { routees: [one.ref, one.ref] })
  await router.ask('@add', one.ref)
  await router.ask('@remove', two.ref)
  expect((await router.ask('@routees')).map(refKey)).toEqual([refKey(one.ref)])
  // Nothing of one that was removed comes back when it ends.
  await router.ask('@remove', one.ref)
  const watchers = cellOf(system, one.ref).watchers?.map(({ ref }) => refKey(ref))
  expect(watchers).not.toContain(refKey(router.ref))
  await router.ask('@add', two.ref)
  await one.stop()
  expect((await router.ask('@routees')).map(refKey)).toEqual([refKey(two.ref)])
})

describe('a pool', () => {
  const Pool = definePool({ name: 'Pool', routee: Worker, size: 3 })
  const Elastic = definePool({
    name: 'Elastic',
    routee: Worker,
    size: { min: 2, max: 12, growAbove: 4, shrinkBelow: 1, calmChecks: 3 },
    checkMs: 100,
  })

  const Calm = definePool({
    name: 'Calm',
    routee: Worker,
    size: { min: 1, max: 2, growAbove: 4, shrinkBelow: 2, calmChecks: 1 },
    checkMs: 20,
  })

  /** A pool that has just grown to two: six hold up the first. */
  async function grown(system: ProbeSystem) {
    const pool = await system.spawn(Calm, undefined)
    for (let count = 0; count < 6; count++) pool.tell('hold')
    await system.advance(20)
    return pool
  }

  test('is gone with all its routees when it stops or is killed', async () => {
    await using system = new ProbeSystem()
    for (const end of ['stop', 'kill'] as const) {
      const pool = await system.spawn(Pool, undefined)
      await pool.ask('work')
      expect(workersOf(system)).toHaveLength(3)
      await pool[end]()
      expect(workersOf(system)).toHaveLength(0)
    }
  })

  test('restarts with new routees when one of them escalates, and keeps its mailbox', async () => {
    await using system = new ProbeSystem()
    const Escalating = definePool({
      name: 'Escalating',
      routee: Worker,
      size: 2,
      options: { supervise: { onFailure: 'escalate' } },
    })
    const pool = await system.spawn(Escalating, undefined)
    const before = (await pool.ask('@routees')).map(refKey)
    await expect(pool.ask('fail')).rejects.toThrow('on purpose')
    expect(await pool.ask('work')).toBe(1)
    const after = (await pool.ask('@routees')).map(refKey)
    expect(after).toHaveLength(2)
    expect(after.filter((key) => before.includes(key))).toEqual([])
    expect(workersOf(system)).toHaveLength(2)
  })

  test('tries a routee that ends at once again after waits that double, and holds what came for it', async () => {
    await using system = new ProbeSystem()
    const One = definePool({ name: 'One', routee: Worker, size: 1 })
    const starts: number[] = []
    const spawned = system.node.lifecycle.activate.bind(system.node.lifecycle)
    system.node.lifecycle.activate = (cell) => {
      if (cell.definition.name === 'Worker') starts.push(system.clock.now())
      spawned(cell)
    }
    const pool = await system.spawn(One, { routee: { startsBadly: true } })
    await system.advance(60_000)
    // At once, once more at once, then after 100, 200, 400 ms and so on to 10 s.
    const waits = starts.slice(1).map((at, index) => at - (starts[index] as number))
    expect(waits).toEqual([0, 100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000, 10_000, 10_000])
    await expect(pool.ask('work')).rejects.toMatchObject({ facts: { reason: 'no-routee' } })
  })

  test('whose routee does not even start says why, and goes on trying', async () => {
    await using system = new ProbeSystem()
    const warnings: unknown[] = []
    system.events.on('log', ({ level, message, fields }) => {
      if (level === 'warn') warnings.push([message, fields.error])
    })
    const pool = await system.spawn(Pool, { routee: { initFails: true } })
    await system.advance(3_000)
    expect(warnings[0]).toEqual([
      'a routee of pool Pool did not start',
      expect.stringMatching(/^SpawnError: .*no worker today/),
    ])
    await expect(pool.ask('work')).rejects.toMatchObject({ facts: { reason: 'no-routee' } })
    expect(await pool.ask('@statistics')).toMatchObject({ starting: 3, replaced: 0 })
    await pool.stop()
  })

  test('grows by a fifth while each routee has too much, up to its bound, and shrinks one by one', async () => {
    await using system = new ProbeSystem()
    const pool = await system.spawn(Elastic, undefined)
    const size = async () => (await pool.ask('@routees')).length
    expect(await size()).toBe(2)
    for (let count = 0; count < 2; count++) pool.tell('hold')
    for (let count = 0; count < 10; count++) pool.tell('work')
    const sizes: number[] = []
    for (let check = 0; check < 4; check++) {
      await system.advance(100)
      sizes.push(await size())
    }
    // 12 wait for 2, then for 3: above 4 for each in the first check only.
    expect(sizes).toEqual([3, 3, 3, 3])
    // In turn, so that two of three wait behind who holds them.
    for (let count = 0; count < 150; count++) pool.tell('work')
    await system.advance(100)
    sizes.length = 0
    for (let check = 0; check < 12; check++) {
      sizes.push(await size())
      await system.advance(100)
    }
    expect(sizes).toEqual([4, 5, 6, 7, 8, 9, 10, 12, 12, 12, 12, 12])
    resumeAll(system)
    sizes.length = 0
    for (let check = 0; check < 36; check++) {
      await system.advance(100)
      sizes.push(await size())
    }
    // One for three calm checks in a row.
    expect(sizes.filter((_, index) => index % 3 === 2)).toEqual([11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 2, 2])
    expect(await pool.ask('@statistics')).toMatchObject({ grown: 10, shrunk: 10, leaving: 0, replaced: 0 })
    expect(workersOf(system)).toHaveLength(2)
    // With nothing to do, nothing is left that would wake it up.
    expect(cellOf(system, pool.ref).timers?.size ?? 0).toBe(0)
  })

  test('lets one that it takes out finish what it accepted, and gives it nothing more', async () => {
    await using system = new ProbeSystem()
    const pool = await grown(system)
    const [first, second] = (await pool.ask('@routees')) as [ActorRef<WorkerProtocol>, ActorRef<WorkerProtocol>]
    pool.tell('work')
    pool.tell('hold')
    const answers = [pool.ask('work'), pool.ask('work')]
    await system.idle()
    // The first is done with its holds; what it was asked is answered. The second holds on.
    for (let count = 0; count < 6; count++) {
      cellOf(system, first).state.resume()
      await system.idle()
    }
    expect(await answers[0]).toBe(2)
    await system.advance(20)
    expect((await pool.ask('@routees')).map(refKey)).toEqual([refKey(first)])
    expect(await pool.ask('@statistics')).toMatchObject({ leaving: 1, shrunk: 1 })
    expect(await pool.ask('who')).toBe(refKey(first))
    cellOf(system, second).state.resume()
    expect(await answers[1]).toBe(1)
    await system.idle()
    expect(workersOf(system).map(({ ref }) => refKey(ref))).toEqual([refKey(first)])
    expect(await pool.ask('@statistics')).toMatchObject({ leaving: 0 })
  })

  test('that takes out a place whose next start waits forgets that start', async () => {
    await using system = new ProbeSystem()
    const pool = await grown(system)
    // The second ends, and so does the one in its place: the third start of the place waits 100 ms.
    for (let end = 0; end < 2; end++) await system.kill((await pool.ask('@routees'))[1]!)
    const timers = () => [...(cellOf(system, pool.ref).timers?.keys() ?? [])]
    expect(timers()).toContain('start-2')
    for (let count = 0; count < 6; count++) {
      cellOf(system, (await pool.ask('@routees'))[0]!).state.resume()
      await system.idle()
    }
    await system.advance(20)
    expect(timers()).not.toContain('start-2')
    expect(await pool.ask('@statistics')).toMatchObject({ shrunk: 1, starting: 0, leaving: 0 })
  })

  test('of a fixed size looks at nothing', async () => {
    await using system = new ProbeSystem()
    const pool = await system.spawn(Pool, undefined)
    for (let count = 0; count < 100; count++) pool.tell('hold')
    await system.advance(1)
    expect(cellOf(system, pool.ref).timers?.size ?? 0).toBe(0)
  })

  test('that drains refuses what comes, answers everyone who asked, and is gone', async () => {
    await using system = new ProbeSystem()
    const pool = await system.spawn(Pool, undefined)
    for (let count = 0; count < 3; count++) pool.tell('hold')
    const drained = [pool.ask('@drain'), pool.ask('@drain')]
    await expect(pool.ask('work')).rejects.toMatchObject({ facts: { reason: 'draining' } })
    resumeAll(system)
    await Promise.all(drained)
    expect(await system.terminated(pool.ref)).toMatch(/stopped|not-found/)
    expect(workersOf(system)).toHaveLength(0)
    // Nobody is answered who did not ask.
    const letters: string[] = []
    system.events.on('deadLetter', ({ name }) => letters.push(name))
    const told = await system.spawn(Pool, undefined)
    told.tell('@drain')
    expect(await system.terminated(told.ref)).toMatch(/stopped|not-found/)
    expect(letters).toEqual([])
    // One that has nobody yet.
    const empty = await system.spawn(Pool, { routee: { initFails: true } })
    const refused = expect(empty.ask('work')).rejects.toBeInstanceOf(Error)
    await empty.ask('@drain')
    await refused
  })
})

describe('on two nodes', () => {
  const far = (on: string, size: number) =>
    definePool({ name: 'Far', routee: Worker, size, on, strategy: 'smallest-mailbox', checkMs: 50 })

  async function cluster(size = 2) {
    const nodes = new Cluster()
    const here = nodes.node('here')
    const there = nodes.node('there')
    here.nodeUp('there', 0)
    there.nodeUp('here', 0)
    const Far = compiled(far('there', size))
    const ref = await settled(here.spawnOn(undefined, 'here', Far, undefined, {}))
    const count = () => [...there.cells].filter(({ definition }) => definition.name === 'Worker').length
    async function settled<Value>(promise: Promise<Value>): Promise<Value> {
      await nodes.settle()
      return promise
    }
    const ask = (name: string, payload?: unknown) => settled(here.ask(undefined, ref, name, payload)) as Promise<any>
    await nodes.settle()
    return { nodes, here, there, ref, count, ask }
  }

  test('the routees of a pool that stops or restarts go with it', async () => {
    const { nodes, here, ref, count, ask } = await cluster()
    expect(count()).toBe(2)
    const before = (await ask('@routees')).map(refKey)
    here.supervisor.fail(here.lookup(ref) as ActorCell, { name: 'any' } as never, new Error('on purpose'))
    await nodes.settle()
    expect(count()).toBe(2)
    expect((await ask('@routees')).map(refKey).filter((key: string) => before.includes(key))).toEqual([])
    here.stop(undefined, ref)
    await nodes.settle()
    expect(count()).toBe(0)
  })

  test('an anchor that is killed takes its routee along, and both are replaced', async () => {
    const { nodes, here, count, ask } = await cluster()
    const anchors = () => [...here.cells].filter(({ definition }) => definition.name === 'Far.anchor')
    expect(anchors()).toHaveLength(2)
    here.stopping.kill(anchors()[0] as ActorCell)
    await nodes.settle()
    expect({ count: count(), anchors: anchors().length }).toEqual({ count: 2, anchors: 2 })
    expect(await ask('@statistics')).toMatchObject({ replaced: 1 })
  })

  test('what waits there is asked for while there is something to do, and counted up meanwhile', async () => {
    const { nodes, here, there, ref, ask } = await cluster(1)
    const timers = () => here.lookup(ref)?.timers?.size ?? 0
    const backlog = async () => (await ask('@statistics')).routees[0].backlog
    expect(timers()).toBe(0)
    for (let count = 0; count < 4; count++) here.tell(undefined, ref, 'hold', undefined)
    await nodes.settle()
    expect(await backlog()).toBe(4)
    const worker = [...there.cells].find(({ definition }) => definition.name === 'Worker') as ActorCell
    for (let left = 3; left >= 0; left--) {
      worker.state.resume()
      await nodes.settle()
      // Too high until the node says so.
      expect(await backlog()).toBe(left + 1)
      nodes.clock.runNext()
      await nodes.settle()
      expect(await backlog()).toBe(left)
    }
    nodes.clock.runNext()
    await nodes.settle()
    expect(timers()).toBe(0)
  })

  test('a node that dies takes its routees; they come back on it when it does', async () => {
    const { nodes, here, there, ref, ask } = await cluster()
    there.halt()
    here.nodeDown('there', 0, 'on purpose')
    await nodes.settle()
    expect(await ask('@statistics')).toMatchObject({ starting: 2, routees: [] })
    const kept = here.ask(undefined, ref, 'work', undefined)
    nodes.node('there', 1)
    here.nodeUp('there', 1)
    for (let step = 0; step < 12; step++) {
      nodes.clock.runNext()
      await nodes.settle()
    }
    expect((await ask('@routees')).map((routee: Ref) => routee.epoch)).toEqual([1, 1])
    expect(await kept).toBe(1)
  })
})

describe('a definition', () => {
  const pool = (spec: object) => () => definePool({ name: 'Pool', routee: Worker, size: 1, ...spec } as never)
  const router = (spec: object) => () => defineRouter({ name: 'Router', ...spec } as never)

  test.each([
    [router({ strategy: 'sideways' }), /strategy is round-robin, random/],
    [router({ strategy: { byKey: 'name' } }), /strategy is/],
    [router({ strategy: null }), /strategy is/],
    [router({ waitMs: -1 }), /waitMs must be from 0/],
    [router({ checkMs: 0 }), /checkMs must be from 1/],
    [router({ name: 'a router' }), /needs a name/],
    [pool({ size: 0 }), /size must be a whole number from 1/],
    [pool({ size: { min: 2, max: 1 } }), /size.max must be/],
    [pool({ size: { min: 1, max: 20_000 } }), /size.max must be/],
    [pool({ size: { min: 1, max: 2, growAbove: 0 } }), /growAbove must be above 0/],
    [pool({ size: { min: 1, max: 2, growAbove: 4, shrinkBelow: 3 } }), /shrinkBelow must be from 0 to half/],
    [pool({ size: { min: 1, max: 2, calmChecks: 0 } }), /calmChecks must be/],
    [pool({ size: 'two' }), /size must be a number or/],
    [pool({ on: [] }), /on must name a node/],
    [pool({ routee: {} }), /actor definition/],
    [pool({ options: { mailbox: { capacity: 0 } } }), /options: mailbox.capacity/],
    [pool({ options: { durableId: '' } }), /durableId must be a text/],
    [pool({ options: { durableId: 'a' }, on: 'spread' }), /fixed size and routees that are local or on named nodes/],
    [pool({ options: { durableId: 'a' }, on: { key: 'a' } }), /fixed size/],
    [
      pool({ routee: defineActor({ name: 'Odd', init: () => 0, on: { '@secret': () => 1 } }) }),
      /@secret, which would not reach it/,
    ],
  ])('that is malformed is a ConfigurationError (%#)', (define, message) => {
    expect(define).toThrow(
      expect.objectContaining({ code: 'ERR_TROUPE_CONFIGURATION', message: expect.stringMatching(message) }),
    )
  })

  test('of a good pool may be spawned with arguments that are not', async () => {
    await using system = createLocalSystem()
    const Pool = definePool({ name: 'Pool', routee: Worker, size: 1 })
    await expect(system.spawn(Pool, { size: 0 })).rejects.toEqual(fails('SPAWN'))
    const Router = defineRouter<WorkerProtocol>({ name: 'Router' })
    for (const args of [undefined, {}, { routees: ['a'] }, { routees: [], key: { name: 'a' } }, { key: 'a' }]) {
      await expect(system.spawn(Router, args as never)).rejects.toEqual(fails('SPAWN'))
    }
  })
})
