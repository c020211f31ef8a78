/** What is the local host's own: virtual time, and its end. */
import { expect, test } from 'vitest'
import { ConfigurationError, createLocalSystem, defineActor } from '../src/index.ts'
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

test.each<[what: string, options: unknown, message: string]>([
  ['a text as its timeout', { timeoutMs: '5' }, "timeoutMs must be above 0 and at most 2^31 - 1, got '5'"],
  ['null', null, 'takes an object of options, got null'],
  ['a number', 500, 'takes an object of options, got 500'],
])('an ask or a send with %s as options is refused by name', async (_what, options, message) => {
  await using system = createLocalSystem()
  const { ref } = await system.spawn(Stuck, undefined)
  const calls = [
    () => system.askWith(options as never, ref, 'remind', 1),
    () => system.sendWith(options as never, ref, 'remind', 1),
  ]
  for (const call of calls) {
    expect(call).toThrow(ConfigurationError)
    expect(call).toThrow(message)
  }
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
