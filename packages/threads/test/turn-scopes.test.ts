/** Rejections that belong to actors, and those that do not: what the program's own listeners hear. */
import { AsyncLocalStorage } from 'node:async_hooks'
import { createLocalSystem, defineActor, type EventStream } from '@troupe/core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { realTime } from '../src/real-time.ts'
import { turnScopes } from '../src/turn-scopes.ts'
import { Player } from './fixtures/player.ts'
import { nextEvent, startSystem } from './support.ts'

const heard: unknown[] = []
let listeners: ((...facts: any[]) => void)[] = []
const listener = (reason: unknown) => heard.push((reason as Error).message)

beforeEach(() => {
  heard.length = 0
  listeners = process.listeners('unhandledRejection')
  process.removeAllListeners('unhandledRejection')
  process.on('unhandledRejection', listener)
})

afterEach(() => {
  process.off('unhandledRejection', listener)
  for (const before of listeners) process.on('unhandledRejection', before as never)
})

/** Rejections are told after the microtasks of one turn of the event loop. */
const told = () => new Promise((resolve) => setImmediate(resolve))

async function rejecting(text: string): Promise<never> {
  await undefined
  throw new RangeError(text)
}

const Leaving = defineActor({
  name: 'Leaving',
  module: import.meta.url,
  init: () => ({}),
  supervise: { onFailure: 'resume' },
  on: {
    leave: (_state, text: string) => void rejecting(text),
    log: (_state, text: string, ctx) => ctx.log.info(text),
    leaveAndLog(_state, text: string, ctx) {
      void rejecting(`${text} of the actor`)
      ctx.log.info(text)
    },
    fail(_state, text: string) {
      throw new RangeError(text)
    },
  },
})

function failuresOf(events: EventStream): string[] {
  const failures: string[] = []
  events.on('failure', ({ message, error }) => failures.push(`${message}: ${error.message}`))
  return failures
}

test("listeners of the program hear of its own rejections and of no actor's", async () => {
  await using system = createLocalSystem({ realTime: realTime() })
  const failures = failuresOf(system.events)
  const leaving = await system.spawn(Leaving, undefined)
  const failed = nextEvent(system, 'failure')
  leaving.tell('leave', 'of the actor')
  await failed
  void rejecting('of the program')
  await told()
  expect(failures).toEqual(['rejection: of the actor'])
  expect(heard).toEqual(['of the program'])
})

test("an ask of the program that nobody awaits is the program's, in whoever's turn it fails", async () => {
  await using system = createLocalSystem({ realTime: realTime() })
  const failures = failuresOf(system.events)
  const leaving = await system.spawn(Leaving, undefined)
  const failed = nextEvent(system, 'failure')
  void leaving.ask('fail', 'asked by the program')
  await failed
  await told()
  expect(failures).toEqual(['fail: asked by the program'])
  expect(heard).toEqual(['asked by the program'])
})

test("what listens to the event stream fails no actor, in whoever's turn it is called", async () => {
  await using system = createLocalSystem({ realTime: realTime() })
  const failures = failuresOf(system.events)
  const leaving = await system.spawn(Leaving, undefined)
  system.events.on('log', ({ message }) => {
    throw new Error(`heard ${message}`)
  })
  await leaving.ask('log', 'one')
  const failed = nextEvent(system, 'failure')
  leaving.tell('leaveAndLog', 'two')
  await failed
  await told()
  expect(failures).toEqual(['rejection: two of the actor'])
  expect(heard).toEqual(['heard one', 'heard two'])
})

test("an asynchronous listener is the program's as well", async () => {
  await using system = createLocalSystem({ realTime: realTime() })
  const failures = failuresOf(system.events)
  const leaving = await system.spawn(Leaving, undefined)
  system.events.on('log', async ({ message }) => rejecting(`heard ${message}`))
  await leaving.ask('log', 'one')
  await told()
  expect(failures).toEqual([])
  expect(heard).toEqual(['heard one'])
})

test('on the main thread of a system of threads, too', async () => {
  await using system = await startSystem({ threads: 1, log: 'none' })
  const leaving = await system.spawn(Leaving, undefined, { node: 'main' })
  const failed = nextEvent(system, 'failure')
  leaving.tell('leave', 'of the actor')
  expect(await failed).toMatchObject({ actor: expect.stringMatching(/^\/main\//), message: 'rejection' })
  void rejecting('of the program')
  await told()
  expect(heard).toEqual(['of the program'])
})

test('a turn of a thread that was rung after a rest is in the scope of nobody, whoever made the system and whoever told', async () => {
  turnScopes()
  const store = new AsyncLocalStorage<string>()
  await using system = await store.run('maker', () => startSystem({ threads: 1, spinLimit: 0 }))
  const player = await system.spawn(Player, undefined, { node: 'node-1' })
  const stores: (string | undefined)[] = []
  let noted = () => {}
  const Noting = defineActor({
    name: 'Noting',
    init: () => ({}),
    on: {
      ball(_state, _message: unknown) {
        stores.push(store.getStore())
        noted()
      },
    },
  })
  const noting = await system.spawn(Noting, undefined, { node: 'local' })
  for (let round = 0; round < 20; round++) {
    // The rest.
    await new Promise((resolve) => setTimeout(resolve, 2))
    await new Promise<void>((resolve) => {
      noted = resolve
      store.run('teller', () => player.tell('ball', { from: noting.ref as never, left: 1 }))
    })
  }
  expect(stores).toEqual(new Array(20).fill(undefined))
})
