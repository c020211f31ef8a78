/** Section 1 and 13: turns, and that none keeps the others from theirs. */
import { expect } from 'vitest'
import type { Case } from '../host.ts'
import { notes, subject } from './support.ts'

export const turns: readonly Case[] = [
  {
    promise: '1.1',
    name: 'an asynchronous turn holds the mailbox until it settles',
    async check(bench) {
      const { gate } = bench
      const actor = await subject(bench)
      actor.tell('holdThenNote', { gate: gate.ref, text: 'held' })
      actor.tell('note', 'next')
      await gate.ask('arrived', 1)
      expect(await bench.recorder.ask('notes')).toEqual([])
      gate.tell('open')
      expect(await notes(bench, 2)).toEqual(['held', 'next'])
    },
  },
  {
    promise: '1.1',
    name: 'an actor has one turn at a time, however many asynchronous ones wait',
    async check(bench) {
      const { gate } = bench
      const actor = await subject(bench)
      for (let count = 1; count <= 3; count++) actor.tell('hold', gate.ref)
      for (let count = 1; count <= 3; count++) {
        // Were two turns under way at once, two asks would wait at the gate and opening it once would end both.
        await gate.ask('arrived', count)
        gate.tell('open')
      }
      expect(await actor.ask('count')).toBe(3)
    },
  },
  {
    promise: '1.2',
    name: 'a turn that throws disturbs no other actor',
    async check(bench) {
      const failing = await subject(bench)
      const other = await subject(bench)
      for (let count = 0; count < 3; count++) {
        await expect(failing.ask('fail', { error: count === 1 ? 'async' : 'range' })).rejects.toThrow('out of range')
        other.tell('note', String(count))
      }
      expect(await notes(bench, 3)).toEqual(['0', '1', '2'])
      expect(await other.ask('count')).toBe(3)
    },
  },
  {
    promise: '1.3',
    name: 'a context is of no use after its turn',
    async check(bench) {
      const actor = await subject(bench)
      await actor.ask('keepContext')
      await actor.ask('note', 'done')
      expect(await actor.ask('staleContext')).toBe('ERR_TROUPE_STALE_CONTEXT')
      expect(await notes(bench, 1)).toEqual(['done'])
    },
  },
  {
    promise: '13.1',
    name: 'an actor that is never idle leaves the others of its node their turns',
    async check(bench) {
      const busy = await subject(bench)
      const other = await subject(bench)
      busy.tell('spin')
      for (let count = 0; count < 5; count++) expect(await other.ask('echo', count)).toBe(count)
      await busy.stop()
    },
  },
]
