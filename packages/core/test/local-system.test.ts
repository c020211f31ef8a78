/** What is the local host's own: virtual time, its end, and the real time it can be given. */
import { expect, test, vi } from 'vitest'
import { createLocalSystem, defineActor } from '../src/index.ts'
import { RealClock, realTime } from '../src/real-time.ts'
import { ProbeSystem } from './probe-system.ts'

const Stuck = defineActor({
  name: 'Stuck',
  init: () => ({}),
  on: {
    async wait() {
      await new Promise(() => {})
    },
    fail() {
      throw new Error('on purpose')
    },
    remind(_state, delayMs: number, ctx: any) {
      ctx.timers.once({ key: 'r', delayMs }, 'reminded', delayMs)
    },
    reminded(_state, delayMs: number, ctx) {
      ctx.log.info(`${delayMs} at ${ctx.now()}`)
    },
  },
})

test('advance runs each timer at its time', async () => {
  await using system = createLocalSystem()
  const logs: string[] = []
  system.events.on('log', ({ message }) => logs.push(message))
  const one = await system.spawn(Stuck, undefined)
  const two = await system.spawn(Stuck, undefined)
  one.tell('remind', 20)
  two.tell('remind', 10)
  await system.advance(15)
  expect(logs).toEqual(['10 at 10'])
  await system.advance(5)
  expect(logs).toEqual(['10 at 10', '20 at 20'])
})

test('a stop ends although an actor waits for what never comes', async () => {
  const system = new ProbeSystem()
  const stuck = await system.spawn(Stuck, undefined)
  const gone = system.terminated(stuck.ref)
  const asked = expect(stuck.ask('wait')).rejects.toMatchObject({ code: 'ERR_TROUPE_ASK_TIMEOUT' })
  await system.stop({ deadlineMs: 10_000 })
  expect(system.clock.now()).toBe(10_000)
  expect(await gone).toBe('node-down')
  await asked
})

test('a stop waits for a backoff to end, and leaves nothing on the clock', async () => {
  const system = new ProbeSystem()
  const failing = await system.spawn(Stuck, undefined, { supervise: { backoff: { minMs: 1_000, maxMs: 1_000 } } })
  failing.tell('fail')
  await system.idle()
  await system.stop()
  expect(system.clock.now()).toBeGreaterThanOrEqual(1_000)
  expect(system.clock.now()).toBeLessThan(10_000)
  expect(system.clock.nextTime).toBeUndefined()
})

test('a stop with nothing to wait for takes no time, and leaves nothing on the clock', async () => {
  const system = new ProbeSystem()
  const actor = await system.spawn(Stuck, undefined)
  actor.tell('remind', 5_000)
  await expect(actor.ask('fail')).rejects.toThrow('on purpose')
  await system.stop()
  expect(system.clock.now()).toBe(0)
  expect(system.clock.nextTime).toBeUndefined()
})

test('the same seed draws the same, another seed does not', async () => {
  const Dice = defineActor({
    name: 'Dice',
    init: () => ({}),
    on: { roll: (_state, _message: undefined, ctx) => Array.from({ length: 8 }, () => ctx.random.int(1_000)) },
  })
  const rolls = async (seed: number) => {
    await using system = createLocalSystem({ seed })
    return (await system.spawn(Dice, undefined)).ask('roll', undefined)
  }
  expect(await rolls(7)).toEqual(await rolls(7))
  expect(await rolls(7)).not.toEqual(await rolls(8))
})

test('in real time a busy actor leaves the event loop its turns', async () => {
  const Busy = defineActor({
    name: 'Busy',
    init: () => ({ over: false, turns: 0 }),
    on: {
      spin(state, _message, ctx: any) {
        state.turns++
        if (!state.over) ctx.tell(ctx.self, 'spin')
      },
      end(state) {
        state.over = true
        return state.turns
      },
    },
  })
  await using system = createLocalSystem({ realTime: realTime() })
  const busy = await system.spawn(Busy, undefined)
  busy.tell('spin')
  // Neither would ever run if the actor kept the thread.
  await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setTimeout(resolve, 0))
  expect(await busy.ask('end')).toBeGreaterThan(0)
})

test('a delay beyond what a platform timer takes does not fire at once', () => {
  vi.useFakeTimers()
  try {
    let fired = false
    new RealClock().schedule(Number.POSITIVE_INFINITY, () => {
      fired = true
    })
    vi.advanceTimersByTime(60_000)
    expect(fired).toBe(false)
  } finally {
    vi.useRealTimers()
  }
})
