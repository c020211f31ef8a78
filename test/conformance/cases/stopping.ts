/** Sections 6 and 14: how an actor stops, and a system. */
import { expect } from 'vitest'
import type { Case } from '../host.ts'
import { notes, subject } from './support.ts'

export const stopping: readonly Case[] = [
  {
    promise: '6.1',
    name: 'a stop is graceful: what was accepted before it is handled first',
    async check(bench) {
      const actor = await subject(bench, { life: true, name: 'a' })
      for (const text of ['one', 'two', 'three']) actor.tell('note', text)
      await actor.stop()
      expect(await bench.recorder.ask('notes')).toEqual(['a started', 'one', 'two', 'three', 'a stopped'])
    },
  },
  {
    promise: '6.1',
    name: 'an actor in an asynchronous turn stops when the turn is over',
    async check(bench) {
      const actor = await subject(bench, { life: true, name: 'a' })
      actor.tell('holdThenNote', { gate: bench.gate.ref, text: 'turn over' })
      await bench.gate.ask('arrived', 1)
      const stopped = actor.stop()
      bench.gate.tell('open')
      await stopped
      expect(await bench.recorder.ask('notes')).toEqual(['a started', 'turn over', 'a stopped'])
    },
  },
  {
    promise: '6.2',
    name: 'an actor that stops itself finishes its turn; the rest of its mailbox become dead letters',
    async check(bench) {
      const actor = await subject(bench, { life: true, name: 'a' })
      actor.tell('stopSelfAfter', 'last turn')
      actor.tell('note', 'never')
      await bench.system.terminated(actor.ref)
      expect(await bench.recorder.ask('notes')).toEqual(['a started', 'last turn', 'a stopped'])
    },
  },
  {
    promise: '6.3',
    name: 'an actor can stop another, on any node',
    needs: ['several nodes'],
    async check(bench) {
      const one = await subject(bench, {}, { node: bench.otherNode })
      const two = await subject(bench)
      const gone = bench.system.terminated(two.ref)
      one.tell('stop', two.ref)
      // The stop comes from another node than the watch: either may be first.
      expect(['stopped', 'not-found']).toContain(await gone)
      expect(await one.ask('count')).toBe(0)
    },
  },
  {
    promise: '14.1',
    name: 'a system stops its roots in reverse order, after what they had accepted',
    async check(bench) {
      for (const name of ['first', 'second']) {
        const actor = await subject(bench, { life: true, name }, { name })
        actor.tell('note', `${name} accepted`)
      }
      await notes(bench, 4)
      // The recorder was spawned before the roots that tell it, so it hears of their ends.
      const heard = bench.recorder.ask('when', 6)
      const stopped = bench.system.stop()
      expect((await heard).slice(4)).toEqual(['second stopped', 'first stopped'])
      await stopped
    },
  },
  {
    promise: '14.2',
    name: 'after a stop nothing is spawned, and asks end',
    async check(bench) {
      const actor = await subject(bench)
      await bench.system.stop()
      await expect(subject(bench)).rejects.toMatchObject({ code: 'ERR_TROUPE_SYSTEM_STOPPED' })
      await expect(actor.ask('count')).rejects.toMatchObject({ code: expect.stringMatching(/^ERR_TROUPE_/) })
      expect(await bench.system.terminated(actor.ref)).toBe('node-down')
    },
  },
  {
    promise: '14.3',
    name: 'an actor whose spawn is under way at the stop is stopped as the last of the roots',
    async check(bench) {
      await subject(bench, { life: true, name: 'first' }, { name: 'first' })
      const second = subject(bench, { life: true, name: 'second' }, { name: 'second' })
      const heard = bench.recorder.ask('when', 4)
      const stopped = bench.system.stop()
      expect(await heard).toEqual(['first started', 'second started', 'second stopped', 'first stopped'])
      expect((await second).ref.node).toBe(bench.node)
      await stopped
    },
  },
]
