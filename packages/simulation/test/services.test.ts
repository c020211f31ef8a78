/** Twins with a life: one for each machine, gone with a crash, decided by the seed. */
import { defineActor, defineService, namedRef, provideService, type ServiceContext } from '@troupe/core'
import { expect, test } from 'vitest'
import { simulate } from '../src/index.ts'

interface StoreApi {
  readonly id: number
  put(key: string): Promise<number>
}
const Store = defineService<StoreApi>('store')

const Writer = defineActor({
  name: 'Writer',
  uses: [Store],
  init: () => ({}),
  on: {
    async put(_state, key: string, ctx) {
      const store = ctx.use(Store)
      return { id: store.id, keys: await store.put(key), atMs: ctx.now() }
    },
  },
})

/** A store in memory whose writes take time, and fail now and then. */
function storeTwin(log: string[]) {
  return provideService(Store, {
    async start({ node, epoch, clock, random }: ServiceContext) {
      const pause = (ms: number) => new Promise<void>((resolve) => void clock.schedule(ms, resolve))
      await pause(random.int(20))
      log.push(`start ${node}.${epoch}`)
      const keys = new Set<string>()
      return {
        id: random.int(1_000_000),
        where: `${node}.${epoch}`,
        async put(key: string) {
          await pause(1 + random.int(10))
          if (random.chance(0.2)) throw new Error(`cannot write ${key}`)
          keys.add(key)
          return keys.size
        },
      }
    },
    async stop({ where }) {
      log.push(`stop ${where}`)
    },
  })
}

async function run(seed: number) {
  const log: string[] = []
  const seen: unknown[] = []
  const { hash, virtualMs } = await simulate({ seed, nodes: 2, services: { store: storeTwin(log) } }, async (world) => {
    for (const node of world.nodes) await world.spawn(Writer, undefined, { node, name: 'writer' })
    for (let round = 0; round < 10; round++) {
      for (const node of world.nodes) {
        const writer = namedRef(Writer, { node, name: 'writer' })
        seen.push(await world.ask(writer, 'put', `key ${round}`).catch((error: Error) => error.message))
      }
    }
    await world.stop()
  })
  return { log, seen, hash, virtualMs }
}

test('each machine has a twin of its own, and the seed decides what it does', async () => {
  const first = await run(3)
  expect(first.log.slice(0, 3).sort()).toEqual(['start main.0', 'start node-1.0', 'start node-2.0'])
  expect(first.log.slice(3).sort()).toEqual(['stop main.0', 'stop node-1.0', 'stop node-2.0'])
  const ids = new Set(first.seen.flatMap((put) => (typeof put === 'object' ? [(put as { id: number }).id] : [])))
  expect(ids.size).toBe(2)
  expect(first.seen.filter((put) => typeof put === 'string').length).toBeGreaterThan(0)
  expect(await run(3)).toEqual(first)
  expect((await run(4)).seen).not.toEqual(first.seen)
})

test('a machine that crashes loses its twin without a stop, and has a new one when it is back', async () => {
  const log: string[] = []
  await simulate({ seed: 1, nodes: 1, services: { store: storeTwin(log) } }, async (world) => {
    const putUntilKept = async (): Promise<{ id: number; keys: number }> => {
      for (let tries = 0; tries < 100; tries++) {
        const put = await world.ask(namedRef(Writer, { node: 'node-1', name: 'writer' }), 'put', 'key').catch(() => {})
        if (put !== undefined) return put
      }
      throw new Error('no write succeeded')
    }
    await world.spawn(Writer, undefined, { node: 'node-1', name: 'writer' })
    const before = await putUntilKept()
    world.crash('node-1')
    await world.restart('node-1')
    const after = await putUntilKept()
    world.check(after.id !== before.id && after.keys === 1, 'the twin is a new one')
  })
  expect(log.filter((line) => line.includes('node-1'))).toEqual(['start node-1.0', 'start node-1.1'])
})

test('a crash while the services start leaves nothing of that start, and the spawn goes on with the next', async () => {
  const log: string[] = []
  const slow = provideService(Store, {
    async start({ node, epoch, clock }) {
      log.push(`begin ${node}.${epoch}`)
      await new Promise<void>((resolve) => void clock.schedule(100, resolve))
      log.push(`start ${node}.${epoch}`)
      return { id: epoch, put: async () => 1 }
    },
    stop: ({ id }) => void log.push(`stop ${id}`),
  })
  await simulate({ seed: 1, nodes: 1, services: { store: slow } }, async (world) => {
    const spawned = world.spawn(Writer, undefined, { node: 'node-1' })
    await world.sleep(10)
    world.crash('node-1')
    await world.restart('node-1')
    world.check((await (await spawned).ask('put', 'key')).id === 1, 'the twin is that of the restart')
  })
  expect(log.filter((line) => !line.includes('main'))).toEqual(['begin node-1.0', 'begin node-1.1', 'start node-1.1'])
})

test('services that never start fail the spawn by name; those of a restart fail the machine again until they do', async () => {
  const failing = (when: (epoch: number, starts: number) => boolean) => {
    let starts = 0
    return provideService(Store, {
      start({ node, epoch }) {
        if (node !== 'main' && when(epoch, starts++)) throw new Error('refused')
        return { id: epoch, put: async () => 1 }
      },
    })
  }
  await simulate({ seed: 1, nodes: 1, services: { store: failing(() => true) } }, async (world) => {
    await expect(world.spawn(Writer, undefined, { node: 'node-1' })).rejects.toMatchObject({
      code: 'ERR_TROUPE_SERVICE',
      facts: { service: 'store', node: 'node-1' },
    })
  })
  const twice = failing((_epoch, starts) => starts === 1 || starts === 2)
  const { trace = [] } = await simulate(
    { seed: 1, nodes: 1, services: { store: twice }, trace: true },
    async (world) => {
      await world.spawn(Writer, undefined, { node: 'node-1', name: 'writer' })
      world.crash('node-1')
      await world.restart('node-1')
      const { id } = await world.ask(namedRef(Writer, { node: 'node-1', name: 'writer' }), 'put', 'key')
      world.check(id === 3, 'it came up with its third start')
    },
  )
  const crashes = trace.flatMap((event) => (event.type === 'crashed' ? [event.detail] : []))
  expect(crashes.slice(1)).toEqual(Array(2).fill('service store did not start on node node-1: refused'))
})

test('a twin that reaches for the real world fails the run, also in its start', async () => {
  const real = provideService(Store, {
    start() {
      setTimeout(() => {}, 1)
      return { id: 1, put: async () => 1 }
    },
  })
  await expect(simulate({ seed: 1, services: { store: real } }, (world) => world.sleep(10))).rejects.toMatchObject({
    message: expect.stringMatching(/the services of (main|node-1).*setTimeout/),
  })
})

test('a definition that needs what the run was not given does not spawn', async () => {
  await simulate({ seed: 1, nodes: 1 }, async (world) => {
    await expect(world.spawn(Writer, undefined)).rejects.toMatchObject({
      code: 'ERR_TROUPE_SERVICE_MISSING',
      message: expect.stringMatching(/spawn of Writer: it uses service "store", which node node-1 was not given/),
    })
  })
})
