import childProcess from 'node:child_process'
import nodeCrypto, { randomUUID as nodeRandomUuid } from 'node:crypto'
import dns from 'node:dns'
import dnsPromises from 'node:dns/promises'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import http from 'node:http'
import http2 from 'node:http2'
import { connect } from 'node:net'
import os from 'node:os'
import timers from 'node:timers'
import timersPromises, { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import workerThreads from 'node:worker_threads'
import zlib from 'node:zlib'
import { type ActorDefinition, defineActor } from '@troupe/core'
import { expect, test } from 'vitest'
import { DeterminismError, SimulationFailure, simulate } from '../src/index.ts'

/** An actor whose turn does one thing and replies with what came of it, if that can be sent. */
function doing(act: () => unknown): ActorDefinition<{ act: () => unknown }, void> {
  return defineActor<{ act: () => unknown }>()({ name: 'Leaky', init: () => ({}), on: { act: () => act() } })
}

async function resultOf(act: () => unknown, seed = 1): Promise<unknown> {
  let result: unknown
  await simulate({ seed, nodes: 1 }, async (world) => {
    await world.sleep(250)
    const actor = await world.spawn(doing(act), undefined, { node: 'node-1' })
    result = await actor.ask('act')
  })
  return result
}

const forbidden: [name: string, act: () => unknown, instead?: string][] = [
  ['setTimeout', () => void setTimeout(() => {}, 1), 'ctx.timers'],
  ['timers.setTimeout', () => void timers.setTimeout(() => {}, 1)],
  ['AbortSignal.timeout', () => void AbortSignal.timeout(1), 'ctx.timers'],
  ['setInterval', () => void setInterval(() => {}, 1)],
  ['timers.setInterval', () => void timers.setInterval(() => {}, 1)],
  ['setImmediate', () => void setImmediate(() => {})],
  ['timers.setImmediate', () => void timers.setImmediate(() => {})],
  ['timers/promises.setTimeout', () => wait(1)],
  ['timers/promises.setTimeout', () => promisify(setTimeout)(1)],
  ['timers/promises.setInterval', () => void timersPromises.setInterval(1)],
  ['timers/promises.scheduler.wait', () => timersPromises.scheduler.wait(1)],
  ['process.nextTick', () => process.nextTick(() => {}), 'queueMicrotask'],
  ['fetch', () => fetch('http://localhost').then(() => 'fetched'), 'ctx.use'],
  ['fs.existsSync', () => existsSync('/')],
  ['fs/promises.readFile', () => readFile('/etc/hostname', 'utf8')],
  ['net.connect', () => void connect(1)],
  ['http.request', () => void http.request('http://localhost')],
  ['http2.connect', () => void http2.connect('http://localhost')],
  ['dns.lookup', () => void dns.lookup('localhost', () => {})],
  ['dns/promises.lookup', () => void dnsPromises.lookup('localhost')],
  ['child_process.spawn', () => void childProcess.spawn('true')],
  ['os.freemem', () => os.freemem()],
  ['zlib.deflate', () => void zlib.deflate('', () => {}), 'ctx.task'],
  ['process.memoryUsage', () => process.memoryUsage()],
  ['process.memoryUsage.rss', () => process.memoryUsage.rss()],
  ['process.cpuUsage', () => process.cpuUsage()],
  ['performance.mark', () => void performance.mark('here')],
  ['crypto.generateKeyPairSync', () => void nodeCrypto.generateKeyPairSync('ed25519')],
  ['crypto.scrypt', () => nodeCrypto.scrypt('', '', 8, () => {})],
  ['crypto.subtle.digest', () => crypto.subtle.digest('SHA-256', new Uint8Array(1))],
  ['worker_threads.receiveMessageOnPort', () => void workerThreads.receiveMessageOnPort({} as MessagePort as any)],
  ['Atomics.waitAsync', () => void Atomics.waitAsync(new Int32Array(new SharedArrayBuffer(4)), 0, 0)],
  ['Atomics.wait', () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0)],
]

const refusedClasses: [name: string, make: () => unknown, instead?: string][] = [
  ['MessageChannel', () => void new MessageChannel(), 'ctx.tell'],
  ['BroadcastChannel', () => void new BroadcastChannel('here')],
  ['worker_threads.MessageChannel', () => void new workerThreads.MessageChannel()],
  ['worker_threads.Worker', () => void new workerThreads.Worker('', { eval: true })],
  ['WebSocket', () => void new WebSocket('ws://localhost')],
  ['WeakRef', () => void new WeakRef({}), 'state'],
  ['FinalizationRegistry', () => void new FinalizationRegistry(() => {})],
]

test.each(refusedClasses)(
  'a %s in a turn fails the run, with the name of the actor',
  async (name, make, instead = '') => {
    const failure: any = await resultOf(make).catch((error) => error)
    expect(failure.facts?.reason, failure.message).toBe('determinism')
    expect(failure.cause.message).toContain(`/node-1/Leaky`)
    expect(failure.cause.message).toContain(`made a ${name} in a simulation: `)
    expect(failure.cause.message).toContain(instead)
  },
)

test.each(forbidden)('%s in a turn fails the run, with the name of the actor', async (name, act, instead = '') => {
  const failure: any = await resultOf(act).catch((error) => error)
  expect(failure).toBeInstanceOf(SimulationFailure)
  expect(failure.facts.reason).toBe('determinism')
  expect(failure.cause).toBeInstanceOf(DeterminismError)
  expect(failure.cause.message).toContain(`/node-1/Leaky`)
  expect(failure.cause.message).toContain(`called ${name} in a simulation: `)
  expect(failure.cause.message).toContain(instead)
})

test('a leak after an await fails the run too, and no supervisor or catch hides it', async () => {
  const late = async () => {
    await Promise.resolve()
    try {
      existsSync('/')
    } catch {
      return 'hidden'
    }
  }
  await expect(resultOf(late)).rejects.toThrow(/called fs.existsSync/)
})

const virtual: [name: string, act: () => unknown][] = [
  ['Date.now', () => Date.now()],
  ['new Date', () => new Date().toISOString()],
  ['Date()', () => Date()],
  ['performance.now', () => performance.now()],
  ['process.hrtime', () => process.hrtime()],
  ['process.hrtime.bigint', () => process.hrtime.bigint()],
  ['Math.random', () => Math.random()],
  ['crypto.randomUUID', () => crypto.randomUUID()],
  ['crypto.getRandomValues', () => crypto.getRandomValues(new Uint32Array(4)).join()],
  ['node:crypto randomUUID', () => nodeRandomUuid()],
  ['node:crypto randomBytes', () => nodeCrypto.randomBytes(8).toString('hex')],
  ['node:crypto randomBytes with a callback', () => promisify(nodeCrypto.randomBytes)(8).then((bytes) => [...bytes])],
  ['node:crypto randomInt', () => nodeCrypto.randomInt(1e9)],
  ['node:crypto randomInt with a callback', () => promisify<number, number>(nodeCrypto.randomInt)(1e9)],
  ['node:crypto randomFillSync', () => nodeCrypto.randomFillSync(new Uint8Array(8), 2).join()],
  ['node:crypto getRandomValues', () => nodeCrypto.getRandomValues(new Uint8Array(8)).join()],
  ['process.uptime', () => process.uptime()],
]

test.each(virtual)('%s in a turn is virtual: a function of the seed', async (_name, act) => {
  const first = await resultOf(act)
  expect(await resultOf(act)).toEqual(first)
  expect(await act()).not.toEqual(first)
})

test('virtual dates are dates, by the clock of the node', async () => {
  const act = () => {
    const now = new Date()
    return [now instanceof Date, now.constructor === Date, now.getTime() === Date.now(), new Date(5).getTime()]
  }
  expect(await resultOf(act)).toEqual([true, true, true, 5])
  expect(Number(await resultOf(() => Date.now()))).toBeLessThan(1_000)
})

test('local time is UTC and the language that of the United States, wherever the run is', async () => {
  const texts = () => {
    const date = new Date(2024, 6, 1, 12, 30)
    return [
      date.toISOString(),
      new Date('2024-07-01T12:30').toISOString(),
      new Date('July 1, 2024 12:30').toISOString(),
      new Date('2024-07-01T12:30+02:00').toISOString(),
      new Date('2024-07-01').toISOString(),
      new Date(Date.parse('2024-07-01T00:00')).toISOString(),
      date.getHours(),
      date.getDay(),
      date.getTimezoneOffset(),
      String(date),
      date.toDateString(),
      date.toLocaleString(),
      date.toLocaleDateString('de-DE'),
      new Intl.DateTimeFormat().resolvedOptions().timeZone,
      Intl.DateTimeFormat(undefined, { hour: 'numeric' }).format(date),
      new Intl.NumberFormat().resolvedOptions().locale,
      (1234.5).toLocaleString(),
      ['ä', 'z'].sort((left, right) => left.localeCompare(right)).join(),
      'I'.toLocaleLowerCase(),
      new Date(Number.NaN).toString(),
    ]
  }
  const { TZ } = process.env
  try {
    for (const zone of ['Asia/Kathmandu', 'America/New_York']) {
      process.env.TZ = zone
      expect(await resultOf(texts), zone).toEqual([
        '2024-07-01T12:30:00.000Z',
        '2024-07-01T12:30:00.000Z',
        '2024-07-01T12:30:00.000Z',
        '2024-07-01T10:30:00.000Z',
        '2024-07-01T00:00:00.000Z',
        '2024-07-01T00:00:00.000Z',
        12,
        1,
        0,
        'Mon Jul 01 2024 12:30:00 GMT+0000 (Coordinated Universal Time)',
        'Mon Jul 01 2024',
        '7/1/2024, 12:30:00 PM',
        '1.7.2024',
        'UTC',
        '12 PM',
        'en-US',
        '1,234.5',
        'ä,z',
        'i',
        'Invalid Date',
      ])
      expect(new Date(2024, 0, 1).getTimezoneOffset(), zone).not.toBe(0)
      expect(new Date(2024, 0, 1).getHours(), zone).toBe(0)
    }
  } finally {
    if (TZ === undefined) delete process.env.TZ
    else process.env.TZ = TZ
  }
})

test('what was put off with queueMicrotask runs before the next step, as code of the actor', async () => {
  const put = () => new Promise((resolve) => queueMicrotask(() => resolve(Date.now())))
  expect(await resultOf(put)).toBe(await resultOf(() => Date.now()))
  const leak = () => queueMicrotask(() => void existsSync('/'))
  await expect(resultOf(leak)).rejects.toThrow(/Leaky-1 called fs.existsSync/)
})

test('what the platform itself puts off is no leak', async () => {
  await expect(resultOf(() => process.stdout.write(''))).resolves.toBeDefined()
})

test('the world around the run keeps its clock, its timers and its files, during and after it', async () => {
  const real = { Date, setTimeout, fetch, random: Math.random, hrtime: process.hrtime }
  const { promise: timerRan, resolve } = Promise.withResolvers<string>()
  setTimeout(() => resolve(readFile(import.meta.filename, 'utf8')), 0)
  await simulate({ seed: 1, nodes: 1 }, async (world) => {
    // The program may read files, and waits for them outside virtual time only before the run.
    expect(existsSync(import.meta.filename)).toBe(true)
    for (let round = 0; round < 200; round++) await world.sleep(1)
  })
  expect(await timerRan).toContain('the world around the run')
  expect({ Date, setTimeout, fetch, random: Math.random, hrtime: process.hrtime }).toEqual(real)
  expect(Date).toBe(real.Date)
  expect(Date.now()).toBeGreaterThan(1e12)
})

test('what somebody puts in the place of a function between two runs is guarded, and comes back', async () => {
  const forbidden = () => void setTimeout(() => {}, 1)
  const { setTimeout: real } = globalThis
  await expect(resultOf(forbidden)).rejects.toThrow('called setTimeout')
  const own = real.bind(undefined) as typeof setTimeout
  globalThis.setTimeout = own
  try {
    await expect(resultOf(forbidden)).rejects.toThrow('called setTimeout')
    expect(setTimeout).toBe(own)
    expect(timers.setTimeout).toBe(real)
  } finally {
    globalThis.setTimeout = real
  }
  await expect(resultOf(forbidden)).rejects.toThrow('called setTimeout')
  expect(setTimeout).toBe(real)
})
