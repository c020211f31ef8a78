/** Repeating timers to the millisecond, in virtual time. */
import { expect, test } from 'vitest'
import { createLocalSystem, defineActor } from '../src/index.ts'
import { catchUpMax, nextOnGrid } from '../src/timers.ts'

/** Notes when each tick was handled. A tick takes `busyMs`, in which the mailbox is held. */
const Ticker = defineActor({
  name: 'Ticker',
  init: (args: { busyMs?: number }) => ({
    ...args,
    ticks: [] as number[],
    release: undefined as (() => void) | undefined,
  }),
  on: {
    delay(_state, timer: { key: string; delayMs: number; initialDelayMs?: number }, ctx) {
      ctx.timers.fixedDelay(timer, 'tick')
    },
    rate(_state, timer: { key: string; periodMs: number; initialDelayMs?: number }, ctx) {
      ctx.timers.fixedRate(timer, 'tick')
    },
    async tick(state, _message: undefined, ctx) {
      state.ticks.push(ctx.now())
      if (state.busyMs !== undefined) await ctx.ask(ctx.spawn(Sleeper, undefined), 'sleep', state.busyMs)
    },
    tickThenCancel(state, _message: undefined, ctx) {
      state.ticks.push(ctx.now())
      ctx.timers.cancel('t')
    },
    ticks: ({ ticks }) => [...ticks],
    busy(state, busyMs: number | undefined) {
      if (busyMs === undefined) delete state.busyMs
      else state.busyMs = busyMs
    },
    restart(_state, _message: undefined, ctx) {
      ctx.timers.fixedDelay({ key: 'old', delayMs: 5 }, 'tick')
      throw new Error('on purpose')
    },
    cancelSelf: (_state, _message: undefined, ctx) =>
      ctx.timers.fixedRate({ key: 't', periodMs: 10 }, 'tickThenCancel'),
    bad(_state, every: number, ctx) {
      ctx.timers.fixedRate({ key: 'bad', periodMs: every }, 'tick')
    },
    reserved: (_state, _message: undefined, ctx) => ctx.timers.once({ key: '@behavior', delayMs: 1 }, 'tick'),
  },
})

const Sleeper = defineActor({
  name: 'Sleeper',
  init: () => ({}),
  on: {
    sleep(_state, delayMs: number, ctx) {
      const token = ctx.deferReply<void>()
      ctx.timers.once({ key: 'sleep', delayMs }, 'wake', token as any)
      return token
    },
    wake(_state, token: any, ctx) {
      ctx.reply(token, undefined)
      ctx.stop()
    },
  },
})

/** Times at which ticks were handled, while virtual time moved on by single milliseconds. */
async function ticker(args: { busyMs?: number }) {
  const system = createLocalSystem()
  const actor = await system.spawn(Ticker, args, { supervise: { onFailure: 'restart' } })
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed++) await system.advance(1)
  }
  return { system, actor, pass }
}

test('a fixed delay counts from the end of each turn, an asynchronous one included', async () => {
  const { actor, pass, system } = await ticker({ busyMs: 4 })
  actor.tell('delay', { key: 't', delayMs: 10, initialDelayMs: 0 })
  await pass(50)
  expect(await actor.ask('ticks')).toEqual([0, 14, 28, 42])
  await system.stop()
})

test('a fixed rate keeps to its grid however long a turn takes', async () => {
  const { actor, pass, system } = await ticker({ busyMs: 4 })
  actor.tell('rate', { key: 't', periodMs: 10, initialDelayMs: 3 })
  await pass(50)
  expect(await actor.ask('ticks')).toEqual([3, 13, 23, 33, 43])
  await system.stop()
})

test('a late actor gets what it missed of a fixed rate at once, and then keeps to the grid', async () => {
  const { actor, pass, system } = await ticker({ busyMs: 35 })
  actor.tell('rate', { key: 't', periodMs: 10 })
  await pass(10)
  actor.tell('busy', undefined)
  await pass(50)
  expect(await actor.ask('ticks')).toEqual([10, 45, 45, 45, 50, 60])
  await system.stop()
})

test('what a fixed rate makes up for has a bound', () => {
  expect(nextOnGrid(100, 10, 105)).toBe(110)
  expect(nextOnGrid(100, 10, 135)).toBe(110)
  expect(nextOnGrid(100, 10, 100 + 10 * catchUpMax)).toBe(110)
  const late = 100 + 10_000 * 10
  const next = nextOnGrid(100, 10, late + 5)
  expect((next - 100) % 10).toBe(0)
  expect(Math.floor((late + 5 - next) / 10) + 1).toBe(catchUpMax)
  // The clock was set back by an hour: the next is a period away, not an hour.
  expect(nextOnGrid(3_600_000, 10, 0)).toBe(10)
})

test('a turn can cancel the timer that it is of', async () => {
  const { actor, pass, system } = await ticker({})
  await actor.ask('cancelSelf')
  await pass(50)
  expect(await actor.ask('ticks')).toEqual([10])
  await system.stop()
})

test('a repeating timer takes the place of the one of its key, and ends with its generation', async () => {
  const { actor, pass, system } = await ticker({})
  await actor.ask('delay', { key: 't', delayMs: 3 })
  await actor.ask('rate', { key: 't', periodMs: 20 })
  await pass(41)
  expect(await actor.ask('ticks')).toEqual([20, 40])
  await expect(actor.ask('restart')).rejects.toThrow('on purpose')
  await pass(50)
  expect(await actor.ask('ticks')).toEqual([])
  await system.stop()
})

test.each([0, 0.5, Number.NaN, 2 ** 31])('a period of %d is refused', async (period) => {
  const { actor, system } = await ticker({})
  await expect(actor.ask('bad', period)).rejects.toMatchObject({ code: 'ERR_TROUPE_CONFIGURATION' })
  await system.stop()
})

test('a key that begins with @ is refused', async () => {
  const { actor, system } = await ticker({})
  await expect(actor.ask('reserved')).rejects.toThrow('@behavior')
  await system.stop()
})
