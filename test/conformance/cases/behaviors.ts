/** Section 15: behaviors and the stash. */
import type { SystemSpawnOptions } from '@troupe/core'
import { expect } from 'vitest'
import { Door } from '../actors/door.ts'
import type { Bench, Case } from '../host.ts'
import { nextEvent, notes, subject } from './support.ts'

const door = ({ system, node, to }: Bench, options: SystemSpawnOptions = {}) =>
  system.spawn(Door, { to }, { node, ...options })

export const behaviors: readonly Case[] = [
  {
    promise: '15.1',
    name: 'the current behavior answers before on, and what neither has is unknown',
    async check(bench) {
      const actor = await door(bench)
      expect(await actor.ask('knock')).toBe('on')
      await actor.ask('become', 'closed')
      expect(await actor.ask('knock')).toBe('closed')
      expect(await actor.ask('anywhere')).toBe('closed')
      await actor.ask('become', 'locked')
      await expect(actor.ask('pass', 'anna')).rejects.toMatchObject({
        code: 'ERR_TROUPE_UNKNOWN_MESSAGE',
        facts: { behavior: 'locked', message: 'pass' },
      })
    },
  },
  {
    promise: '15.2',
    name: 'unbecome goes back one by one, at last to on alone',
    async check(bench) {
      const actor = await door(bench)
      const back = async () => {
        await actor.ask('unbecome')
        return actor.ask('anywhere')
      }
      for (const name of ['open', 'closed', 'closed', 'locked'] as const) await actor.ask('become', name)
      expect([await back(), await back(), await back(), await back()]).toEqual(['closed', 'open', 'none', 'none'])
    },
  },
  {
    promise: '15.2',
    name: 'eight behaviors are remembered',
    async check(bench) {
      const actor = await door(bench)
      await actor.ask('become', 'locked')
      for (let round = 0; round < 4; round++) {
        await actor.ask('become', 'open')
        await actor.ask('become', 'closed')
      }
      const seen: string[] = []
      for (let back = 0; back < 9; back++) {
        await actor.ask('unbecome')
        seen.push(await actor.ask('anywhere'))
      }
      expect(seen).toEqual(['open', 'closed', 'open', 'closed', 'open', 'closed', 'open', 'locked', 'none'])
    },
  },
  {
    promise: '15.3',
    name: 'a restart begins in on alone, or where started says',
    async check(bench) {
      const actor = await door(bench)
      await actor.ask('become', 'closed')
      await expect(actor.ask('fail')).rejects.toThrow('on purpose')
      expect(await actor.ask('anywhere')).toBe('none')
      const { system, node, to } = bench
      const started = await system.spawn(Door, { to, startsAs: 'open' }, { node })
      await started.ask('become', 'closed')
      await expect(started.ask('fail')).rejects.toThrow('on purpose')
      expect(await started.ask('anywhere')).toBe('open')
    },
  },
  {
    promise: '15.4',
    name: 'a timeout is heard of when the behavior lasted, and not when it changed',
    async check(bench) {
      const actor = await door(bench)
      await actor.ask('becomeFor', { name: 'open', afterMs: 1, text: 'first' })
      expect(await notes(bench, 1)).toEqual(['first in open'])
      await actor.ask('becomeAndChange', 1)
      const clock = await subject(bench)
      clock.tell('timers', [{ key: 'c', delayMs: 10, text: 'later' }])
      await notes(bench, 2)
      await actor.ask('anywhere')
      expect(await bench.recorder.ask('notes')).toEqual(['first in open', 'later'])
    },
  },
  {
    promise: '15.5',
    name: 'what was put aside comes back in order, before the mailbox, and its askers get their replies',
    async check(bench) {
      const actor = await door(bench)
      await actor.ask('become', 'closed')
      const asked = ['anna', 'ben'].map((who) => actor.ask('pass', who))
      actor.tell('holdThenOpen', bench.gate.ref)
      await bench.gate.ask('arrived', 1)
      asked.push(actor.ask('pass', 'carl'))
      bench.gate.tell('open')
      expect(await Promise.all(asked)).toEqual(['anna passed', 'ben passed', 'carl passed'])
      expect(await notes(bench, 3)).toEqual(['anna', 'ben', 'carl'])
    },
  },
  {
    promise: '15.6',
    name: 'a full stash is a typed error in the turn, and past the mailbox what was put aside still finds room',
    async check(bench) {
      const actor = await door(bench, {
        mailbox: { stashCapacity: 2 },
        supervise: { onFailure: 'resume' },
      })
      await actor.ask('become', 'closed')
      const asked = ['anna', 'ben'].map((who) => actor.ask('pass', who))
      await expect(actor.ask('pass', 'carl')).rejects.toMatchObject({
        code: 'ERR_TROUPE_STASH_OVERFLOW',
        facts: { capacity: 2 },
      })
      await actor.ask('open')
      expect(await Promise.all(asked)).toEqual(['anna passed', 'ben passed'])
    },
  },
  {
    promise: '15.7',
    name: 'a restart puts the stash back before the mailbox, but not the message of the turn that failed',
    async check(bench) {
      const { system, node, to } = bench
      const actor = await system.spawn(Door, { to, startsAs: 'open' }, { node })
      await actor.ask('become', 'closed')
      const asked = ['anna', 'ben'].map((who) => actor.ask('pass', who))
      await expect(actor.ask('passOrFail', 'carl')).rejects.toThrow('carl failed')
      expect(await Promise.all(asked)).toEqual(['anna passed', 'ben passed'])
      expect(await actor.ask('pass', 'dora')).toBe('dora passed')
      expect(await notes(bench, 3)).toEqual(['anna', 'ben', 'dora'])
    },
  },
  {
    promise: '15.8',
    name: 'a stop makes the stash dead letters and ends their asks',
    async check(bench) {
      const actor = await door(bench)
      await actor.ask('become', 'closed')
      const asked = actor.ask('pass', 'anna')
      const refused = expect(asked).rejects.toMatchObject({ code: 'ERR_TROUPE_ACTOR_STOPPED' })
      await actor.ask('anywhere')
      const letter = nextEvent(bench, 'deadLetter', ({ name }) => name === 'pass')
      await actor.stop()
      await refused
      expect(await letter).toMatchObject({ payload: 'anna', reason: 'stopped' })
    },
  },
]
