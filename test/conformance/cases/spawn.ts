/** Section 4: spawning. */
import { refKey } from '@troupe/core'
import { expect } from 'vitest'
import type { Case } from '../host.ts'
import { notes, subject } from './support.ts'

export const spawn: readonly Case[] = [
  {
    promise: '4.1',
    name: 'a child can be sent to in the turn that spawns it',
    async check(bench) {
      const parent = await subject(bench)
      parent.tell('spawnAndTell', ['one', 'two'])
      expect(await notes(bench, 2)).toEqual(['one', 'two'])
    },
  },
  {
    promise: '4.2',
    name: 'a name is taken while its holder lives, and free when it is gone',
    async check(bench) {
      const parent = await subject(bench)
      expect(await parent.ask('spawnTwice', 'twin')).toBe('ERR_TROUPE_NAME_TAKEN')
      const root = await subject(bench, {}, { name: 'root' })
      await expect(subject(bench, {}, { name: 'root' })).rejects.toMatchObject({ code: 'ERR_TROUPE_NAME_TAKEN' })
      await root.stop()
      const again = await subject(bench, {}, { name: 'root' })
      expect(await again.ask('count')).toBe(0)
    },
  },
  {
    promise: '4.3',
    name: 'an init that throws leaves nothing behind',
    async check(bench) {
      await expect(subject(bench, { initFails: true }, { name: 'broken' })).rejects.toMatchObject({
        code: 'ERR_TROUPE_SPAWN',
        cause: { message: 'init failed' },
      })
      const root = await subject(bench, {}, { name: 'broken' })
      await expect(root.ask('spawn', { name: 'child', initFails: true })).rejects.toMatchObject({
        code: 'ERR_TROUPE_SPAWN',
      })
      // The failed turn restarted the parent; the child's name is free.
      const child = await root.ask('spawn', { name: 'child' })
      expect(await bench.system.ask(child, 'count')).toBe(0)
    },
  },
  {
    promise: '4.4',
    name: 'a malformed option is refused with its name',
    async check(bench) {
      await expect(subject(bench, {}, { mailbox: { capacity: 0 } })).rejects.toMatchObject({
        code: 'ERR_TROUPE_CONFIGURATION',
        message: expect.stringContaining('mailbox.capacity'),
      })
      await expect(subject(bench, {}, { node: 'no-such-node' })).rejects.toMatchObject({
        code: 'ERR_TROUPE_CONFIGURATION',
      })
    },
  },
  {
    promise: '4.5',
    name: 'spawnOn starts an actor under the guardian of another node, and ends it with its spawner',
    needs: ['several nodes'],
    async check(bench) {
      const spawner = await subject(bench)
      const ref = await spawner.ask('spawnOn', { node: bench.otherNode, name: 'away' })
      expect(await bench.system.ask(ref, 'where')).toBe(bench.otherNode)
      const gone = bench.system.terminated(ref)
      await spawner.stop()
      // The stop comes from another node than the watch: either may be first.
      expect(['stopped', 'not-found']).toContain(await gone)
      expect(await notes(bench, 2)).toEqual(['away started', 'away stopped'])
    },
  },
  {
    promise: '4.5',
    name: 'spawnOn under a name that is taken rejects',
    async check(bench) {
      await subject(bench, {}, { node: bench.otherNode, name: 'away' })
      const spawner = await subject(bench)
      await expect(spawner.ask('spawnOn', { node: bench.otherNode, name: 'away' })).rejects.toMatchObject({
        code: 'ERR_TROUPE_NAME_TAKEN',
      })
    },
  },
  {
    promise: '4.6',
    name: 'no two actors of a node have the same address, also when one takes the place of another',
    async check(bench) {
      const keys = new Set<string>()
      for (let count = 0; count < 10; count++) {
        const actor = await subject(bench)
        keys.add(refKey(actor.ref))
        await actor.stop()
      }
      expect(keys.size).toBe(10)
    },
  },
]
