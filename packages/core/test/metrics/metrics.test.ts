/** Metrics of a local system: by virtual time they are exact. */
import { expect, test } from 'vitest'
import { createLocalSystem, defineActor, prometheusText } from '../../src/index.ts'

const Clerk = defineActor({
  name: 'Clerk',
  init: () => ({}),
  on: {
    async work(_state, ms: number, ctx: any) {
      ctx.timers.once({ key: 'done', delayMs: ms }, 'nothing')
      await new Promise<void>((resolve) => void settle.push(resolve))
    },
    nothing() {},
    fail() {
      throw new Error('on purpose')
    },
  },
})
const settle: (() => void)[] = []

test('an asynchronous turn lasts until it settles, and what waits behind it has an age', async () => {
  await using system = createLocalSystem({ metrics: true })
  await system.advance(1)
  const clerk = await system.spawn(Clerk, undefined)
  clerk.tell('work', 50)
  await system.idle()
  clerk.tell('nothing')
  await system.advance(30)
  const [during] = (await system.metrics()).nodes
  expect(during?.definitions.find(({ definition }) => definition === 'Clerk')).toMatchObject({
    waiting: 1,
    oldestWaitingMs: 30,
    turns: 1,
    turnMs: { count: 0 },
  })
  settle.pop()?.()
  await system.idle()
  const [after] = (await system.metrics()).nodes
  expect(after?.definitions.find(({ definition }) => definition === 'Clerk')).toMatchObject({
    waiting: 0,
    turns: 2,
    turnMs: { count: 2, max: 30 },
  })
})

test('dead letters count by reason, and asks by their end', async () => {
  await using system = createLocalSystem({ metrics: true })
  const clerk = await system.spawn(Clerk, undefined)
  await expect(clerk.ask('fail')).rejects.toThrow('on purpose')
  await clerk.stop()
  clerk.tell('nothing')
  await expect(clerk.ask('nothing')).rejects.toMatchObject({ code: 'ERR_TROUPE_ACTOR_STOPPED' })
  const [metrics] = (await system.metrics()).nodes
  expect(metrics?.deadLetters).toEqual({ 'no-such-actor': 2 })
  // One reply is the guardian's, to the spawn.
  expect(metrics?.asks).toEqual({ opened: 3, open: 0, ended: { reply: 1, failure: 1, ERR_TROUPE_ACTOR_STOPPED: 1 } })
})

test('a system without metrics says so', async () => {
  await using system = createLocalSystem()
  await expect(system.metrics()).rejects.toMatchObject({ code: 'ERR_TROUPE_CONFIGURATION' })
})

test('as text for Prometheus each family comes once, its buckets cumulative', async () => {
  await using system = createLocalSystem({ metrics: true })
  const clerk = await system.spawn(Clerk, undefined)
  for (let count = 0; count < 3; count++) clerk.tell('nothing')
  await system.idle()
  const lines = prometheusText(await system.metrics()).split('\n')
  expect(lines.filter((line) => line === '# TYPE troupe_turns_total counter')).toHaveLength(1)
  expect(lines).toContain('troupe_turns_total{node="local",definition="Clerk"} 3')
  expect(lines).toContain('troupe_turn_seconds_bucket{node="local",definition="Clerk",le="0"} 3')
  expect(lines).toContain('troupe_turn_seconds_bucket{node="local",definition="Clerk",le="+Inf"} 3')
  expect(lines).toContain('troupe_actors{node="local",definition="Clerk"} 1')
})
