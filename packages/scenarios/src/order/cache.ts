/** A cache before a store: with the mistake it is told too early that its value is old, and is filled with that value later. */
import { type ActorRef, defineActor } from '@troupe/core'
import { simulatedScenario } from '../simulated-scenario.ts'
import { type HopProtocol, hops, quietMs } from './hop.ts'

const module = import.meta.url

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

export const cache = simulatedScenario({
  name: 'cache',
  what: 'a cache loads a value from a store while a writer changes it',
  nodes: { default: 4, min: 4, max: 4 },
  bugs: new Map([['stale-fill', 'a cache is filled with an old value after it was told to forget it']]),
  program: (bug) => async (world) => {
    const isTwin = bug === undefined
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
})
