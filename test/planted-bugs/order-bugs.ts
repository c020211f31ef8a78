/**
 * Mistakes that depend on order alone: nothing fails, and in the usual order nothing is wrong. Each has a twin that does
 * the same without the mistake, under the same network.
 */
import { type ActorRef, defineActor } from '@troupe/core'
import type { SimulatedWorld, SimulationProgram } from '@troupe/simulation'

/** One planted mistake. */
export interface OrderBug {
  /** What is wrong, in one sentence. */
  readonly what: string
  readonly nodes: number
  readonly program: (isTwin: boolean) => SimulationProgram
}

const module = import.meta.url

/** A way over other nodes: who gets it sends it on to the next. */
interface Route {
  readonly over: readonly ActorRef<HopProtocol>[]
  readonly to: ActorRef<any>
  readonly message: string
  readonly payload?: unknown
}
type HopProtocol = { pass: (route: Route) => void }

const Hop = defineActor<HopProtocol>()({
  name: 'Hop',
  module,
  init: () => ({}),
  on: {
    pass(_state, { over: [next, ...over], ...route }, ctx) {
      if (next === undefined) ctx.tell(route.to, route.message, route.payload)
      else ctx.tell(next, 'pass', { over, ...route })
    },
  },
})

/** Hops on these nodes, in this order. */
async function hops(world: SimulatedWorld, nodes: readonly string[]): Promise<ActorRef<HopProtocol>[]> {
  return (await Promise.all(nodes.map((node) => world.spawn(Hop, undefined, { node })))).map(({ ref }) => ref)
}

/** Long after the last message has arrived under every schedule. */
const quietMs = 400

// A lost update.

const Register = defineActor({
  name: 'Register',
  module,
  init: () => ({ value: 0 }),
  on: {
    get: (state) => state.value,
    set(state, value: number) {
      state.value = value
      return true
    },
    add(state, by: number) {
      state.value += by
      return true
    },
  },
})

const Incrementer = defineActor({
  name: 'Incrementer',
  module,
  init: (args: { register: ActorRef<any>; isTwin: boolean }) => args,
  on: {
    async begin({ register, isTwin }, _message: undefined, ctx): Promise<void> {
      if (isTwin) await ctx.ask(register, 'add', 1)
      else await ctx.ask(register, 'set', ((await ctx.ask(register, 'get')) as number) + 1)
    },
  },
})

const lostUpdate: OrderBug = {
  what: 'two actors read a counter, add one and write it back, with an ask each',
  nodes: 4,
  program: (isTwin) => async (world) => {
    const register = await world.spawn(Register, undefined, { node: 'node-1' })
    const args = { register: register.ref, isTwin }
    const one = await world.spawn(Incrementer, args, { node: 'node-2' })
    const other = await world.spawn(Incrementer, args, { node: 'node-3' })
    const [first, ...over] = await hops(world, ['node-4', 'node-2', 'node-4', 'node-1', 'node-4', 'node-2', 'node-4'])
    one.tell('begin', undefined)
    world.tell(first as ActorRef<HopProtocol>, 'pass', { over, to: other.ref, message: 'begin' })
    await world.sleep(quietMs)
    const value = await register.ask('get')
    world.check(value === 2, `an update was lost: the counter is ${value}`)
  },
}

// A message that overtakes by another path.

const Library = defineActor({
  name: 'Library',
  module,
  init: () => ({ books: new Set<string>(), missing: 0 }),
  on: {
    add(state, book: string) {
      state.books.add(book)
      return true
    },
    lend(state, book: string) {
      if (!state.books.has(book)) state.missing++
    },
    missing: (state) => state.missing,
  },
})

const Publisher = defineActor({
  name: 'Publisher',
  module,
  init: (args: { library: ActorRef<any>; isTwin: boolean; over: readonly ActorRef<HopProtocol>[] }) => args,
  on: {
    async publish({ library, isTwin, over: [first, ...over] }, book: string, ctx): Promise<void> {
      if (isTwin) await ctx.ask(library, 'add', book)
      else ctx.tell(library, 'add', book)
      ctx.tell(first as ActorRef<HopProtocol>, 'pass', { over, to: library, message: 'lend', payload: book })
    },
  },
})

const overtaking: OrderBug = {
  what: 'what was sent later comes first, by another path',
  nodes: 4,
  program: (isTwin) => async (world) => {
    const library = await world.spawn(Library, undefined, { node: 'node-1' })
    const over = await hops(world, ['node-3', 'node-4', 'node-3'])
    const publisher = await world.spawn(Publisher, { library: library.ref, isTwin, over }, { node: 'node-2' })
    publisher.tell('publish', 'Dune')
    await world.sleep(quietMs)
    world.check((await library.ask('missing')) === 0, 'a book was lent before the library had it')
  },
}

// A lock that is released twice.

const Lock = defineActor({
  name: 'Lock',
  module,
  init: (args: { isTwin: boolean }) => ({ ...args, owner: undefined as string | undefined }),
  on: {
    acquire(state, who: string) {
      if (state.owner !== undefined) return false
      state.owner = who
      return true
    },
    release(state, who: string) {
      if (!state.isTwin || state.owner === who) state.owner = undefined
    },
  },
})

const Room = defineActor({
  name: 'Room',
  module,
  init: () => ({ inside: 0, most: 0 }),
  on: {
    enter(state) {
      state.inside++
      state.most = Math.max(state.most, state.inside)
      return true
    },
    leave(state) {
      state.inside--
      return true
    },
    look: (state) => state.inside,
    most: (state) => state.most,
  },
})

interface VisitorArgs {
  readonly lock: ActorRef<any>
  readonly room: ActorRef<any>
  /** Who releases the lock once more, in case that the first release was lost. */
  readonly caretaker: ActorRef<HopProtocol>
}
const Visitor = defineActor({
  name: 'Visitor',
  module,
  init: (args: VisitorArgs) => args,
  on: {
    async visit({ lock, room, caretaker }, _message: undefined, ctx): Promise<void> {
      const who = ctx.node
      if (!(await ctx.ask(lock, 'acquire', who))) {
        ctx.timers.once({ key: 'visit', delayMs: 1 }, 'visit', undefined)
        return
      }
      await ctx.ask(room, 'enter', undefined)
      for (let look = 0; look < 5; look++) await ctx.ask(room, 'look', undefined)
      await ctx.ask(room, 'leave', undefined)
      ctx.tell(lock, 'release', who)
      ctx.tell(caretaker, 'pass', { over: [], to: lock, message: 'release', payload: who })
    },
  },
})

const doubleRelease: OrderBug = {
  what: 'a second release frees the lock of another owner',
  nodes: 5,
  program: (isTwin) => async (world) => {
    const lock = await world.spawn(Lock, { isTwin }, { node: 'node-1' })
    const room = await world.spawn(Room, undefined, { node: 'node-1' })
    const [caretaker] = await hops(world, ['node-5'])
    const args = { lock: lock.ref, room: room.ref, caretaker: caretaker as ActorRef<HopProtocol> }
    for (const node of ['node-2', 'node-3', 'node-4'])
      (await world.spawn(Visitor, args, { node })).tell('visit', undefined)
    await world.sleep(quietMs)
    const most = await room.ask('most')
    world.check(most === 1, `${most} were in the room at a time`)
  },
}

// A cache that is filled with what is no longer so.

const Store = defineActor({
  name: 'Store',
  module,
  init: (args: { isTwin: boolean }) => ({ ...args, value: 1, cache: undefined as ActorRef<any> | undefined }),
  on: {
    fetch(state, cache: ActorRef<any>, ctx) {
      state.cache = cache
      ctx.tell(cache, 'fill', state.value)
    },
    write(state, value: number, ctx) {
      state.value = value
      if (state.isTwin && state.cache !== undefined) ctx.tell(state.cache, 'invalidate', undefined)
      return true
    },
  },
})

const Cache = defineActor({
  name: 'Cache',
  module,
  init: (args: { store: ActorRef<any> }) => ({ ...args, value: undefined as number | undefined }),
  on: {
    load(state, _message: undefined, ctx) {
      ctx.tell(state.store, 'fetch', ctx.self)
    },
    fill(state, value: number) {
      state.value = value
    },
    invalidate(state, _message: undefined) {
      state.value = undefined
    },
    peek: (state) => state.value ?? 0,
  },
})

interface WriterArgs {
  readonly store: ActorRef<any>
  readonly cache: ActorRef<any>
  readonly over: readonly ActorRef<HopProtocol>[]
  readonly isTwin: boolean
}
const Writer = defineActor({
  name: 'Writer',
  module,
  init: (args: WriterArgs) => args,
  on: {
    async write({ store, cache, over: [first, ...over], isTwin }, value: number, ctx): Promise<void> {
      await ctx.ask(store, 'write', value)
      if (!isTwin) ctx.tell(first as ActorRef<HopProtocol>, 'pass', { over, to: cache, message: 'invalidate' })
    },
  },
})

const staleFill: OrderBug = {
  what: 'a cache is filled with an old value after it was told to forget it',
  nodes: 4,
  program: (isTwin) => async (world) => {
    const store = await world.spawn(Store, { isTwin }, { node: 'node-1' })
    const cache = await world.spawn(Cache, { store: store.ref }, { node: 'node-2' })
    const over = await hops(world, ['node-4', 'node-3'])
    const args = { store: store.ref, cache: cache.ref, over, isTwin }
    const writer = await world.spawn(Writer, args, { node: 'node-3' })
    cache.tell('load', undefined)
    writer.tell('write', 2)
    await world.sleep(quietMs)
    world.check((await cache.ask('peek')) !== 1, 'the cache has the old value, and nobody will tell it')
  },
}

/** The mistakes by name. */
export const orderBugs = {
  'lost-update': lostUpdate,
  overtaking,
  'double-release': doubleRelease,
  'stale-fill': staleFill,
} as const satisfies Record<string, OrderBug>

/** The name of a mistake that depends on order alone. */
export type OrderBugName = keyof typeof orderBugs
