/** The corners of reminders: turns that put their message aside or fail, the bounds, and far times. */
import { expect, test } from 'vitest'
import { ConfigurationError, DurabilityError, defineActor } from '../src/index.ts'
import { remindersMax } from '../src/reminders.ts'
import { memoryDisk, ProbeSystem } from './probe-system.ts'

const Diary = defineActor({
  name: 'Diary',
  init: () => ({ open: false, lines: [] as string[], failing: 0 }),
  events: {
    wrote(state, line: string) {
      state.lines.push(line)
    },
  },
  on: {
    set(_state, { key, delayMs, line }: { key: string; delayMs: number; line: string }, ctx) {
      ctx.reminders.set({ key, delayMs }, 'write', line)
    },
    setBadly: (_state, reminder: object, ctx) => ctx.reminders.set(reminder as never, 'write', 'badly'),
    setMany(_state, count: number, ctx) {
      for (let at = 0; at < count; at++) ctx.reminders.set({ key: `${at}`, delayMs: 1_000 }, 'write', `${at}`)
    },
    setAgain(_state, line: string, ctx) {
      ctx.reminders.set({ key: 'again', delayMs: 10 }, 'setAgain', line)
      ctx.persist('wrote', line)
    },
    cancel: (_state, key: string, ctx) => ctx.reminders.cancel(key),
    write(state, line: string, ctx) {
      if (state.failing > 0) {
        state.failing--
        throw new Error('not yet')
      }
      if (!state.open) return ctx.stash()
      ctx.persist('wrote', line)
    },
    open(state, _message, ctx) {
      state.open = true
      ctx.unstashAll()
    },
    failNext(state, times: number) {
      state.open = true
      state.failing = times
    },
    fail() {
      throw new Error('on purpose')
    },
    lines: (state) => [...state.lines],
  },
})

const diary = (system: ProbeSystem, onFailure: 'restart' | 'resume' = 'restart') =>
  system.spawn(Diary, undefined, { durableId: 'diary', supervise: { onFailure } })

test('a reminder that was put aside is handled once it is taken up, after a restart too', async () => {
  await using system = new ProbeSystem({ disk: memoryDisk() })
  const actor = await diary(system)
  await actor.ask('set', { key: 'a', delayMs: 5, line: 'a' })
  await system.advance(5)
  expect(await actor.ask('lines')).toEqual([])
  await expect(actor.ask('fail')).rejects.toThrow('on purpose')
  await system.advance(5)
  await actor.ask('open')
  await system.idle()
  expect(await actor.ask('lines')).toEqual(['a'])
  await system.advance(60_000)
  expect(await actor.ask('lines')).toEqual(['a'])
})

test('a reminder that was cancelled while it was put aside does not come', async () => {
  await using system = new ProbeSystem({ disk: memoryDisk() })
  const actor = await diary(system)
  await actor.ask('set', { key: 'a', delayMs: 5, line: 'a' })
  await actor.ask('set', { key: 'b', delayMs: 6, line: 'b' })
  await system.advance(6)
  await actor.ask('cancel', 'a')
  await actor.ask('open')
  await system.advance(60_000)
  expect(await actor.ask('lines')).toEqual(['b'])
})

test('an actor that resumes after a failed reminder gets it again after a second', async () => {
  await using system = new ProbeSystem({ disk: memoryDisk() })
  const actor = await diary(system, 'resume')
  await actor.ask('failNext', 2)
  await actor.ask('set', { key: 'a', delayMs: 5, line: 'a' })
  await system.advance(2_004)
  expect(await actor.ask('lines')).toEqual([])
  await system.advance(1)
  expect(await actor.ask('lines')).toEqual(['a'])
})

test('a turn may set its own reminder anew', async () => {
  await using system = new ProbeSystem({ disk: memoryDisk() })
  const actor = await diary(system)
  await actor.ask('setAgain', 'line')
  await system.advance(35)
  expect(await actor.ask('lines')).toHaveLength(4)
})

test('a reminder may be further away than a timer of the platform goes', async () => {
  const disk = memoryDisk()
  await using system = new ProbeSystem({ disk })
  const actor = await diary(system)
  await actor.ask('open')
  const delayMs = 100 * 24 * 3_600_000
  await actor.ask('set', { key: 'far', delayMs, line: 'far' })
  await system.advance(delayMs - 1)
  expect(await actor.ask('lines')).toEqual([])
  await system.advance(1)
  expect(await actor.ask('lines')).toEqual(['far'])
})

test('what is no reminder, or one too many, is refused', async () => {
  await using system = new ProbeSystem({ disk: memoryDisk() })
  const actor = await diary(system)
  for (const reminder of [
    { key: 1, delayMs: 0 },
    { key: 'a' },
    { key: 'a', delayMs: 1, atMs: 1 },
    { key: 'a', delayMs: -1 },
    { key: 'a', atMs: Number.NaN },
  ]) {
    await expect(actor.ask('setBadly', reminder)).rejects.toThrow(ConfigurationError)
  }
  await actor.ask('setMany', remindersMax)
  await expect(actor.ask('set', { key: 'more', delayMs: 0, line: '' })).rejects.toThrow(DurabilityError)
})
