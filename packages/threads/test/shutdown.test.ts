/** The end of a system: in order, within its deadline, and with nothing left open. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { Account } from './fixtures/account.ts'
import { Counter } from './fixtures/counter.ts'
import { Doomed } from './fixtures/doomed.ts'
import { Farewell, Manager } from './fixtures/manager.ts'
import { fixture, startSystem } from './support.ts'

const run = (file: string, ...args: string[]) =>
  promisify(execFile)(process.execPath, [fileURLToPath(fixture(file)), ...args], { encoding: 'utf8' })

describe('stop', () => {
  it.each(['stay', 'kill'])('lets the process end by itself (%s)', async (mode) => {
    const { stdout } = await run('whole-life.ts', mode)
    expect(stdout).toBe('42\nConfigurationError\n')
  })

  it('of a main file that defines an actor says what to do, and ends', async () => {
    const { stdout } = await run('main-file.ts')
    expect(stdout).toMatch(/^ConfigurationError: .*main-file\.ts defines an actor.*move the actor to its own module\n$/)
  })

  it('is idempotent, and refuses what comes later', async () => {
    const system = await startSystem()
    const counter = await system.spawn(Counter, { start: 0 })
    const first = system.stop()
    expect(system.stop()).toBe(first)
    await first
    await expect(system.spawn(Counter, { start: 0 })).rejects.toMatchObject({ code: 'ERR_TROUPE_SYSTEM_STOPPED' })
    await expect(counter.ask('read')).rejects.toMatchObject({ code: 'ERR_TROUPE_SYSTEM_STOPPED' })
    counter.tell('add', 1)
  })

  it('lets what was accepted be done, and actors on other nodes stop in order', async () => {
    const system = await startSystem()
    const manager = await system.spawn(Manager, undefined, { node: 'node-1' })
    await manager.ask('hireHelper', 'node-2')
    const farewell = await system.spawn(Farewell, undefined, { node: 'node-2' })
    for (let n = 0; n < 1_000; n++) farewell.tell('count')
    const said: string[] = []
    system.events.on('log', ({ message }) => said.push(message))
    await system.stop()
    expect(said.sort()).toEqual(['counted 1000', 'the helper stopped'])
    expect(process.getActiveResourcesInfo().filter((resource) => resource === 'MessagePort')).toEqual([])
  })

  it('terminates threads that do not stop in time', async () => {
    const system = await startSystem()
    const doomed = await system.spawn(Doomed, undefined, { node: 'node-1' })
    await system.spawn(Counter, { start: 0 }, { node: 'node-2' })
    doomed.tell('loop')
    const reasons: string[] = []
    system.events.on('nodeDown', ({ reason }) => reasons.push(reason))
    await system.stop({ deadlineMs: 50 })
    // On a busy machine the other node may not have ended either.
    expect(reasons).toContain('stop() was at its deadline (deadlineMs), and Doomed had not ended')
  })

  it('stops while a node is being replaced', async () => {
    const system = await startSystem({ replacement: { backoff: { minMs: 60_000, maxMs: 60_000 } } })
    await system.killNode('node-1')
    await system.stop()
  })

  it('refuses a durable actor without a data directory', async () => {
    await using system = await startSystem({ threads: 1 })
    await expect(system.spawn(Account, undefined, { durableId: 'a' })).rejects.toThrow(/has no disk/)
  })
})
