/** Services on threads: one instance on each, started before its actors and stopped after them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { namedRef } from '@troupe/core'
import { afterAll, describe, expect, it } from 'vitest'
import { AbsentUser, QueueUser, type RecordedServicesSettings } from './fixtures/recorded-services.ts'
import { fixture, nextEvent, startSystem } from './support.ts'

const root = mkdtempSync(join(tmpdir(), 'troupe-services-'))
let files = 0
afterAll(() => {
  delete process.env.TROUPE_TEST_SERVICES
  rmSync(root, { recursive: true })
})

/** Lets the services of the next systems write to a file of their own. */
function recorded(trouble: Omit<RecordedServicesSettings, 'file'> = {}) {
  const file = join(root, String(++files))
  writeFileSync(file, '')
  process.env.TROUPE_TEST_SERVICES = JSON.stringify({ file, ...trouble })
  return { lines: () => readFileSync(file, 'utf8').trim().split('\n') }
}
const servicesModule = fixture('recorded-services.ts')

const nodes = ['main', 'node-1', 'node-2']

describe('services on threads', () => {
  it('have one instance on each, started in order before its actors and stopped in reverse after them', async () => {
    const { lines } = recorded()
    const system = await startSystem({ servicesModule })
    expect(lines().length).toBe(6)
    for (const node of nodes) {
      const user = await system.spawn(QueueUser, undefined, { node })
      expect([await user.ask('count'), await user.ask('count')]).toEqual([1, 2])
      expect(await user.ask('ids')).toEqual([`${node}.0`, `${node}.0`])
    }
    await system.stop()
    for (const node of nodes) {
      expect(lines().filter((line) => line.endsWith(`on ${node}.0`))).toEqual([
        `pool started on ${node}.0`,
        `queue started on ${node}.0`,
        `queue stopped on ${node}.0`,
        `pool stopped on ${node}.0`,
      ])
    }
  })

  it.each([0, 50])('are stopped also when actors do not end before the deadline (%i ms)', async (deadlineMs) => {
    const { lines } = recorded()
    const system = await startSystem({ servicesModule })
    const waiting = nodes.map(async (node) => {
      const user = await system.spawn(QueueUser, undefined, { node })
      const asked = expect(user.ask('wait')).rejects.toThrow()
      return { asked }
    })
    const asked = await Promise.all(waiting)
    await system.stop({ deadlineMs })
    await Promise.all(asked.map(({ asked }) => asked))
    const stopped = lines().filter((line) => line.includes('stopped'))
    expect(stopped.sort()).toEqual(
      nodes.flatMap((node) => [`pool stopped on ${node}.0`, `queue stopped on ${node}.0`]).sort(),
    )
  })

  it('are lost with a thread that is killed, and its replacement has new ones', async () => {
    const { lines } = recorded()
    const system = await startSystem({ servicesModule })
    const user = await system.spawn(QueueUser, undefined, { node: 'node-1', name: 'user' })
    expect(await user.ask('count')).toBe(1)
    const up = nextEvent(system, 'nodeUp')
    await system.killNode('node-1')
    await up
    const again = namedRef(QueueUser, { node: 'node-1', name: 'user' })
    expect(await system.ask(again, 'ids')).toEqual(['node-1.1', 'node-1.1'])
    expect(await system.ask(again, 'count')).toBe(1)
    await system.stop()
    expect(lines().filter((line) => line.includes('node-1'))).toEqual([
      'pool started on node-1.0',
      'queue started on node-1.0',
      'pool started on node-1.1',
      'queue started on node-1.1',
      'queue stopped on node-1.1',
      'pool stopped on node-1.1',
    ])
  })

  it('that do not start on one thread are the error of createSystem, and all that had started are stopped', async () => {
    const { lines } = recorded({ failing: 'start' })
    const error = await startSystem({ servicesModule }).catch((error) => error)
    expect(error).toMatchObject({
      name: 'ServiceError',
      code: 'ERR_TROUPE_SERVICE',
      message: 'service queue did not start on node node-2: no queue today',
      facts: { service: 'queue', node: 'node-2', phase: 'start', reason: 'failed' },
      cause: { name: 'RangeError', message: 'no queue today' },
    })
    const of = (what: string) =>
      lines()
        .filter((line) => line.includes(what))
        .map((line) => line.replace(what, ''))
        .sort()
    expect(of('stopped')).toEqual(of('started'))
    expect(of('stopped').length).toBe(5)
  })

  it('that do not start on a replacement keep the node down, and the reason names them', async () => {
    recorded({ failing: 'start', from: 1 })
    const replacement = { maxReplacements: 2, backoff: { minMs: 0, maxMs: 0 } }
    await using system = await startSystem({ servicesModule, replacement })
    const given = nextEvent(system, 'escalated', ({ actor }) => actor === '/node-2')
    await system.killNode('node-2')
    expect((await given).error).toMatchObject({
      message: expect.stringContaining('service queue did not start on node node-2: no queue today'),
      cause: { code: 'ERR_TROUPE_SERVICE' },
    })
  })

  it('that fail to stop are told from every thread, and keep no other from its stop', async () => {
    const { lines } = recorded({ failing: 'stop' })
    const system = await startSystem({ servicesModule })
    const failures: { node: string; service: string; error: Error }[] = []
    system.events.on('serviceFailed', (failure) => failures.push(failure))
    await system.stop()
    expect(failures.map(({ node, service }) => `${service} on ${node}`).sort()).toEqual(
      nodes.map((node) => `queue on ${node}`),
    )
    for (const { error } of failures) {
      expect(error).toMatchObject({
        code: 'ERR_TROUPE_SERVICE',
        facts: { phase: 'stop' },
        cause: { name: 'RangeError' },
      })
    }
    expect(lines().filter((line) => line.includes('pool stopped')).length).toBe(3)
  })

  it('that a definition declares and the node lacks fail the spawn there', async () => {
    recorded()
    await using system = await startSystem({ servicesModule, services: { absent: {} } })
    await expect(system.spawn(AbsentUser, undefined, { node: 'node-1' })).rejects.toMatchObject({
      code: 'ERR_TROUPE_SERVICE_MISSING',
      facts: { definition: 'AbsentUser', service: 'absent', node: 'node-1' },
    })
    // The main thread was given it, beside those of the module.
    await system.spawn(AbsentUser, undefined, { node: 'main' })
  })
})
