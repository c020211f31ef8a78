/** What the compiler knows of routers: a reference to one is a reference to its routees, and takes its own messages too. */
import { expect, expectTypeOf, test } from 'vitest'
import {
  type ActorContext,
  type ActorRef,
  type ArgsOf,
  actorKey,
  type createLocalSystem,
  defineActor,
  definePool,
  defineRouter,
  type PoolStatistics,
  type ProtocolOf,
  type RefOf,
  type RoutedMessage,
  type RouterStatistics,
} from '../src/index.ts'

const Worker = defineActor({
  name: 'Worker',
  init: (args: { quality: number }) => args,
  on: {
    resize: (_state, image: { width: number }) => image.width,
    async count(_state, text: string) {
      return text.length
    },
    reset() {},
  },
})
const Simple = defineActor({ name: 'Simple', init: () => 0, on: { work: (state) => state } })
type Work = ProtocolOf<typeof Worker>

const Workers = definePool({ name: 'Workers', routee: Worker, size: 2 })
const Router = defineRouter<Work>({ name: 'Router' })

/** Calls that are checked and never made. */
const compiles = (name: string, _calls: (ctx: ActorContext, system: ReturnType<typeof createLocalSystem>) => unknown) =>
  test(name, () => {})

test('a reference to a router is one to its routees', () => {
  expectTypeOf<RefOf<typeof Workers>>().toExtend<RefOf<typeof Worker>>()
  expectTypeOf<RefOf<typeof Router>>().toExtend<RefOf<typeof Worker>>()
  expectTypeOf<RefOf<typeof Worker>>().not.toExtend<RefOf<typeof Workers>>()
  expectTypeOf<RefOf<typeof Workers>>().not.toExtend<RefOf<typeof Simple>>()
})

compiles('messages of the routees, with their payloads and replies', async (ctx, system) => {
  const workers = await system.spawn(Workers, { routee: { quality: 80 } })
  expectTypeOf(await workers.ask('resize', { width: 1 })).toEqualTypeOf<number>()
  expectTypeOf(await ctx.ask(workers.ref, 'count', 'text')).toEqualTypeOf<number>()
  workers.tell('reset')
  // @ts-expect-error: the payload is an image
  workers.tell('resize', 1)
  // @ts-expect-error: no such message
  workers.tell('other')
})

compiles("the router's own messages", async (_ctx, system) => {
  const workers = await system.spawn(Workers, { routee: { quality: 80 }, size: { min: 1, max: 2 } })
  expectTypeOf(await workers.ask('@routees')).toEqualTypeOf<readonly ActorRef<Work>[]>()
  expectTypeOf(await workers.ask('@statistics')).toEqualTypeOf<PoolStatistics<Work>>()
  expectTypeOf(await workers.ask('@drain')).toEqualTypeOf<void>()
  // @ts-expect-error: a pool starts its routees itself
  workers.tell('@add', workers.ref)

  const worker = await system.spawn(Worker, { quality: 80 })
  const simple = await system.spawn(Simple, undefined)
  const router = await system.spawn(Router, { routees: [worker.ref, workers.ref] })
  expectTypeOf(await router.ask('@statistics')).toEqualTypeOf<RouterStatistics<Work>>()
  router.tell('@add', worker.ref)
  // @ts-expect-error: an actor of another protocol
  router.tell('@add', simple.ref)
  // @ts-expect-error: a router is not drained
  router.tell('@drain')
})

compiles('what routers and pools are spawned with', async (_ctx, system) => {
  // @ts-expect-error: the routees need their arguments
  await system.spawn(Workers, {})
  // @ts-expect-error: of the right type
  await system.spawn(Workers, { routee: { quality: 'high' } })
  const Simples = definePool({ name: 'Simples', routee: Simple, size: 2 })
  await system.spawn(Simples, undefined)
  await system.spawn(Simples, { size: 3 })
  expectTypeOf<ArgsOf<typeof Workers>['routee']>().toEqualTypeOf<{ quality: number }>()

  await system.spawn(Router, { key: actorKey('workers', Worker) })
  await system.spawn(Router, { key: actorKey('workers', Workers) })
  // @ts-expect-error: a key of another protocol
  await system.spawn(Router, { key: actorKey('simples', Simple) })
  // @ts-expect-error: either routees or a key
  await system.spawn(Router, {})
  // @ts-expect-error: not both
  await system.spawn(Router, { key: actorKey('workers', Worker), routees: [] })
})

test('strategies see the messages as they are', () => {
  expectTypeOf<RoutedMessage<Work>>().toEqualTypeOf<
    | { readonly name: 'resize'; readonly payload: { width: number } }
    | { readonly name: 'count'; readonly payload: string }
    | { readonly name: 'reset'; readonly payload: undefined }
  >()
  const byKey = definePool({
    name: 'ByKey',
    routee: Worker,
    size: 2,
    strategy: {
      byKey(message) {
        expectTypeOf(message).toEqualTypeOf<RoutedMessage<Work>>()
        return message.name === 'count' ? message.payload : message.name
      },
    },
  })
  const own = defineRouter<Work>({
    name: 'Own',
    strategy: {
      choose(message, routees, { random, routed }) {
        expectTypeOf(message).toEqualTypeOf<RoutedMessage<Work>>()
        expectTypeOf(routees[0]?.ref).toEqualTypeOf<ActorRef<Work> | undefined>()
        expectTypeOf(routed).toEqualTypeOf<number>()
        return random.int(routees.length)
      },
    },
  })
  expect([byKey.name, own.name]).toEqual(['ByKey', 'Own'])
  // @ts-expect-error: a key is a string
  definePool({ name: 'Odd', routee: Worker, size: 2, strategy: { byKey: () => 1 } })
  // @ts-expect-error: no such strategy
  const sideways = () => definePool({ name: 'Odd', routee: Worker, size: 2, strategy: 'sideways' })
  expect(sideways).toThrow(expect.objectContaining({ code: 'ERR_TROUPE_CONFIGURATION' }))
})

test('a definition that no spawn accepts is no routee', () => {
  const Refused = defineActor({
    name: 'Refused',
    init: () => ({}),
    on: { call: (_state, callback: () => void) => callback() },
  })
  // @ts-expect-error: its message holds a function
  definePool({ name: 'Refusing', routee: Refused, size: 1 })
})
