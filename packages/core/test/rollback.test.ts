/** Rollback of failed turns: what is undone, what leaves the actor, and what state it cannot be had for. */
import { describe, expect, test } from 'vitest'
import type { Ref } from '../src/actor-ref.ts'
import { type ActorRef, createLocalSystem, defineActor, type MessageMode } from '../src/index.ts'
import { HeldDisk, memoryDisk, ProbeSystem } from './probe-system.ts'

interface Item {
  tags: string[]
}

const Store = defineActor({
  name: 'Store',
  init: () => ({
    items: new Map<string, Item>(),
    names: new Set<string>(),
    list: [{ n: 1 }],
    deep: { count: 0 },
    peer: undefined as ActorRef | undefined,
  }),
  supervise: { onFailure: 'resume', rollback: true },
  behaviors: { busy: {} },
  events: {
    counted(state, by: number) {
      state.deep.count += by
    },
  },
  snapshotEvery: 2,
  on: {
    async change(state, { fails, later }: { fails: boolean; later: boolean }, ctx) {
      state.items.set('a', { tags: ['x'] })
      state.names.add('a')
      if (later) await undefined
      const item = state.items.get('a') as Item
      item.tags.push('y')
      state.list[0]!.n = 2
      state.list.push({ n: 3 })
      state.deep.count++
      state.peer = ctx.self
      ctx.become('busy')
      if (fails) throw new RangeError('after the changes')
      return state
    },
    changeNow(state) {
      state.deep.count = 100
      state.list.length = 0
      throw new RangeError('at once')
    },
    count(state, { by, fails }: { by: number; fails: boolean }, ctx) {
      ctx.persist('counted', by)
      if (fails) throw new RangeError('after the event')
      return state.deep.count
    },
    send(state, to: ActorRef<{ keep: (value: unknown) => void }>, ctx) {
      state.deep.count++
      ctx.tell(to, 'keep', { inner: [state.deep, state.list], other: new Map([['names', state.names]]) })
      state.deep.count++
    },
    all: (state) => state,
  },
})

const Keeper = defineActor({
  name: 'Keeper',
  init: () => ({ kept: undefined as unknown }),
  on: {
    keep(state, value: unknown) {
      state.kept = value
    },
    kept: (state) => state.kept,
  },
})

const fresh = { items: new Map(), names: new Set(), list: [{ n: 1 }], deep: { count: 0 }, peer: undefined }

test.each([
  { what: 'a synchronous turn', message: 'changeNow' as const, argument: undefined },
  { what: 'an asynchronous turn', message: 'change' as const, argument: { fails: true, later: false } },
  { what: 'a turn that fails after an await', message: 'change' as const, argument: { fails: true, later: true } },
])('$what that fails leaves the state, and the behavior, as they were', async ({ message, argument }) => {
  await using system = new ProbeSystem()
  const store = await system.spawn(Store, undefined)
  await expect(store.ask(message as 'change', argument as never)).rejects.toThrow(RangeError)
  expect(await store.ask('all')).toEqual(fresh)
  expect(system.node.lookup(store.ref as Ref)?.behavior).toBeUndefined()
  const changed = await store.ask('change', { fails: false, later: true })
  expect(changed).toEqual({
    items: new Map([['a', { tags: ['x', 'y'] }]]),
    names: new Set(['a']),
    list: [{ n: 2 }, { n: 3 }],
    deep: { count: 1 },
    peer: store.ref,
  })
  await expect(store.ask('changeNow')).rejects.toThrow(RangeError)
  // The reply was of the state: it is frozen, and the state can be changed all the same.
  await store.ask('change', { fails: false, later: false })
  expect(await store.ask('all')).toMatchObject({ deep: { count: 2 }, list: [{ n: 2 }, { n: 3 }, { n: 3 }] })
  expect(changed).toMatchObject({ deep: { count: 1 } })
})

test.each(['frozen', 'copied', 'shared'] as MessageMode[])(
  'what a turn sends of its state is a value (%s)',
  async (messages) => {
    await using system = createLocalSystem({ messages })
    const store = await system.spawn(Store, undefined)
    const keeper = await system.spawn(Keeper, undefined)
    await store.ask('send', keeper.ref)
    await store.ask('change', { fails: false, later: false })
    expect(await keeper.ask('kept')).toEqual({
      inner: [{ count: 1 }, [{ n: 1 }]],
      other: new Map([['names', new Set()]]),
    })
  },
)

test('the events of a failed turn are rolled back: a durable actor resumes without a restart', async () => {
  const disk = memoryDisk()
  await using system = new ProbeSystem({ disk })
  const directives: string[] = []
  system.events.on('failure', ({ directive }) => directives.push(directive))
  const store = await system.spawn(Store, undefined, { durableId: 'store' })
  expect(await store.ask('count', { by: 1, fails: false })).toBe(1)
  await expect(store.ask('count', { by: 10, fails: true })).rejects.toThrow('after the event')
  // The third event makes a snapshot, of the state and not of a draft.
  for (const sum of [3, 5]) expect(await store.ask('count', { by: 2, fails: false })).toBe(sum)
  expect(directives).toEqual(['resume'])
  await store.stop()
  const again = await system.spawn(Store, undefined, { durableId: 'store' })
  expect(await again.ask('all')).toMatchObject({ deep: { count: 5 } })
})

test('an actor that rolls back cannot answer with a stream, and says so', async () => {
  await using system = new ProbeSystem()
  const Streamer = defineActor({
    name: 'Streamer',
    init: () => ({ count: 0 }),
    supervise: { rollback: true },
    on: {
      async *count(state) {
        yield state.count
      },
    },
  })
  const streamer = await system.spawn(Streamer, undefined)
  const failure = new Promise<Error>((resolve) => system.events.once('failure', ({ error }) => resolve(error)))
  system.node.tell(undefined, streamer.ref as Ref, 'count', undefined)
  expect(await failure).toMatchObject({ code: 'ERR_TROUPE_CONFIGURATION', message: expect.stringMatching(/rollback/) })
})

test('a failed turn is undone before what was committed earlier is synced', async () => {
  const disk = new HeldDisk()
  await using system = new ProbeSystem({ disk })
  const store = await system.spawn(Store, undefined, { durableId: 'store' })
  await store.ask('all')
  disk.hold()
  const first = store.ask('count', { by: 1, fails: false })
  const failed = expect(store.ask('count', { by: 10, fails: true })).rejects.toThrow('after the event')
  await system.idle()
  disk.release()
  expect(await first).toBe(1)
  await failed
  expect(await store.ask('all')).toMatchObject({ deep: { count: 1 } })
})

describe('state that cannot be rolled back is refused at the spawn, with its place', () => {
  const shared = { n: 1 }
  class Cart {
    items = []
  }
  const states: [string, unknown][] = [
    ['state.at, which is an instance of Date', { at: new Date(0) }],
    ['state.list[1].bytes, which is an instance of Uint8Array', { list: [1, { bytes: new Uint8Array(1) }] }],
    ['state.carts.get(a), which is an instance of Cart', { carts: new Map([['a', new Cart()]]) }],
    ['state.set.item, which is an instance of Date', { set: new Set([new Date(0)]) }],
    ['a key of state.map, which is an object', { map: new Map([[{}, 1]]) }],
    ['state.two, which is the same object as state.one', { one: shared, two: shared }],
    [
      'state.computed, which is an accessor',
      {
        get computed() {
          return 1
        },
      },
    ],
    ['state, which is an instance of Cart', new Cart()],
  ]
  test.each(states)('%s', async (place, state) => {
    await using system = new ProbeSystem()
    const Odd = defineActor({ name: 'Odd', init: () => state, on: {} })
    await system.spawn(Odd, undefined)
    const refused = system.spawn(Odd, undefined, { supervise: { rollback: true } })
    await expect(refused).rejects.toMatchObject({ code: 'ERR_TROUPE_CONFIGURATION' })
    await expect(refused).rejects.toThrow(place)
  })

  test('a state that nothing can change in place is fine', async () => {
    await using system = new ProbeSystem()
    for (const state of [undefined, 5, 'text']) {
      const Simple = defineActor({ name: 'Simple', init: () => state, on: { get: (value) => value } })
      expect(await (await system.spawn(Simple, undefined, { supervise: { rollback: true } })).ask('get')).toBe(state)
    }
  })
})

test('a state with keys that objects have already is rolled back and kept like any other', async () => {
  await using system = new ProbeSystem()
  const names = ['__proto__', 'constructor', 'toString']
  const Odd = defineActor({
    name: 'Odd',
    init: () => ({ record: Object.fromEntries([...names, 'plain'].map((name) => [name, 1])) }),
    supervise: { onFailure: 'resume', rollback: true },
    on: {
      change({ record }, { name, fails }: { name: string; fails: boolean }) {
        record[name] = 2
        if (fails) throw new RangeError('after the change')
      },
      entries: ({ record }) => Object.entries(record),
    },
  })
  const actor = await system.spawn(Odd, undefined)
  for (const name of ['constructor', 'toString', 'plain']) {
    await expect(actor.ask('change', { name, fails: true })).rejects.toThrow(RangeError)
    expect(await actor.ask('entries')).toEqual([...names, 'plain'].map((key) => [key, 1]))
  }
})
