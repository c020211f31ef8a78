/** Section 20: tasks. Section 2: shared memory. */
import { expect } from 'vitest'
import { describeText, endless, failing, Tasker } from '../actors/tasker.ts'
import type { Bench, Case } from '../host.ts'

const tasker = ({ system, node }: Bench, options: object = {}) => system.spawn(Tasker, undefined, { node, ...options })
const countIn = (memory: SharedArrayBuffer) => Atomics.load(new Int32Array(memory), 0)

/** Asks until the count is there: it is added behind the turn of an actor, whose reply may be here before it. */
async function untilCounted(
  asker: Awaited<ReturnType<typeof tasker>>,
  memory: SharedArrayBuffer,
  count: number,
): Promise<void> {
  for (let tries = 0; tries < 1_000 && countIn(memory) < count; tries++) await asker.ask('sum')
  expect(countIn(memory)).toBe(count)
}

export const tasks: readonly Case[] = [
  {
    promise: '2.3',
    name: 'shared memory is shared by sender, receiver and task',
    async check(bench) {
      const memory = new SharedArrayBuffer(4)
      const actor = await tasker(bench)
      expect(await actor.ask('share', memory)).toBe(1)
      expect(countIn(memory)).toBe(1)
    },
  },
  {
    promise: '20.1',
    name: 'a task gets a copy of its arguments and its caller a copy of the result',
    async check(bench) {
      const actor = await tasker(bench)
      expect(await actor.ask('describe', 'four')).toEqual({ length: 4, own: ['own'], back: ['own', 'seen'] })
    },
  },
  {
    promise: '20.1',
    name: 'the program runs tasks too',
    async check({ system }) {
      const tags = new Set(['own'])
      expect(await system.task(describeText, { text: 'four', tags })).toEqual({
        length: 4,
        tags: new Set(['own', 'seen']),
      })
      expect([...tags]).toEqual(['own'])
    },
  },
  {
    promise: '20.2',
    name: 'a task that throws is a TaskError with the cause, and the actor goes on',
    async check(bench) {
      const actor = await tasker(bench)
      expect(await actor.ask('fail', 'too far')).toBe('TaskError ERR_TROUPE_TASK failed RangeError: too far')
      const failure = { code: 'ERR_TROUPE_TASK', facts: { task: 'failing', reason: 'failed' } }
      await expect(bench.system.task(failing, 'out')).rejects.toMatchObject(failure)
      expect(await actor.ask('sum')).toBe(0)
    },
  },
  {
    promise: '20.2',
    name: 'a failure that the actor does not catch fails its turn',
    async check(bench) {
      const actor = await tasker(bench)
      await expect(actor.ask('failAlone', 'out')).rejects.toMatchObject({ code: 'ERR_TROUPE_TASK' })
    },
  },
  {
    promise: '20.3',
    name: 'transferred buffers are moved in and out, with the views on them',
    async check(bench) {
      const actor = await tasker(bench)
      expect(await actor.ask('move', 5)).toEqual({ detached: true, result: [7, 7, 7] })
    },
  },
  {
    promise: '20.3',
    name: 'arguments that cannot be sent are refused, and nothing is detached',
    async check(bench) {
      const actor = await tasker(bench)
      expect(await actor.ask('moveWhatCannot')).toEqual({ failure: 'ERR_TROUPE_NOT_SENDABLE', detached: false })
    },
  },
  {
    promise: '20.4',
    name: 'a task ends by its timeout',
    async check(bench) {
      const actor = await tasker(bench)
      expect(await actor.ask('timeOut', 1)).toBe('TaskError ERR_TROUPE_TASK timeout')
      await expect(bench.system.task(endless, undefined, { timeoutMs: 1 })).rejects.toMatchObject({
        facts: { reason: 'timeout', timeoutMs: 1 },
      })
      await expect(bench.system.task(endless, undefined, { timeoutMs: 0 })).rejects.toMatchObject({
        code: 'ERR_TROUPE_CONFIGURATION',
      })
    },
  },
  {
    promise: '20.4',
    name: "a task ends by its caller's signal, aborted before or later",
    async check(bench) {
      const actor = await tasker(bench)
      const aborted = 'TaskError ERR_TROUPE_TASK aborted Error: enough'
      expect(await actor.ask('abort', false)).toBe(aborted)
      expect(await actor.ask('abort', true)).toBe(aborted)
    },
  },
  {
    promise: '20.4',
    name: 'a task ends when its actor restarts, or stops',
    async check(bench) {
      const memory = new SharedArrayBuffer(4)
      const actor = await tasker(bench)
      await expect(actor.ask('endWhileItRuns', { memory, how: 'fail' })).rejects.toThrow('on purpose')
      await untilCounted(actor, memory, 1)
      actor.tell('endWhileItRuns', { memory, how: 'stop' })
      await bench.system.terminated(actor.ref)
      const another = await tasker(bench)
      await untilCounted(another, memory, 2)
    },
  },
  {
    promise: '20.5',
    name: 'a durable actor runs a task before it persists',
    async check(bench) {
      const durable = await tasker(bench, { durableId: 'tasker' })
      expect(await durable.ask('addLength', 'four')).toBe(4)
      await expect(durable.ask('persistFirst')).rejects.toMatchObject({ code: 'ERR_TROUPE_DURABILITY' })
      expect(await durable.ask('sum')).toBe(4)
    },
  },
  {
    promise: '20.5',
    name: "a durable actor's task waits for the sync of what was persisted before it",
    needs: ['held disk'],
    async check(bench) {
      const { disk, idle } = bench
      const durable = await tasker(bench, { durableId: 'tasker' })
      expect(await durable.ask('addLength', 'four')).toBe(4)
      const memory = new SharedArrayBuffer(4)
      disk?.hold()
      durable.tell('add', 1)
      durable.tell('raise', memory)
      await idle?.()
      expect(countIn(memory)).toBe(0)
      disk?.release()
      expect(await durable.ask('sum')).toBe(5)
      expect(countIn(memory)).toBe(1)
    },
  },
]
