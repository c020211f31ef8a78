/** Section 11: the outside world. */
import { type ActorHandle, namedRef, type ProtocolOf, type SystemEvents, type SystemSpawnOptions } from '@troupe/core'
import { expect } from 'vitest'
import { DeskClient, Needy } from '../actors/desk-client.ts'
import type { Bench, Case } from '../host.ts'
import { nextEvent, notes, subject } from './support.ts'

type ClientHandle = ActorHandle<ProtocolOf<typeof DeskClient>>

const client = ({ system, node, to }: Bench, options: SystemSpawnOptions = {}): Promise<ClientHandle> =>
  system.spawn(DeskClient, { to }, { node, ...options })

/** Asks until the service has noted `count` endings. */
async function endings(asker: ClientHandle, count: number): Promise<string[]> {
  for (let tries = 0; tries < 1_000; tries++) {
    const noted = await asker.ask('endings')
    if (noted.length >= count) return noted
  }
  throw new Error(`there were no ${count} endings`)
}

export const services: readonly Case[] = [
  {
    promise: '11.1',
    name: 'a service is what the host was given; one it was not given is a typed error with its name',
    async check(bench) {
      const actor = await subject(bench)
      expect(await actor.ask('greet', 'you')).toBe('hello you')
      await expect(actor.ask('greetMissing')).rejects.toMatchObject({
        code: 'ERR_TROUPE_SERVICE_MISSING',
        facts: { service: 'missing' },
      })
    },
  },
  {
    promise: '11.2',
    name: 'each actor draws from a random stream of its own',
    async check(bench) {
      const one = await subject(bench)
      const two = await subject(bench)
      const first = await one.ask('draw')
      expect(await two.ask('draw')).not.toEqual(first)
      expect(await one.ask('draw')).not.toEqual(first)
    },
  },
  {
    promise: '11.3',
    name: 'a spawn where a declared service is missing fails and names it, from outside',
    async check({ system, node }) {
      await expect(system.spawn(Needy, undefined, { node, name: 'needy' })).rejects.toMatchObject({
        code: 'ERR_TROUPE_SERVICE_MISSING',
        facts: { definition: 'Needy', service: 'missing', node },
        message: expect.stringContaining('"missing"'),
      })
      expect(await system.lookup(`/${node}/needy`)).toBeUndefined()
    },
  },
  {
    promise: '11.3',
    name: 'a spawn where a declared service is missing fails and names it, in an actor',
    async check(bench) {
      const missing = { code: 'ERR_TROUPE_SERVICE_MISSING', facts: { service: 'missing' } }
      await expect((await client(bench)).ask('spawnNeedy')).rejects.toMatchObject(missing)
    },
  },
  {
    promise: '11.3',
    name: 'a spawn where a declared service is missing fails and names it, on another node',
    needs: ['several nodes'],
    async check(bench) {
      expect(await (await client(bench)).ask('spawnNeedyOn', bench.otherNode)).toBe('ERR_TROUPE_SERVICE_MISSING')
    },
  },
  {
    promise: '11.4',
    name: 'the actors of a node share one instance, and it was there before them, behind what it needs',
    async check(bench) {
      const one = await client(bench)
      const two = await client(bench)
      expect(await one.ask('id')).toBe(await two.ask('id'))
      expect([await one.ask('count'), await two.ask('count')]).toEqual([1, 2])
      expect(await one.ask('base')).toBe(`${bench.node}.0`)
    },
  },
  {
    promise: '11.4',
    name: 'each node has an instance of its own',
    needs: ['several nodes'],
    async check(bench) {
      const here = await client(bench)
      const there = await client(bench, { node: bench.otherNode })
      expect(await here.ask('id')).not.toBe(await there.ask('id'))
      expect([await here.ask('count'), await there.ask('count')]).toEqual([1, 1])
    },
  },
  {
    promise: '11.5',
    name: 'a node that died lost its instance without a stop, and has a new one when its roots are back',
    needs: ['node crash'],
    async check(bench) {
      const before = await client(bench, { name: 'client' })
      const id = await before.ask('id')
      await before.ask('count')
      await before.ask('failToStop')
      const failures: unknown[] = []
      bench.system.events.on('serviceFailed', (failure) => failures.push(failure))
      await bench.crash?.()
      const after = namedRef(DeskClient, { node: bench.node, name: 'client' })
      expect(await bench.system.ask(after, 'id')).not.toBe(id)
      expect(await bench.system.ask(after, 'base')).toBe(`${bench.node}.1`)
      expect(await bench.system.ask(after, 'count')).toBe(1)
      expect(failures).toEqual([])
    },
  },
  {
    promise: '11.6',
    name: 'the stop of the system stops services in reverse; one that fails is told, and keeps no other from its stop',
    async check(bench) {
      const { system, node } = bench
      await (await client(bench)).ask('failToStop')
      const failures: SystemEvents['serviceFailed'][0][] = []
      system.events.on('serviceFailed', (failure) => failures.push(failure))
      await system.stop()
      expect(failures.map(({ node, service }) => ({ node, service }))).toEqual([
        { node, service: 'desk' },
        { node, service: 'base' },
      ])
      for (const { error, service } of failures) {
        expect(error).toMatchObject({ code: 'ERR_TROUPE_SERVICE', facts: { service, node, phase: 'stop' } })
      }
    },
  },
  {
    promise: '11.7',
    name: 'a call with the signal of its turn hears when nobody waits any more',
    async check(bench) {
      const actor = await client(bench)
      const controller = new AbortController()
      const asked = expect(actor.askWith({ signal: controller.signal }, 'wait')).rejects.toMatchObject({
        code: 'ERR_TROUPE_ASK_ABORTED',
      })
      expect(await notes(bench, 1)).toEqual(['calling'])
      controller.abort()
      await asked
      // The turn goes on with what the service answers.
      expect(await endings(actor, 1)).toEqual(['ERR_TROUPE_ASK_ABORTED'])
      expect(await notes(bench, 2)).toEqual(['calling', 'called'])
    },
  },
  {
    promise: '11.7',
    name: 'a call of an actor that was restarted is told so, and what follows it changes nothing',
    async check(bench) {
      const actor = await client(bench)
      const other = await client(bench)
      const failing = await actor.ask('spawnFailing', { supervise: { onFailure: 'escalate' } })
      const asked = actor.ask('wait').catch((error) => error.message)
      await notes(bench, 1)
      const restarted = nextEvent(bench, 'restarted')
      bench.system.tell(failing, 'failLater')
      expect(await asked).toBe('told to')
      await restarted
      expect(await endings(other, 2)).toEqual(['ERR_TROUPE_ACTOR_STOPPED', 'ERR_TROUPE_STALE_CONTEXT'])
      await actor.ask('id')
      expect(await bench.recorder.ask('when', 1)).toEqual(['calling'])
    },
  },
  {
    promise: '11.8',
    name: 'a fault point that nobody was told about does nothing',
    async check(bench) {
      const actor = await subject(bench)
      expect(await actor.ask('passPoint', 'on the way')).toBe('undefined')
      expect(await actor.ask('passPoint', 'on the way')).toBe('undefined')
    },
  },
]
