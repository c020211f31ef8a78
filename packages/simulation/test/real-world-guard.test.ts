import { randomUUID as nodeRandomUuid } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
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

const forbidden: [name: string, act: () => unknown][] = [
  ['setTimeout', () => void setTimeout(() => {}, 1)],
  ['AbortSignal.timeout', () => void AbortSignal.timeout(1)],
  ['setInterval', () => void setInterval(() => {}, 1)],
  ['setImmediate', () => void setImmediate(() => {})],
  ['timers/promises.setTimeout', () => wait(1)],
  ['fetch', () => fetch('http://localhost').then(() => 'fetched')],
  ['fs.existsSync', () => existsSync('/')],
  ['fs/promises.readFile', () => readFile('/etc/hostname', 'utf8')],
  ['net.connect', () => void connect(1)],
]

test.each(forbidden)('%s in a turn fails the run, with the name of the actor', async (name, act) => {
  const failure: any = await resultOf(act).catch((error) => error)
  expect(failure).toBeInstanceOf(SimulationFailure)
  expect(failure.facts.reason).toBe('determinism')
  expect(failure.cause).toBeInstanceOf(DeterminismError)
  expect(failure.cause.message).toContain(`/node-1/Leaky`)
  expect(failure.cause.message).toContain(`called ${name} in a simulation: `)
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
]

test.each(virtual)('%s in a turn is virtual: a function of the seed', async (_name, act) => {
  const first = await resultOf(act)
  expect(await resultOf(act)).toEqual(first)
  expect(act()).not.toEqual(first)
})

test('virtual dates are dates, by the clock of the node', async () => {
  const act = () => {
    const now = new Date()
    return [now instanceof Date, now.constructor === Date, now.getTime() === Date.now(), new Date(5).getTime()]
  }
  expect(await resultOf(act)).toEqual([true, true, true, 5])
  expect(Number(await resultOf(() => Date.now()))).toBeLessThan(1_000)
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
