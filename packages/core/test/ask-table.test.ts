/** Asks and their timeouts, on a virtual clock: each ends once, at its own time, and leaves nothing behind. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ActorCell } from '../src/actor-cell.ts'
import { Ref } from '../src/actor-ref.ts'
import { AskTable } from '../src/ask-table.ts'
import { CellExtras } from '../src/cell-extras.ts'
import { ActorStoppedError, AskTimeoutError, NodeDownError, SystemStoppedError } from '../src/errors.ts'
import type { PendingAsk } from '../src/pending-ask.ts'
import type { Clock } from '../src/ports/clock.ts'
import { VirtualClock } from '../src/virtual-clock.ts'

const to = new Ref('n', 0, 1, 1)
const elsewhere = new Ref('m', 0, 1, 1)
const setUp = () => {
  const clock = new VirtualClock()
  return { clock, asks: new AskTable({ clock }) }
}
const runTo = (clock: VirtualClock, time: number) => {
  while (clock.runNext(time));
  clock.moveTo(time)
}
const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('an ask', () => {
  test('ends with its reply, once', async () => {
    const { asks } = setUp()
    const { askId, promise } = asks.open(undefined, to, 'read', 10)
    expect(asks.resolve(askId, 1)).toBe(true)
    expect(asks.resolve(askId, 2)).toBe(false)
    expect(asks.reject(askId, new Error('late'))).toBe(false)
    expect(await promise).toBe(1)
    expect(asks.size).toBe(0)
  })

  test('times out at its time, with what was asked of whom', async () => {
    const { clock, asks } = setUp()
    const { promise } = asks.open(undefined, to, 'read', 10)
    const outcome = expect(promise).rejects.toMatchObject({
      code: 'ERR_TROUPE_ASK_TIMEOUT',
      facts: { message: 'read', to: 'n.0/1.1', timeoutMs: 10 },
    })
    runTo(clock, 9)
    expect(asks.size).toBe(1)
    runTo(clock, 10)
    expect(asks.size).toBe(0)
    await outcome
  })

  test('of a node that died fails, others do not', async () => {
    const { asks } = setUp()
    const lost = asks.open(undefined, elsewhere, 'read', 10)
    const kept = asks.open(undefined, to, 'read', 10)
    asks.rejectNode('m')
    await expect(lost.promise).rejects.toThrow(NodeDownError)
    expect(asks.resolve(kept.askId, 1)).toBe(true)
  })
})

test('the record of an ask is used again once it ended, unless somebody was told of it', () => {
  const told: PendingAsk[] = []
  let isObserved = false
  const asks = new AskTable({
    clock: new VirtualClock(),
    isObserved: () => isObserved,
    onOpened: (ask) => void told.push(ask),
  })
  const from = { path: () => '/n/a', extras: new CellExtras() } as unknown as ActorCell
  const open = () => asks.openThen(from, to, 'read', 10, { onReply: 'read', onError: 'lost' }, undefined)
  const recordOf = (askId: number) => asks.pending(askId) as PendingAsk
  const first = open()
  const record = recordOf(first)
  asks.resolve(first, 1)
  isObserved = true
  const second = open()
  expect(recordOf(second)).toBe(record)
  expect(told).toEqual([record])
  asks.resolve(second, 1)
  isObserved = false
  const third = open()
  expect(recordOf(third)).not.toBe(record)
  expect(told).toHaveLength(1)
  expect(record.askId).toBe(second)
})

test('every ask times out at its own time, in any mix of timeouts and replies', async () => {
  const ask = fc.record({ timeoutMs: fc.constantFrom(1, 2, 5, 100), pauseMs: fc.nat(3), reply: fc.boolean() })
  await fc.assert(
    fc.asyncProperty(fc.array(ask, { maxLength: 200 }), async (plan) => {
      const { clock, asks } = setUp()
      const ends: (number | undefined)[] = []
      const expected: (number | undefined)[] = []
      for (const [index, { timeoutMs, pauseMs, reply }] of plan.entries()) {
        const start = clock.now()
        const { askId, promise } = asks.open(undefined, to, 'read', timeoutMs)
        expected[index] = reply ? undefined : start + timeoutMs
        promise.catch((error) => {
          expect(error).toBeInstanceOf(AskTimeoutError)
        })
        if (reply) asks.resolve(askId, 1)
        // Each time the clock moves, what left the table by now must have been due, and nothing due may be left.
        runTo(clock, start + pauseMs)
        for (const [other, due] of expected.entries()) if (due !== undefined && due <= clock.now()) ends[other] ??= due
        const open = expected.filter((due) => due !== undefined && due > clock.now()).length
        expect(asks.size).toBe(open)
      }
      runTo(clock, clock.now() + 100)
      expect(asks.size).toBe(0)
      expect(clock.nextTime).toBeUndefined()
      await settled()
    }),
    { numRuns: 50 },
  )
})

test('asks are found by their numbers, however many wait, and the slow ones keep none of the others', async () => {
  const { clock, asks } = setUp()
  const slow: number[] = []
  for (let count = 0; count < 10_000; count++) {
    const { askId, promise } = asks.open(undefined, to, 'read', 1_000)
    promise.catch(() => {})
    if (count % 7 === 0) slow.push(askId)
    else expect(asks.resolve(askId, count)).toBe(true)
    expect(asks.has(askId)).toBe(count % 7 === 0)
  }
  expect(asks.size).toBe(slow.length)
  expect(slow.every((askId) => asks.pending(askId)?.askId === askId)).toBe(true)
  runTo(clock, 1_000)
  expect(asks.size).toBe(0)
  await settled()
})

test('where reading the time is dear, it is read once for many asks, and no timeout comes early', async () => {
  const clock = new VirtualClock()
  let reads = 0
  const dear: Clock = {
    slackMs: 20,
    now() {
      reads++
      return clock.now()
    },
    monotonicNow: () => clock.monotonicNow(),
    schedule: (delayMs, run) => clock.schedule(delayMs, run),
  }
  const asks = new AskTable({ clock: dear })
  const ended: number[] = []
  for (let started = 0; started < 100; started++) {
    runTo(clock, started)
    for (let count = 0; count < 100; count++) {
      asks.open(undefined, to, 'read', 1_000).promise.catch(() => ended.push(clock.now() - started))
    }
  }
  expect(reads).toBeLessThan(100)
  for (let time = 100; time <= 1_200; time++) {
    runTo(clock, time)
    await undefined
    await undefined
  }
  expect(ended.length).toBe(10_000)
  expect(Math.min(...ended)).toBeGreaterThanOrEqual(1_000)
  expect(Math.max(...ended)).toBeLessThanOrEqual(1_020)
})

test('a node that ends fails the asks from outside and leaves no task on the clock', async () => {
  const { clock, asks } = setUp()
  const { promise } = asks.open(undefined, to, 'read', 1_000)
  asks.close('the node ended')
  await expect(promise).rejects.toThrow(SystemStoppedError)
  expect(asks.size).toBe(0)
  expect(clock.nextTime).toBeUndefined()
})

test('the asks of an actor that is gone end without anybody to hear them', async () => {
  const { asks } = setUp()
  const extras = new CellExtras()
  const cell = {
    rare: () => extras,
    get lastAsk() {
      return extras.lastAsk
    },
    path: () => '/n/a',
  } as never
  const { promise } = asks.open(cell, to, 'read', 1_000)
  asks.dropCell(cell)
  // Nothing handles this promise in the actor: were it not handled by the table, the process would hear of it.
  await settled()
  await expect(promise).rejects.toThrow(ActorStoppedError)
})
