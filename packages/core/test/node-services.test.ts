/** The services of a node, on the local host: their order, their failures, and the time they have. */
import { expect, test } from 'vitest'
import {
  createLocalSystem,
  defineActor,
  defineService,
  provideService,
  type ServiceContext,
  type ServiceImplementations,
  type SystemEvents,
} from '../src/index.ts'

interface Named {
  readonly name: string
}
const A = defineService<Named>('a')
const B = defineService<Named>('b')
const C = defineService<Named>('c')

const User = defineActor({
  name: 'User',
  uses: [A],
  init: () => ({}),
  on: {
    names: (_state, _message: undefined, ctx) => `${ctx.use(A).name}`,
    spawn(_state, _message: undefined, ctx) {
      ctx.spawn(Needy, undefined)
    },
  },
})
const Needy = defineActor({ name: 'Needy', uses: [A, C], init: () => ({}), on: {} })
const Free = defineActor({ name: 'Free', init: () => ({}), on: { alive: () => true } })

const later = ({ clock }: ServiceContext, ms: number) =>
  new Promise<void>((resolve) => void clock.schedule(ms, () => resolve()))

/** A system that notes what its services do, and what went wrong with them. */
function systemWith(make: (log: string[]) => ServiceImplementations) {
  const log: string[] = []
  const system = createLocalSystem({ services: make(log), seed: 7 })
  const failures: SystemEvents['serviceFailed'][0][] = []
  system.events.on('serviceFailed', (failure) => failures.push(failure))
  return { system, log, failures }
}

const noted = (service: typeof A, log: string[], needs: (typeof A)[] = [], startMs = 0) =>
  provideService(service, {
    needs,
    async start(ctx) {
      log.push(`${service.name} starts after ${needs.map((need) => ctx.use(need).name).join()}`)
      if (startMs > 0) await later(ctx, startMs)
      log.push(`${service.name} started`)
      return { name: service.name }
    },
    stop: ({ name }) => void log.push(`${name} stopped`),
  })

test('services start behind what they need, otherwise in the order given, and stop in reverse', async () => {
  const { system, log, failures } = systemWith((log) => ({
    a: noted(A, log, [C, B], 5),
    b: noted(B, log, [C]),
    c: noted(C, log, [], 3),
  }))
  expect(await (await system.spawn(User, undefined)).ask('names')).toBe('a')
  expect(log.splice(0)).toEqual([
    'c starts after ',
    'c started',
    'b starts after c',
    'b started',
    'a starts after c,b',
    'a started',
  ])
  await system.stop()
  expect(log).toEqual(['a stopped', 'b stopped', 'c stopped'])
  expect(failures).toEqual([])
})

test('services that are there at once keep no spawn waiting', async () => {
  const { system } = systemWith(() => ({ a: provideService(A, { start: () => ({ name: 'sync' }) }), b: { name: 'b' } }))
  const users = [system.spawn(User, undefined), system.spawn(User, undefined)]
  expect(await (await users[0])?.ask('names')).toBe('sync')
  await system.stop()
})

test('a start that fails stops what had started, and no actor is spawned', async () => {
  const { system, log, failures } = systemWith((log) => ({
    c: noted(C, log),
    b: noted(B, log),
    a: provideService(A, { start: () => Promise.reject(new RangeError('no disk')) }),
  }))
  const error = await system.spawn(Free, undefined).catch((error) => error)
  expect(error).toMatchObject({
    code: 'ERR_TROUPE_SERVICE',
    facts: { service: 'a', node: 'local', phase: 'start', reason: 'failed' },
    cause: { message: 'no disk' },
  })
  expect(error.message).toBe('service a did not start on node local: no disk')
  expect(log.slice(-2)).toEqual(['b stopped', 'c stopped'])
  expect(failures).toEqual([{ node: 'local', service: 'a', error }])
  await expect(system.spawn(Free, undefined)).rejects.toBe(error)
  await system.stop()
})

test('a start that throws is as one that rejects', async () => {
  const { system, log } = systemWith((log) => ({
    b: provideService(B, { start: () => ({ name: 'b' }), stop: () => void log.push('b stopped') }),
    a: provideService(A, {
      start: () => {
        throw new RangeError('at once')
      },
    }),
  }))
  await expect(system.spawn(Free, undefined)).rejects.toMatchObject({
    code: 'ERR_TROUPE_SERVICE',
    facts: { service: 'a' },
  })
  expect(log).toEqual(['b stopped'])
})

test('a start has its time; its signal says when that is up, and what comes later is stopped', async () => {
  const { system, log } = systemWith((log) => ({
    a: provideService(A, {
      startTimeoutMs: 50,
      async start(ctx) {
        ctx.signal.addEventListener('abort', () => log.push(`aborted at ${ctx.clock.now()}`))
        await later(ctx, 80)
        return { name: 'late' }
      },
      stop: ({ name }) => void log.push(`${name} stopped`),
    }),
  }))
  await expect(system.spawn(Free, undefined)).rejects.toMatchObject({
    message: 'service a did not start on node local within 50 ms',
    facts: { reason: 'timeout' },
  })
  await system.advance(100)
  expect(log).toEqual(['aborted at 50', 'late stopped'])
})

test('a stop that fails, or takes too long, is told and keeps no other from its stop', async () => {
  const { system, log, failures } = systemWith((log) => ({
    c: noted(C, log),
    b: provideService(B, { start: () => ({ name: 'b' }), stop: () => new Promise(() => {}), stopTimeoutMs: 30 }),
    a: provideService(A, {
      start: () => ({ name: 'a' }),
      stop: () => {
        throw new RangeError('stuck')
      },
    }),
  }))
  await system.spawn(Free, undefined)
  await system.stop()
  expect(log.at(-1)).toBe('c stopped')
  expect(failures.map(({ error }) => error.message)).toEqual([
    'service a did not stop on node local: stuck',
    'service b did not stop on node local within 30 ms',
  ])
  expect(failures[1]?.error).toMatchObject({ code: 'ERR_TROUPE_SERVICE', facts: { phase: 'stop', reason: 'timeout' } })
})

test('services stop by the deadline of the system too, after the last turn', async () => {
  const { system, log } = systemWith((log) => ({ a: noted(A, log) }))
  const Endless = defineActor({
    name: 'Endless',
    init: () => ({}),
    on: { wait: () => new Promise<never>(() => {}) },
    stopped: () => void log.push('never'),
  })
  const endless = await system.spawn(Endless, undefined)
  const asked = expect(endless.ask('wait')).rejects.toMatchObject({ code: 'ERR_TROUPE_SYSTEM_STOPPED' })
  await system.stop({ deadlineMs: 0 })
  await asked
  expect(log.at(-1)).toBe('a stopped')
  expect(log).not.toContain('never')
})

test('a system that ends while its services start tells the one that starts, and stops the others', async () => {
  const { system, log, failures } = systemWith((log) => ({
    b: noted(B, log),
    a: provideService(A, {
      start: ({ signal }) =>
        new Promise<Named>(() => {
          signal.addEventListener('abort', () => log.push(`told: ${signal.reason.code}`))
        }),
    }),
  }))
  await system.idle()
  await system.stop()
  expect(log).toEqual(['b starts after ', 'b started', 'told: ERR_TROUPE_SYSTEM_STOPPED', 'b stopped'])
  expect(failures.map(({ error }) => (error as { facts?: { reason?: string } }).facts?.reason)).toEqual(['node-ended'])
})

test('what cannot start is said at the spawn', async () => {
  const start = () => ({ name: 'any' })
  const attempts: [ServiceImplementations, object][] = [
    [
      { a: provideService(A, { needs: [B], start }), b: provideService(B, { needs: [A], start }) },
      { code: 'ERR_TROUPE_CONFIGURATION', facts: { cycle: ['a', 'b', 'a'] } },
    ],
    [
      { a: provideService(A, { needs: [C], start }) },
      { code: 'ERR_TROUPE_SERVICE_MISSING', facts: { service: 'c', needing: 'a', node: 'local' } },
    ],
    [
      { x: provideService(A, { start }) },
      { code: 'ERR_TROUPE_CONFIGURATION', message: expect.stringContaining('service a was given under the name x') },
    ],
    [
      { b: { name: 'b' }, a: provideService(A, { start: ({ use }) => use(B) }) },
      { code: 'ERR_TROUPE_SERVICE', cause: { message: expect.stringContaining('does not name in needs') } },
    ],
  ]
  for (const [services, problem] of attempts) {
    const system = createLocalSystem({ services })
    await expect(system.spawn(Free, undefined)).rejects.toMatchObject(problem)
    await system.stop()
  }
})

test('a malformed provider is refused where it is made', () => {
  const start = () => ({ name: 'a' })
  const attempts: [object, RegExp][] = [
    [{}, /service a: start must be a function/],
    [{ start, stop: 1 }, /stop must be a function/],
    [{ start, startTimeoutMs: 0 }, /startTimeoutMs must be above 0/],
    [{ start, stopTimeoutMs: Number.NaN }, /stopTimeoutMs/],
    [{ start, needs: ['b'] }, /needs must be an array of services/],
  ]
  for (const [provider, problem] of attempts) expect(() => provideService(A, provider as never)).toThrow(problem)
  const spec = { name: 'Bad', uses: ['a'], init: () => ({}), on: {} }
  expect(() => defineActor(spec as never)).toThrow(/actor Bad: uses must be an array of services/)
})

test('a service that a definition declares and nobody gave fails its spawn, from outside and inside', async () => {
  const { system } = systemWith(() => ({ a: { name: 'ready' } }))
  const missing = { code: 'ERR_TROUPE_SERVICE_MISSING', facts: { definition: 'Needy', service: 'c', node: 'local' } }
  await expect(system.spawn(Needy, undefined, { name: 'needy' })).rejects.toMatchObject(missing)
  await expect((await system.spawn(User, undefined)).ask('spawn')).rejects.toMatchObject(missing)
  // Nothing was left of it.
  await system.spawn(Free, undefined, { name: 'needy' })
  await system.stop()
})

test('what a provider draws is decided by the seed, and by nothing that actors draw', async () => {
  const drawn = async (seed: number) => {
    const draws: number[] = []
    const services = {
      a: provideService(A, {
        start({ random, node, epoch }) {
          draws.push(random.int(1_000_000))
          return { name: `${node} ${epoch}` }
        },
      }),
    }
    const system = createLocalSystem({ seed, services, node: 'here' })
    expect(await (await system.spawn(User, undefined)).ask('names')).toBe('here 0')
    await system.stop()
    return draws
  }
  expect(await drawn(1)).toEqual(await drawn(1))
  expect(await drawn(1)).not.toEqual(await drawn(2))
})
