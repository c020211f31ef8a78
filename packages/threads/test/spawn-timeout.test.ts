import { AskTimeoutError, ConfigurationError } from '@troupe/core'
import { expect, it } from 'vitest'
import { Counter } from './fixtures/counter.ts'
import { Loop } from './fixtures/loop.ts'
import { startSystem } from './support.ts'

it('gives up a spawn on a node that does not answer, after the time that it was given', async () => {
  const system = await startSystem({ threads: 1, log: 'none', watchdog: false })
  const loop = await system.spawn(Loop, undefined, { node: 'node-1' })
  loop.tell('spin')
  const spawning = system.spawn(Counter, { start: 1 }, { node: 'node-1', timeoutMs: 20 })
  await expect(spawning).rejects.toThrow(AskTimeoutError)
  await expect(spawning).rejects.toThrow(/no reply to spawn from .*node-1.* within 20 ms/)
  for (const timeoutMs of [0, Number.NaN, 2 ** 31]) {
    await expect(system.spawn(Counter, { start: 1 }, { node: 'local', timeoutMs })).rejects.toThrow(ConfigurationError)
  }
  const there = await system.spawn(Counter, { start: 1 }, { node: 'local', timeoutMs: 2 ** 31 - 1 })
  expect(await there.ask('read')).toBe(1)
  await system.stop({ deadlineMs: 0 })
})
