/** The local host end to end: each promise in its smallest form. The conformance suite has the full set on every host. */
import { expect, test } from 'vitest'
import { createLocalSystem, defineActor, MemoryDisk, type ActorRef } from '../src/index.ts'

const Counter = defineActor({
  name: 'Counter',
  init: (args: { start: number }) => ({ count: args.start }),
  on: {
    add(state, by: number) {
      state.count += by
    },
    read(state) {
      return state.count
    },
    fail() {
      throw new RangeError('on purpose')
    },
  },
})

test('tells arrive in order and asks get the reply', async () => {
  await using system = createLocalSystem()
  const counter = await system.spawn(Counter, { start: 1 })
  counter.tell('add', 2)
  counter.tell('add', 3)
  expect(await counter.ask('read')).toBe(6)
})

test('a failed turn fails the asker with its class and restarts the actor', async () => {
  await using system = createLocalSystem()
  const counter = await system.spawn(Counter, { start: 1 })
  counter.tell('add', 2)
  await expect(counter.ask('fail')).rejects.toThrow(RangeError)
  expect(await counter.ask('read')).toBe(1)
})

type Ping = { pong: (m: { from: ActorRef<Pong>; left: number }) => void }
type Pong = { ping: (m: { from: ActorRef<Ping>; left: number }) => void }
const Ponger = defineActor<Pong>()({
  name: 'Ponger',
  init: () => ({}),
  on: {
    ping(_state, { from, left }, ctx) {
      ctx.tell(from, 'pong', { from: ctx.self, left: left - 1 })
    },
  },
})
const Pinger = defineActor<Ping & { play: (m: { with: ActorRef<Pong>; rounds: number }) => number }>()({
  name: 'Pinger',
  init: () => ({ reply: undefined as any, rounds: 0 }),
  on: {
    play(state, m, ctx) {
      state.reply = ctx.deferReply<number>()
      ctx.tell(m.with, 'ping', { from: ctx.self, left: m.rounds })
      return state.reply
    },
    pong(state, { from, left }, ctx) {
      state.rounds++
      if (left > 0) ctx.tell(from, 'ping', { from: ctx.self, left })
      else ctx.reply(state.reply, state.rounds)
    },
  },
})

test('two actors play', async () => {
  await using system = createLocalSystem()
  const ponger = await system.spawn(Ponger, undefined)
  const pinger = await system.spawn(Pinger, undefined)
  expect(await pinger.ask('play', { with: ponger.ref, rounds: 1000 })).toBe(1000)
})

const Account = defineActor({
  name: 'Account',
  init: () => ({ balance: 0 }),
  events: {
    deposited(state, amount: number) {
      state.balance += amount
    },
  },
  on: {
    deposit(state, amount: number, ctx) {
      ctx.persist('deposited', amount)
      return state.balance
    },
    balance: (state) => state.balance,
    fail() {
      throw new Error('on purpose')
    },
  },
})

test('a durable actor comes back with what it acknowledged', async () => {
  const disk = new MemoryDisk({ schedule: (run) => void Promise.resolve().then(run) })
  {
    await using system = createLocalSystem({ disk })
    const account = await system.spawn(Account, undefined, { durableId: 'a' })
    expect(await account.ask('deposit', 5)).toBe(5)
    expect(await account.ask('deposit', 6)).toBe(11)
    await expect(account.ask('fail')).rejects.toThrow('on purpose')
    expect(await account.ask('balance')).toBe(11)
  }
  await using system = createLocalSystem({ disk })
  const account = await system.spawn(Account, undefined, { durableId: 'a' })
  expect(await account.ask('balance')).toBe(11)
})
