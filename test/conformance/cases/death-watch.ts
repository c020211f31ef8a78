/** Section 7: death watch. */
import { refKey } from '@troupe/core'
import { expect } from 'vitest'
import { Recorder } from '../actors/recorder.ts'
import type { Case } from '../host.ts'
import { notes, subject } from './support.ts'

export const deathWatch: readonly Case[] = [
  {
    promise: '7.1',
    name: 'terminated arrives once, after the last message of the dead',
    async check(bench) {
      const watcher = await subject(bench)
      const watched = await subject(bench)
      await watcher.ask('watchTwice', watched.ref)
      watched.tell('sayAndStop', { to: watcher.ref, count: 3 })
      await notes(bench, 4)
      await watcher.ask('note', 'end')
      expect(await bench.recorder.ask('notes')).toEqual([
        'last words 1',
        'last words 2',
        'last words 3',
        `terminated ${refKey(watched.ref)} stopped`,
        'end',
      ])
    },
  },
  {
    promise: '7.1',
    name: 'between nodes too',
    needs: ['several nodes'],
    async check(bench) {
      const watcher = await subject(bench)
      const watched = await subject(bench, {}, { node: bench.otherNode })
      await watcher.ask('watch', watched.ref)
      // Behind the watch on its way to the other node: when it is answered, the watch is there.
      await watcher.ask('askOther', { to: watched.ref, what: 'count' })
      watched.tell('sayAndStop', { to: watcher.ref, count: 50 })
      const heard = await notes(bench, 51)
      expect(heard.slice(0, 50)).toEqual(Array.from({ length: 50 }, (_, index) => `last words ${index + 1}`))
      expect(heard[50]).toBe(`terminated ${refKey(watched.ref)} stopped`)
    },
  },
  {
    promise: '7.2',
    name: 'a watch of an actor that is gone is answered at once',
    async check(bench) {
      const watcher = await subject(bench)
      const watched = await subject(bench)
      await watched.stop()
      watcher.tell('watch', watched.ref)
      expect(await notes(bench, 1)).toEqual([`terminated ${refKey(watched.ref)} not-found`])
      expect(await bench.system.terminated(watched.ref)).toBe('not-found')
    },
  },
  {
    promise: '7.3',
    name: 'after unwatch nothing comes',
    async check(bench) {
      const watcher = await subject(bench)
      const watched = await subject(bench)
      await watcher.ask('watch', watched.ref)
      await watcher.ask('unwatch', watched.ref)
      await watched.stop()
      await watcher.ask('note', 'end')
      expect(await bench.recorder.ask('notes')).toEqual(['end'])
    },
  },
  {
    promise: '7.4',
    name: 'a watch of a name is answered with the name',
    async check(bench) {
      const watcher = await subject(bench)
      const watched = await subject(bench, {}, { name: 'known' })
      await watcher.ask('watchNamed', { node: bench.node, name: 'known' })
      // The watch is on its way between nodes no more than on one: both are on the same.
      await watched.stop()
      expect(await notes(bench, 1)).toEqual([`terminated ${bench.node}/known stopped`])
    },
  },
  {
    promise: '7.5',
    name: 'when a node dies, those who watched its actors are told, and its asks end',
    needs: ['several nodes', 'node crash'],
    async check(bench) {
      const { system, node, otherNode } = bench
      const safe = await system.spawn(Recorder, undefined, { node: otherNode })
      const watcher = await subject(bench, { to: safe.ref }, { node: otherNode })
      const watched = await subject(bench, { to: safe.ref }, { node, supervise: { onFailure: 'stop' } })
      await watcher.ask('watch', watched.ref)
      await watched.ask('count')
      const asked = expect(watched.ask('defer')).rejects.toMatchObject({ code: 'ERR_TROUPE_NODE_DOWN' })
      await bench.crash?.()
      await asked
      expect(await safe.ask('when', 1)).toEqual([`terminated ${refKey(watched.ref)} node-down`])
    },
  },
  {
    promise: '7.6',
    name: 'the roots of a node that died start again with it, unless their supervision says otherwise',
    needs: ['several nodes', 'node crash'],
    async check(bench) {
      const { system, node, otherNode } = bench
      const safe = await system.spawn(Recorder, undefined, { node: otherNode })
      await subject(bench, { to: safe.ref, life: true, name: 'a' }, { node, name: 'a' })
      await subject(
        bench,
        { to: safe.ref, life: true, name: 'b' },
        { node, name: 'b', supervise: { onFailure: 'stop' } },
      )
      const stopped = await subject(bench, { to: safe.ref, life: true, name: 'c' }, { node, name: 'c' })
      await stopped.stop()
      await safe.ask('when', 4)
      await bench.crash?.()
      await subject(bench, { to: safe.ref }, { node }).then((last) => last.ask('note', 'end'))
      expect((await safe.ask('when', 6)).slice(4)).toEqual(['a started', 'end'])
    },
  },
]
