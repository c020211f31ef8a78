/** Section 5: supervision. */
import { expect } from 'vitest'
import type { Case } from '../host.ts'
import { nextEvent, notes, subject } from './support.ts'

export const supervision: readonly Case[] = [
  {
    promise: '5.1',
    name: 'a restart keeps the address, what waited and the name, and begins with a new state',
    async check(bench) {
      const actor = await subject(bench, { life: true, name: 'a' }, { name: 'kept' })
      actor.tell('note', 'before')
      actor.tell('hold', bench.gate.ref)
      await bench.gate.ask('arrived', 1)
      actor.tell('failAfterNote', 'failing')
      actor.tell('note', 'waited')
      bench.gate.tell('open')
      expect(await notes(bench, 5)).toEqual(['a started', 'before', 'failing', 'a started', 'waited'])
      expect(await actor.ask('count')).toBe(1)
    },
  },
  {
    promise: '5.1',
    name: 'a restart keeps watches, in both directions',
    async check(bench) {
      const watcher = await subject(bench)
      const watched = await subject(bench)
      await watcher.ask('watch', watched.ref)
      await expect(watcher.ask('fail', { error: 'range' })).rejects.toThrow()
      await expect(watched.ask('fail', { error: 'range' })).rejects.toThrow()
      await watched.ask('count')
      await watched.stop()
      expect(await notes(bench, 1)).toEqual([expect.stringMatching(/^terminated .* stopped$/)])
    },
  },
  {
    promise: '5.2',
    name: 'a failure beyond the budget escalates; past the last supervisor the actor is stopped',
    async check(bench) {
      const actor = await subject(bench, {}, { supervise: { maxRestarts: 2, withinMs: 60_000 } })
      const escalated = nextEvent(bench, 'escalated')
      for (let count = 0; count < 3; count++) {
        await expect(actor.ask('fail', { error: 'range' })).rejects.toThrow('out of range')
      }
      expect((await escalated).error.message).toBe('out of range')
      await expect(actor.ask('count')).rejects.toMatchObject({ code: 'ERR_TROUPE_ACTOR_STOPPED' })
    },
  },
  {
    promise: '5.3',
    name: 'a backoff delays the restart, and what arrives meanwhile is handled after it',
    async check(bench) {
      const actor = await subject(
        bench,
        { life: true, name: 'a' },
        { supervise: { backoff: { minMs: 300, maxMs: 400 } } },
      )
      const timer = await subject(bench)
      // A timer of another actor, set while the first waits: shorter than the backoff, so it comes first.
      await expect(actor.ask('fail', { error: 'range' })).rejects.toThrow()
      timer.tell('timers', [{ key: 't', delayMs: 1, text: 'a timer meanwhile' }])
      actor.tell('note', 'waited')
      expect(await notes(bench, 4)).toEqual(['a started', 'a timer meanwhile', 'a started', 'waited'])
    },
  },
  {
    promise: '5.4',
    name: 'stop: a failure ends the actor, and its watchers hear that it failed',
    async check(bench) {
      const watcher = await subject(bench)
      const actor = await subject(bench, { life: true, name: 'a' }, { supervise: { onFailure: 'stop' } })
      await watcher.ask('watch', actor.ref)
      await expect(actor.ask('fail', { error: 'range' })).rejects.toThrow()
      expect(await notes(bench, 3)).toEqual(['a started', 'a stopped', expect.stringMatching(/failed$/)])
    },
  },
  {
    promise: '5.5',
    name: 'resume: the actor goes on with the state as it is',
    async check(bench) {
      const actor = await subject(bench, { life: true, name: 'a' }, { supervise: { onFailure: 'resume' } })
      await actor.ask('note', 'counted')
      await expect(actor.ask('fail', { error: 'async' })).rejects.toThrow('out of range')
      expect(await actor.ask('count')).toBe(1)
      expect(await bench.recorder.ask('notes')).toEqual(['a started', 'counted'])
    },
  },
  {
    promise: '5.6',
    name: 'escalate: the parent fails, and its own supervision decides',
    async check(bench) {
      const parent = await subject(bench, { life: true, name: 'parent' })
      const child = await parent.ask('spawn', {
        name: 'child',
        life: true,
        options: { supervise: { onFailure: 'escalate' } },
      })
      await notes(bench, 2)
      await expect(bench.system.ask(child, 'fail', { error: 'range' })).rejects.toThrow()
      expect(await notes(bench, 4)).toEqual(['parent started', 'child started', 'child stopped', 'parent started'])
      await expect(bench.system.ask(child, 'count')).rejects.toMatchObject({ code: 'ERR_TROUPE_ACTOR_STOPPED' })
    },
  },
  {
    promise: '5.6',
    name: 'a parent that resumes after an escalated failure keeps its state and its context',
    async check(bench) {
      const parent = await subject(bench, {}, { supervise: { onFailure: 'resume' } })
      await parent.ask('note', 'one')
      const child = await parent.ask('spawn', { options: { supervise: { onFailure: 'escalate' } } })
      await expect(bench.system.ask(child, 'fail', { error: 'range' })).rejects.toThrow()
      await parent.ask('note', 'two')
      expect(await parent.ask('count')).toBe(2)
    },
  },
  {
    promise: '5.7',
    name: 'children stop before their parent, and with its restart',
    async check(bench) {
      const parent = await subject(bench, { life: true, name: 'parent' })
      await parent.ask('spawn', { name: 'child', life: true })
      await notes(bench, 2)
      await expect(parent.ask('fail', { error: 'range' })).rejects.toThrow()
      expect(await notes(bench, 4)).toEqual(['parent started', 'child started', 'child stopped', 'parent started'])
      await parent.ask('spawn', { name: 'child', life: true })
      await notes(bench, 5)
      await parent.stop()
      expect((await notes(bench, 7)).slice(4)).toEqual(['child started', 'child stopped', 'parent stopped'])
    },
  },
  {
    promise: '5.8',
    name: 'a failure is on the event stream, with the error and what is done about it',
    async check(bench) {
      const actor = await subject(bench, {}, { name: 'failing' })
      const failure = nextEvent(bench, 'failure')
      const restarted = nextEvent(bench, 'restarted')
      actor.tell('fail', { error: 'range' })
      expect(await failure).toMatchObject({
        actor: expect.stringMatching(/\/failing$/),
        message: 'fail',
        directive: 'restart',
        error: expect.any(RangeError),
      })
      expect(await restarted).toMatchObject({ generation: 1 })
    },
  },
]
