/** Section 1, its second half: re-entrant messages. */
import { AskAbortedError, ConfigurationError } from '@troupe/core'
import { expect } from 'vitest'
import { Librarian } from '../actors/librarian.ts'
import type { Bench, Case } from '../host.ts'
import { nextEvent, notes } from './support.ts'

const librarian = ({ system, to, node }: Bench) => system.spawn(Librarian, to, { node })

export const reentrancy: readonly Case[] = [
  {
    promise: '1.4',
    name: 'an asynchronous turn of a re-entrant message holds nobody',
    async check(bench) {
      const { gate } = bench
      const actor = await librarian(bench)
      const lent = [1, 2].map((count) => actor.ask('lend', { gate: gate.ref, text: `book ${count}` }))
      await gate.ask('arrived', 2)
      await actor.ask('mark', 'meanwhile')
      expect(await actor.ask('look')).toEqual(['meanwhile'])
      gate.tell('open')
      expect(await Promise.all(lent)).toEqual(['book 1', 'book 2'])
      expect(await notes(bench, 2)).toEqual(['book 1, still for the same', 'book 2, still for the same'])
    },
  },
  {
    promise: '1.5',
    name: 'a re-entrant message is handled while another turn holds the mailbox, before what waits',
    async check(bench) {
      const { gate } = bench
      const actor = await librarian(bench)
      const closed = actor.ask('close', { gate: gate.ref, text: 'closed' })
      await gate.ask('arrived', 1)
      actor.tell('mark', 'waiting')
      expect(await actor.ask('look')).toEqual([])
      const lent = actor.ask('lend', { gate: gate.ref, text: 'book' })
      await gate.ask('arrived', 2)
      expect(await actor.ask('look')).toEqual([])
      gate.tell('open')
      expect(await Promise.all([closed, lent])).toEqual(['closed', 'book'])
      await actor.ask('mark', 'last')
      const handled = await actor.ask('look')
      expect([...handled].sort()).toEqual(['book', 'closed', 'last', 'waiting'])
      expect(handled.indexOf('closed')).toBeLessThan(handled.indexOf('waiting'))
      expect(handled.at(-1)).toBe('last')
    },
  },
  {
    promise: '1.6',
    name: 'each of the turns has its own signal',
    async check(bench) {
      const { gate } = bench
      const actor = await librarian(bench)
      const controller = new AbortController()
      const kept = actor.ask('drop', gate.ref)
      const dropped = actor.askWith({ signal: controller.signal }, 'drop', gate.ref)
      await gate.ask('arrived', 2)
      controller.abort()
      await expect(dropped).rejects.toThrow(AskAbortedError)
      // What was said of the abort is heard before this.
      await actor.ask('look')
      gate.tell('open')
      await kept
      expect((await notes(bench, 2)).toSorted()).toEqual(['dropped: false', 'dropped: true'])
    },
  },
  {
    promise: '1.6',
    name: 'a failure cuts the other turns short, and their askers hear of it',
    async check(bench) {
      const { gate } = bench
      const actor = await librarian(bench)
      const lent = actor.ask('lend', { gate: gate.ref, text: 'book' })
      const outcome = expect(lent).rejects.toMatchObject({ code: 'ERR_TROUPE_ACTOR_STOPPED' })
      await gate.ask('arrived', 1)
      await actor.ask('mark', 'before')
      await expect(actor.ask('fail')).rejects.toThrow(RangeError)
      await outcome
      gate.tell('open')
      expect(await actor.ask('look')).toEqual([])
      expect(await bench.recorder.ask('notes')).toEqual([])
    },
  },
  {
    promise: '5.15',
    name: 'a promise that an interleaved turn awaits in the end fails nobody',
    async check(bench) {
      const { gate } = bench
      const actor = await librarian(bench)
      await actor.ask('mark', 'before')
      const awaited = actor.ask('awaitLate', gate.ref)
      await gate.ask('arrived', 1)
      expect(await actor.ask('look')).toEqual(['before'])
      gate.tell('open')
      expect(await awaited).toBe('awaited in the end')
      expect(await actor.ask('look')).toEqual(['before'])
    },
  },
  {
    promise: '5.14',
    name: 'one that an interleaved turn leaves behind fails its actor after that turn',
    async check(bench) {
      const { gate } = bench
      const failed = nextEvent(bench, 'failure', ({ error }) => error.message === 'left behind')
      const actor = await librarian(bench)
      await actor.ask('mark', 'before')
      const left = actor.ask('leave', gate.ref)
      await gate.ask('arrived', 1)
      expect(await actor.ask('look')).toEqual(['before'])
      gate.tell('open')
      await left
      expect(await failed).toMatchObject({ message: 'rejection', directive: 'restart' })
      expect(await actor.ask('look')).toEqual([])
    },
  },
  {
    promise: '1.7',
    name: 'a graceful stop waits for the turns under way, and begins no others',
    async check(bench) {
      const { gate, system } = bench
      const actor = await librarian(bench)
      const lent = actor.ask('lend', { gate: gate.ref, text: 'book' })
      await gate.ask('arrived', 1)
      const stopped = system.stopActor(actor.ref)
      const late = expect(actor.ask('look')).rejects.toMatchObject({ code: 'ERR_TROUPE_ACTOR_STOPPED' })
      // The stop is at the actor before the gate opens.
      await system.ask(gate.ref, 'arrived', 1)
      gate.tell('open')
      expect(await lent).toBe('book')
      await Promise.all([stopped, late])
      expect(await notes(bench, 2)).toEqual(['book, still for the same', 'stopped'])
    },
  },
  {
    promise: '1.8',
    name: 're-entrant messages do not go with durability, rollback and the stash',
    async check(bench) {
      const { system, to, node } = bench
      for (const options of [{ durableId: 'library' }, { supervise: { rollback: true } }]) {
        await expect(system.spawn(Librarian, to, { node, ...options })).rejects.toThrow(ConfigurationError)
      }
      const actor = await librarian(bench)
      expect(await actor.ask('shelve')).toBe('ERR_TROUPE_CONFIGURATION')
    },
  },
]
