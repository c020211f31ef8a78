/** Section 10: timers. */
import { expect } from 'vitest'
import type { Case } from '../host.ts'
import { notes, subject } from './support.ts'

export const timers: readonly Case[] = [
  {
    promise: '10.1',
    name: 'a timer delivers its message once, the earlier one first',
    async check(bench) {
      const actor = await subject(bench)
      actor.tell('timers', [
        { key: 'later', delayMs: 5, text: 'later' },
        { key: 'sooner', delayMs: 1, text: 'sooner' },
      ])
      expect(await notes(bench, 2)).toEqual(['sooner', 'later'])
      actor.tell('timers', [{ key: 'last', delayMs: 1, text: 'last' }])
      expect(await notes(bench, 3)).toEqual(['sooner', 'later', 'last'])
    },
  },
  {
    promise: '10.2',
    name: 'a timer of the same key takes the place of the one before',
    async check(bench) {
      const actor = await subject(bench)
      actor.tell('timers', [
        { key: 'same', delayMs: 1, text: 'replaced' },
        { key: 'same', delayMs: 5, text: 'in its place' },
        { key: 'other', delayMs: 10, text: 'end' },
      ])
      expect(await notes(bench, 2)).toEqual(['in its place', 'end'])
    },
  },
  {
    promise: '10.3',
    name: 'a timer that was cancelled delivers nothing, even one that was due',
    async check(bench) {
      const actor = await subject(bench)
      actor.tell('timerComesDueThenCancel', { gate: bench.gate.ref, text: 'cancelled' })
      await bench.gate.ask('arrived', 1)
      // A longer timer of another actor, set later: when it is heard of, the first has come due.
      const clock = await subject(bench)
      clock.tell('timers', [{ key: 'c', delayMs: 10, text: 'came due' }])
      await notes(bench, 1)
      bench.gate.tell('open')
      await actor.ask('note', 'end')
      expect(await bench.recorder.ask('notes')).toEqual(['came due', 'end'])
    },
  },
  {
    promise: '10.4',
    name: 'a restart cancels the timers of the generation before',
    async check(bench) {
      const actor = await subject(bench)
      await expect(actor.ask('timerThenFail', { key: 'a', delayMs: 1, text: 'of before' })).rejects.toThrow()
      actor.tell('timers', [{ key: 'b', delayMs: 10, text: 'of now' }])
      expect(await notes(bench, 1)).toEqual(['of now'])
    },
  },
  {
    promise: '10.5',
    name: 'a timer with a fixed delay repeats, and waits until its last message was handled',
    async check(bench) {
      const actor = await subject(bench)
      actor.tell('repeat', { kind: 'delay', everyMs: 1, text: 'tick' })
      expect(await notes(bench, 3)).toEqual(['tick', 'tick', 'tick'])
      // Held past several delays: one message waits at most, and the next is counted from its end.
      actor.tell('hold', bench.gate.ref)
      await bench.gate.ask('arrived', 1)
      const before = (await bench.recorder.ask('notes')).length
      const clock = await subject(bench)
      clock.tell('timers', [{ key: 'c', delayMs: 10, text: 'held' }])
      expect((await notes(bench, before + 1)).at(-1)).toBe('held')
      const counted = actor.ask('activeTimers', ['repeat'])
      const cancelled = actor.ask('cancelTimers')
      bench.gate.tell('open')
      expect(await counted).toEqual([true])
      await cancelled
      await actor.ask('note', 'end')
      expect((await bench.recorder.ask('notes')).slice(before + 1)).toEqual(['tick', 'end'])
    },
  },
  {
    promise: '10.6',
    name: 'a timer with a fixed rate goes on while its messages are handled, and catches up',
    async check(bench) {
      const actor = await subject(bench)
      actor.tell('repeat', { kind: 'rate', everyMs: 2, text: 'tick' })
      expect(await notes(bench, 3)).toEqual(['tick', 'tick', 'tick'])
      actor.tell('hold', bench.gate.ref)
      await bench.gate.ask('arrived', 1)
      const clock = await subject(bench)
      clock.tell('timers', [{ key: 'c', delayMs: 10, text: 'late' }])
      await notes(bench, (await bench.recorder.ask('notes')).length + 1)
      bench.gate.tell('open')
      const seen = await notes(bench, 8)
      expect(seen.filter((text) => text === 'tick').length).toBeGreaterThanOrEqual(7)
      await actor.ask('cancelTimers')
    },
  },
  {
    promise: '10.7',
    name: 'a timer is active until its last message, and cancelAll ends them all',
    async check(bench) {
      const actor = await subject(bench)
      actor.tell('timers', [{ key: 'once', delayMs: 1, text: 'once' }])
      expect(await notes(bench, 1)).toEqual(['once'])
      actor.tell('timers', [{ key: 'once', delayMs: 60_000, text: 'never' }])
      actor.tell('repeat', { kind: 'rate', everyMs: 60_000, text: 'once more' })
      await notes(bench, 2)
      expect(await actor.ask('activeTimers', ['once', 'repeat', 'other'])).toEqual([true, true, false])
      await actor.ask('cancelTimers')
      expect(await actor.ask('activeTimers', ['once', 'repeat'])).toEqual([false, false])
    },
  },
  {
    promise: '10.8',
    name: 'a timer comes once its delay has passed by monotonicNow, which never goes back',
    async check(bench) {
      const actor = await subject(bench)
      const before = await actor.ask('monotonicNow')
      actor.tell('timers', [{ key: 'once', delayMs: 5, text: 'rung' }])
      expect(await notes(bench, 1)).toEqual(['rung'])
      const readings = [await actor.ask('monotonicNow'), await actor.ask('monotonicNow')] as const
      // The two are not in steps of one size everywhere: less than that is no time.
      expect(readings[0] - before).toBeGreaterThan(5 - 0.01)
      expect(readings[1]).toBeGreaterThanOrEqual(readings[0])
    },
  },
]
