/** Section 5: promises that nobody awaits and that reject. */
import type { ActorHandle, ProtocolOf, SystemSpawnOptions } from '@troupe/core'
import { expect } from 'vitest'
import { Member } from '../actors/family.ts'
import { Stray, type StrayArgs } from '../actors/stray.ts'
import type { Bench, Case } from '../host.ts'
import { nextEvent } from './support.ts'

type StrayHandle = ActorHandle<ProtocolOf<typeof Stray>>

function stray(bench: Bench, args: StrayArgs = {}, options: SystemSpawnOptions = {}): Promise<StrayHandle> {
  return bench.system.spawn(Stray, args, { node: bench.node, ...options })
}

const failure = (bench: Bench, text: string) => nextEvent(bench, 'failure', ({ error }) => error.message === text)
const late = (bench: Bench, text: string) => nextEvent(bench, 'lateRejection', ({ error }) => error.message === text)

/** Runs `cause` on a fresh actor, and expects that it fails by the rejection `text` and begins anew. */
async function expectFailure(bench: Bench, text: string, cause: (actor: StrayHandle) => unknown): Promise<void> {
  const failed = failure(bench, text)
  const actor = await stray(bench, {}, { name: 'stray' })
  actor.tell('add', 10)
  await cause(actor)
  expect(await failed).toMatchObject({
    actor: `/${bench.node}/stray`,
    message: 'rejection',
    error: { name: 'RangeError' },
    directive: 'restart',
  })
  expect(await actor.ask('count')).toBe(0)
}

export const strays: readonly Case[] = [
  {
    promise: '5.14',
    name: 'a promise that a synchronous turn left fails its actor, whose asker had its reply',
    check: (bench) =>
      expectFailure(bench, 'left', async (actor) => expect(await actor.ask('leave', ['left'])).toBe('left')),
  },
  {
    promise: '5.14',
    name: 'so does one that was rejected at once',
    check: (bench) => expectFailure(bench, 'at once', (actor) => actor.tell('leaveRejected', 'at once')),
  },
  {
    promise: '5.14',
    name: 'so does one that an asynchronous turn forgot to await',
    check: (bench) =>
      expectFailure(bench, 'forgotten', async (actor) =>
        expect(await actor.ask('forgetAwait', 'forgotten')).toBe('forgotten'),
      ),
  },
  {
    promise: '5.14',
    name: 'so does one that goes on after its turn',
    check: (bench) =>
      expectFailure(bench, 'gone on', async (actor) => {
        expect(await actor.ask('goOn', { gate: bench.gate.ref, text: 'gone on' })).toBe('goes on')
        await bench.gate.ask('arrived', 1)
        expect(await actor.ask('count')).toBe(10)
        bench.gate.tell('open')
      }),
  },
  {
    promise: '5.14',
    name: 'so does one that the turn of a timer left',
    check: (bench) => expectFailure(bench, 'by a timer', (actor) => actor.tell('remind', 'by a timer')),
  },
  {
    promise: '5.14',
    name: "an ask that nobody awaits and that fails is its asker's failure too",
    async check(bench) {
      const { system, node, to } = bench
      const asked = await system.spawn(
        Member,
        { to, name: 'asked' },
        { node, name: 'asked', supervise: { onFailure: 'resume' } },
      )
      const asker = await stray(bench, {}, { name: 'asker' })
      const asking = nextEvent(bench, 'failure', ({ actor }) => actor === `/${node}/asker`)
      const failed: string[] = []
      system.events.on('failure', ({ actor, message }) => failed.push(`${actor} ${message}`))
      asker.tell('forgetAsk', asked.ref)
      expect(await asking).toMatchObject({ message: 'rejection', error: { name: 'RangeError', message: 'range' } })
      await asked.ask('items')
      expect(failed).toEqual([`/${node}/asked fail`, `/${node}/asker rejection`])
    },
  },
  {
    promise: '5.14',
    name: 'so is a task',
    async check(bench) {
      const failed = nextEvent(bench, 'failure')
      const actor = await stray(bench, {}, { name: 'stray' })
      actor.tell('forgetTask', 'in a task')
      expect(await failed).toMatchObject({
        actor: `/${bench.node}/stray`,
        message: 'rejection',
        error: { code: 'ERR_TROUPE_TASK' },
      })
    },
  },
  {
    promise: '5.14',
    name: 'what init and started leave fails the actor',
    async check(bench) {
      for (const leavesIn of ['init', 'started'] as const) {
        const failed = failure(bench, `left in ${leavesIn}`)
        await stray(bench, { leavesIn }, { name: leavesIn, supervise: { onFailure: 'stop' } })
        expect(await failed).toMatchObject({
          actor: `/${bench.node}/${leavesIn}`,
          message: 'rejection',
          directive: 'stop',
        })
      }
    },
  },
  {
    promise: '5.14',
    name: 'what a pull of a stream leaves fails the producer, and the stream with it',
    async check(bench) {
      const failed = failure(bench, 'in a pull')
      const actor = await stray(bench, {}, { supervise: { onFailure: 'stop' } })
      const items: number[] = []
      for await (const item of await actor.askWith({ window: 1 }, 'items', 'in a pull')) {
        items.push(item)
        if (item === 2) break
      }
      expect(items).toEqual([1, 2])
      expect(await failed).toMatchObject({ message: 'rejection', directive: 'stop' })
    },
  },
  {
    promise: '5.14',
    name: 'each of several fails an actor that resumes; the state stays as it is',
    async check(bench) {
      const actor = await stray(bench, {}, { supervise: { onFailure: 'resume' } })
      const failures = ['a', 'b', 'c'].map((text) => failure(bench, text))
      await actor.ask('leave', ['a', 'b', 'c'])
      for (const { directive } of await Promise.all(failures)) expect(directive).toBe('resume')
      expect(await actor.ask('count')).toBe(1)
    },
  },
  {
    promise: '5.15',
    name: 'a rejection waits for the end of the turn under way',
    async check(bench) {
      const { gate } = bench
      const failed = failure(bench, 'while busy')
      const actor = await stray(bench)
      const reply = actor.ask('leaveAndWait', { gate: gate.ref, text: 'while busy' })
      await gate.ask('arrived', 1)
      gate.tell('open')
      expect(await reply).toBe(1)
      expect(await failed).toMatchObject({ message: 'rejection', directive: 'restart' })
      expect(await actor.ask('count')).toBe(0)
    },
  },
  {
    promise: '5.15',
    name: 'one that the turn awaits in the end fails nothing',
    async check(bench) {
      const { gate, system } = bench
      const actor = await stray(bench)
      const failed: string[] = []
      system.events.on('failure', ({ error }) => failed.push(error.message))
      actor.tell('add', 10)
      const reply = actor.ask('awaitLate', { gate: gate.ref, text: 'late' })
      await gate.ask('arrived', 1)
      gate.tell('open')
      expect(await reply).toBe('caught late')
      // Another that does fail comes after it.
      const next = failure(bench, 'the next')
      expect(await actor.ask('count')).toBe(10)
      actor.tell('leave', ['the next'])
      await next
      expect(failed).toEqual(['the next'])
    },
  },
  {
    promise: '5.16',
    name: 'what an earlier generation left is told and does not fail the new one',
    async check(bench) {
      const { gate } = bench
      const told = late(bench, 'of the first')
      const actor = await stray(bench, {}, { name: 'stray' })
      await actor.ask('goOn', { gate: gate.ref, text: 'of the first' })
      await gate.ask('arrived', 1)
      await expect(actor.ask('fail')).rejects.toThrow('failed')
      actor.tell('add', 5)
      gate.tell('open')
      expect(await told).toMatchObject({ actor: `/${bench.node}/stray`, generation: 0, error: { name: 'RangeError' } })
      expect(await actor.ask('count')).toBe(5)
    },
  },
  {
    promise: '5.16',
    name: 'of several at once the first restarts the actor, and the others are told',
    async check(bench) {
      const told = ['b', 'c'].map((text) => late(bench, text))
      const failed = failure(bench, 'a')
      const actor = await stray(bench)
      await actor.ask('leave', ['a', 'b', 'c'])
      expect(await failed).toMatchObject({ message: 'rejection', directive: 'restart' })
      for (const { generation } of await Promise.all(told)) expect(generation).toBe(0)
      expect(await actor.ask('count')).toBe(0)
    },
  },
  {
    promise: '5.16',
    name: 'what a stopped actor left is told',
    async check(bench) {
      const { gate } = bench
      const told = late(bench, 'of the dead')
      const actor = await stray(bench)
      await actor.ask('goOn', { gate: gate.ref, text: 'of the dead' })
      await gate.ask('arrived', 1)
      await actor.stop()
      gate.tell('open')
      await told
      const inStopped = late(bench, 'left in stopped')
      await (await stray(bench, { leavesIn: 'stopped' })).stop()
      await inStopped
    },
  },
  {
    promise: '5.17',
    name: 'what a durable actor committed before stays',
    async check(bench) {
      const failed = failure(bench, 'left beside an event')
      const actor = await stray(bench, {}, { durableId: 'stray' })
      await actor.ask('persist', 7)
      expect(await failed).toMatchObject({ message: 'rejection', directive: 'restart' })
      expect(await actor.ask('count')).toBe(7)
    },
  },
]
