/** Section 12: durable actors and output commit. */
import { namedRef } from '@troupe/core'
import { expect } from 'vitest'
import { Ledger } from '../actors/ledger.ts'
import { Recorder } from '../actors/recorder.ts'
import type { Bench, Case } from '../host.ts'
import { notes, subject } from './support.ts'

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
]
