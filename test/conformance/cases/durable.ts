/** Section 12: durable actors and output commit. */
import { namedRef } from '@troupe/core'
import { expect } from 'vitest'
import { Ledger } from '../actors/ledger.ts'
import { Recorder } from '../actors/recorder.ts'
import { Reminded, Savings1, Savings2, Savings3, Unkept } from '../actors/savings.ts'
import type { Bench, Case } from '../host.ts'
import { nextEvent, notes, subject } from './support.ts'

const ledger = ({ system, node, to }: Bench, name = 'ledger') =>
  system.spawn(Ledger, { to }, { node, name, durableId: name })

export const durable: readonly Case[] = [
  {
    promise: '12.1',
    name: 'what was acknowledged is there after a restart, and after the actor was spawned again',
    async check(bench) {
      const first = await ledger(bench)
      expect(await first.ask('add', 2)).toBe(2)
      expect(await first.ask('addMany', [3, 4])).toBe(9)
      await expect(first.ask('fail')).rejects.toThrow('on purpose')
      expect(await first.ask('sum')).toBe(9)
      await first.stop()
      const second = await ledger(bench)
      expect(await second.ask('sum')).toBe(9)
    },
  },
  {
    promise: '12.2',
    name: 'a turn that throws appends nothing and lets nothing out',
    async check(bench) {
      const actor = await ledger(bench)
      await actor.ask('add', 1)
      await expect(actor.ask('addAndFail', { amount: 10, to: bench.to })).rejects.toThrow(RangeError)
      expect(await actor.ask('sum')).toBe(1)
      await actor.ask('noteTo', { to: bench.to, text: 'end' })
      expect(await notes(bench, 1)).toEqual(['end'])
      await actor.stop()
      expect(await (await ledger(bench)).ask('sum')).toBe(1)
    },
  },
  {
    promise: '12.3',
    name: 'until an event is synced, what its turn and later turns let out is held, in order',
    needs: ['held disk'],
    async check(bench) {
      const { to, disk, idle, recorder } = bench
      const actor = await ledger(bench)
      await actor.ask('sum')
      disk?.hold()
      actor.tell('noteTo', { to, text: 'before any event' })
      actor.tell('addAndNote', { amount: 1, to, text: 'first' })
      actor.tell('noteTo', { to, text: 'no event of its own' })
      actor.tell('addAndNote', { amount: 1, to, text: 'second' })
      let replied = false
      const reply = actor.ask('sum').then((sum) => {
        replied = true
        return sum
      })
      await idle?.()
      expect(await recorder.ask('notes')).toEqual(['before any event', 'first early', 'second early'])
      expect(replied).toBe(false)
      disk?.release()
      expect(await reply).toBe(2)
      expect((await notes(bench, 8)).slice(3)).toEqual([
        'first before',
        'first after',
        'no event of its own',
        'second before',
        'second after',
      ])
    },
  },
  {
    promise: '12.3',
    name: 'a failure after an event that is not synced is held with the rest, and so is the restart',
    needs: ['held disk'],
    async check(bench) {
      const { disk, idle } = bench
      const actor = await ledger(bench)
      await actor.ask('sum')
      disk?.hold()
      const order: string[] = []
      const added = actor.ask('add', 1).then(() => order.push('added'))
      const failed = actor.ask('fail').catch(() => order.push('failed'))
      const sum = actor.ask('sum')
      await idle?.()
      expect(order).toEqual([])
      disk?.release()
      await Promise.all([added, failed])
      expect(order).toEqual(['added', 'failed'])
      expect(await sum).toBe(1)
    },
  },
  {
    promise: '12.4',
    name: 'tellEarly is not held, and has an order of its own',
    async check(bench) {
      const actor = await ledger(bench)
      for (const text of ['a', 'b', 'c']) actor.tell('addAndNote', { amount: 1, to: bench.to, text })
      const heard = await notes(bench, 9)
      expect(heard.filter((text) => text.endsWith('early'))).toEqual(['a early', 'b early', 'c early'])
      expect(heard.filter((text) => !text.endsWith('early'))).toEqual(
        ['a', 'b', 'c'].flatMap((text) => [`${text} before`, `${text} after`]),
      )
      for (const text of ['a', 'b', 'c']) {
        expect(heard.indexOf(`${text} early`)).toBeLessThan(heard.indexOf(`${text} before`))
      }
    },
  },
  {
    promise: '12.5',
    name: 'persist needs a durable actor and a declared event',
    async check(bench) {
      const plain = await subject(bench)
      await expect(plain.ask('persistAnyway')).rejects.toMatchObject({ code: 'ERR_TROUPE_DURABILITY' })
      const actor = await ledger(bench)
      await expect(actor.ask('persistUndeclared')).rejects.toMatchObject({ code: 'ERR_TROUPE_DURABILITY' })
    },
  },
  {
    promise: '12.6',
    name: 'a durable id has one living actor',
    async check(bench) {
      const first = await ledger(bench)
      const other = () => bench.system.spawn(Ledger, { to: bench.to }, { node: bench.node, durableId: 'ledger' })
      await expect(other()).rejects.toMatchObject({ code: 'ERR_TROUPE_NAME_TAKEN' })
      await first.stop()
      expect(await (await other()).ask('sum')).toBe(0)
    },
  },
  {
    promise: '12.7',
    name: 'an ask after a persist in the same turn is refused',
    async check(bench) {
      const actor = await ledger(bench)
      await expect(actor.ask('askAfterPersist', bench.gate.ref)).rejects.toMatchObject({
        code: 'ERR_TROUPE_DURABILITY',
      })
      expect(await actor.ask('sum')).toBe(0)
    },
  },
  {
    promise: '12.8',
    name: 'recovery is the latest snapshot and the events after it',
    async check(bench) {
      const first = await ledger(bench)
      for (let amount = 1; amount <= 13; amount++) await first.ask('add', amount)
      await first.stop()
      const second = await ledger(bench)
      expect(await second.ask('sum')).toBe(91)
      expect(await second.ask('add', 9)).toBe(100)
      await second.stop()
      expect(await (await ledger(bench)).ask('sum')).toBe(100)
    },
  },
  {
    promise: '12.9',
    name: 'what was acknowledged is there after the node died',
    needs: ['node crash'],
    async check(bench) {
      const { system, node, otherNode } = bench
      const safe = await system.spawn(Recorder, undefined, { node: otherNode })
      const actor = await system.spawn(Ledger, { to: safe.ref }, { node, name: 'ledger', durableId: 'ledger' })
      let acknowledged = 0
      for (let count = 0; count < 12; count++) acknowledged = await actor.ask('add', 1)
      await bench.crash?.()
      expect(await system.ask(namedRef(Ledger, { node, name: 'ledger' }), 'sum')).toBe(acknowledged)
    },
  },
  {
    promise: '12.10',
    name: 'recovery brings events and snapshots of older versions up, step by step',
    async check({ system, node }) {
      const place = { node, durableId: 'savings' }
      const first = await system.spawn(Savings1, undefined, place)
      await first.ask('save', 5)
      await first.stop()
      const second = await system.spawn(Savings2, undefined, place)
      await second.ask('save', { amount: 7, goal: 'a boat' })
      expect(await second.ask('entries')).toEqual(['5 for nothing yet', '7 for a boat'])
      await second.stop()
      const third = await system.spawn(Savings3, undefined, place)
      expect(await third.ask('entries')).toEqual(['500 cents for nothing yet', '700 cents for a boat'])
    },
  },
  {
    promise: '12.10',
    name: 'a snapshot of an older version is brought up before it is restored',
    async check({ system, node }) {
      const place = { node, durableId: 'savings' }
      const first = await system.spawn(Savings1, undefined, place)
      await first.ask('save', 5)
      await first.ask('snapshot')
      await first.ask('save', 6)
      await first.stop()
      const third = await system.spawn(Savings3, undefined, place)
      expect(await third.ask('entries')).toEqual(['5 before', '600 cents for nothing yet'])
    },
  },
  {
    promise: '12.11',
    name: 'an event or a snapshot of a newer version stops the actor with an error that says so, and nothing is lost',
    async check(bench) {
      const { system, node } = bench
      const place = { node, durableId: 'savings', supervise: { onFailure: 'stop' } } as const
      const newer = await system.spawn(Savings3, undefined, place)
      await newer.ask('save', { cents: 100, goal: 'a bell' })
      await newer.stop()
      const failure = nextEvent(bench, 'failure')
      await system.terminated((await system.spawn(Savings2, undefined, place)).ref)
      expect((await failure).error).toMatchObject({
        code: 'ERR_TROUPE_DURABLE_VERSION',
        facts: { what: 'event saved', version: 3, versionKnown: 2, durableId: 'savings' },
      })
      const again = await system.spawn(Savings3, undefined, place)
      expect(await again.ask('entries')).toEqual(['100 cents for a bell'])
      await again.ask('snapshot')
      await again.stop()
      const snapshotFailure = nextEvent(bench, 'failure')
      await system.terminated((await system.spawn(Savings1, undefined, place)).ref)
      expect((await snapshotFailure).error).toMatchObject({
        code: 'ERR_TROUPE_DURABLE_VERSION',
        facts: { what: 'snapshot', version: 2, versionKnown: 1 },
      })
      const last = await system.spawn(Savings3, undefined, place)
      expect(await last.ask('entries')).toEqual(['100 cents for a bell'])
    },
  },
  {
    promise: '12.12',
    name: 'after a snapshot that was asked for, no event before it is replayed',
    async check({ system, node }) {
      const place = { node, durableId: 'savings' }
      const first = await system.spawn(Savings3, undefined, place)
      for (let cents = 1; cents <= 5; cents++) await first.ask('save', { cents, goal: 'a map' })
      await first.stop()
      const second = await system.spawn(Savings3, undefined, place)
      expect(await second.ask('replayed')).toBe(5)
      await second.ask('snapshot')
      await second.ask('save', { cents: 6, goal: 'a map' })
      await second.stop()
      const third = await system.spawn(Savings3, undefined, place)
      expect(await third.ask('replayed')).toBe(1)
      expect(await third.ask('entries')).toHaveLength(6)
    },
  },
  {
    promise: '12.13',
    name: 'what was forgotten is gone, the actor with it, and the durable id begins anew',
    async check({ system, node }) {
      const place = { node, durableId: 'savings' }
      const first = await system.spawn(Savings3, undefined, place)
      await first.ask('save', { cents: 1, goal: 'a drum' })
      await first.ask('snapshot')
      await first.ask('save', { cents: 2, goal: 'a drum' })
      await first.ask('forget')
      await expect(first.ask('entries')).rejects.toMatchObject({ code: 'ERR_TROUPE_ACTOR_STOPPED' })
      const second = await system.spawn(Savings3, undefined, place)
      expect(await second.ask('entries')).toEqual([])
      await second.ask('save', { cents: 3, goal: 'a horn' })
      await second.stop()
      expect(await (await system.spawn(Savings3, undefined, place)).ask('entries')).toEqual(['3 cents for a horn'])
    },
  },
  {
    promise: '12.13',
    name: 'a turn that throws forgets nothing, and nothing can be persisted after it forgot',
    async check({ system, node }) {
      const place = { node, durableId: 'savings' }
      const first = await system.spawn(Savings3, undefined, place)
      await first.ask('save', { cents: 1, goal: 'a drum' })
      await expect(first.ask('forgetAndFail')).rejects.toThrow('on purpose')
      await expect(first.ask('forgetAndPersist')).rejects.toMatchObject({ code: 'ERR_TROUPE_DURABILITY' })
      expect(await first.ask('entries')).toEqual(['1 cents for a drum'])
    },
  },
  {
    promise: '12.14',
    name: 'a reminder comes once, at its time, also to an actor that was spawned again meanwhile',
    async check(bench) {
      const { system, node, to } = bench
      const place = { node, durableId: 'reminded' }
      const first = await system.spawn(Reminded, undefined, place)
      await first.ask('setAt', { key: 'soon', afterMs: 1, text: 'soon', to })
      await first.ask('set', [
        { key: 'late', delayMs: 20, text: 'late', to },
        { key: 'later', delayMs: 3_600_000, text: 'much later', to },
      ])
      await first.stop()
      const second = await system.spawn(Reminded, undefined, place)
      expect(await notes(bench, 2)).toEqual(['soon', 'late'])
      await second.ask('snapshot')
      await second.ask('set', [{ key: 'later', delayMs: 1, text: 'sooner now', to }])
      await second.stop()
      const third = await system.spawn(Reminded, undefined, place)
      expect(await notes(bench, 3)).toEqual(['soon', 'late', 'sooner now'])
      expect(await third.ask('came')).toEqual(['soon', 'late', 'sooner now'])
    },
  },
  {
    promise: '12.14',
    name: 'a reminder outlives its node, and one that was handled does not come again',
    needs: ['node crash'],
    async check(bench) {
      const { system, node, otherNode } = bench
      const safe = await system.spawn(Recorder, undefined, { node: otherNode })
      const to = safe.ref
      const actor = await system.spawn(Reminded, undefined, { node, name: 'reminded', durableId: 'reminded' })
      await actor.ask('set', [
        { key: 'first', delayMs: 0, text: 'before the crash', to },
        { key: 'second', delayMs: 300, text: 'after the crash', to },
      ])
      expect(await safe.ask('when', 1)).toEqual(['before the crash'])
      await bench.crash?.()
      expect(await safe.ask('when', 2)).toEqual(['before the crash', 'after the crash'])
      const again = namedRef(Reminded, { node, name: 'reminded' })
      expect(await system.ask(again, 'came')).toEqual(['before the crash', 'after the crash'])
    },
  },
  {
    promise: '12.15',
    name: 'a reminder that was cancelled, or set by a turn that failed, never comes',
    async check(bench) {
      const { system, node, to } = bench
      const place = { node, durableId: 'reminded' }
      const actor = await system.spawn(Reminded, undefined, place)
      await actor.ask('set', [
        { key: 'cancelled', delayMs: 3_600_000, text: 'cancelled', to },
        { key: 'moved', delayMs: 3_600_000, text: 'replaced', to },
      ])
      await actor.ask('cancel', 'cancelled')
      await actor.ask('setAndCancel', { text: 'taken back', to })
      await expect(actor.ask('setAndFail', { text: 'of a turn that failed', to })).rejects.toThrow('on purpose')
      await actor.ask('set', [{ key: 'moved', delayMs: 1, text: 'end', to }])
      expect(await notes(bench, 1)).toEqual(['end'])
      await actor.stop()
      expect(await (await system.spawn(Reminded, undefined, place)).ask('came')).toEqual(['end'])
      const plain = await subject(bench)
      await expect(plain.ask('remindAnyway')).rejects.toMatchObject({ code: 'ERR_TROUPE_DURABILITY' })
    },
  },
  {
    promise: '12.16',
    name: 'a reminder comes again until a turn has handled it, and that turn alone has an effect',
    async check(bench) {
      const { system, node, to } = bench
      const actor = await system.spawn(Reminded, undefined, {
        node,
        durableId: 'reminded',
        supervise: { maxRestarts: 10_000, backoff: { minMs: 1, maxMs: 1 } },
      })
      const failed = nextEvent(bench, 'failure', ({ message }) => message === 'due')
      await actor.ask('set', [{ key: 'stubborn', delayMs: 0, text: 'fails twice', to }])
      await failed
      actor.tell('noteTry')
      actor.tell('noteTry')
      expect(await notes(bench, 1)).toEqual(['fails twice'])
      expect(await actor.ask('came')).toEqual(['a try', 'a try', 'fails twice'])
    },
  },
  {
    promise: '12.17',
    name: 'an actor whose output waits for a sync takes turns up to a bound of bytes, then waits',
    needs: ['held disk'],
    async check(bench) {
      const { disk, idle, recorder } = bench
      const actor = await ledger(bench)
      await actor.ask('sum')
      disk?.hold()
      const text = 'x'.repeat(1024 ** 2)
      for (let turn = 0; turn < 30; turn++) actor.tell('addAndNote', { amount: 1, to: bench.to, text })
      await idle?.()
      const early: string[] = await recorder.ask('notes')
      expect(early.length).toBeGreaterThanOrEqual(3)
      expect(early.length).toBeLessThanOrEqual(9)
      const all = notes(bench, 90)
      disk?.release()
      expect(await all).toHaveLength(90)
      expect(await actor.ask('sum')).toBe(30)
    },
  },
  {
    promise: '12.21',
    name: 'a snapshot that cannot be stored is told as a failure, and changes nothing else',
    async check(bench) {
      const { system, node } = bench
      const place = { node, name: 'unkept', durableId: 'unkept' }
      const actor = await system.spawn(Unkept, undefined, place)
      const failed = nextEvent(bench, 'failure', ({ message }) => message === 'snapshot')
      await actor.ask('add', 1)
      await actor.ask('snapshot')
      const { actor: path, error, directive } = await failed
      expect(path).toContain('/unkept')
      expect(error).toBeInstanceOf(RangeError)
      expect(error.message).toBe('this state is not to be stored')
      expect(directive).toBe('resume')
      await actor.ask('add', 2)
      await actor.stop()
      expect(await (await system.spawn(Unkept, undefined, place)).ask('sum')).toBe(3)
    },
  },
]
