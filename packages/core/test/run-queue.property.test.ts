/** The run queue: who is taken when, and that nobody is left out. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ActorCell } from '../src/actor-cell.ts'
import { RunQueue } from '../src/run-queue.ts'

/** The queue never looks into a cell. */
function cell(name: number | string): ActorCell {
  return { name } as unknown as ActorCell
}

test('each cell that went in leaves once, and nothing else does', () => {
  const operation = fc.constantFrom('push', 'spawn', 'shift')
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 400 }), (operations) => {
      const queue = new RunQueue()
      const waiting = new Set<ActorCell>()
      for (const [index, operation] of operations.entries()) {
        if (operation === 'shift') {
          const taken = queue.shift()
          expect(taken === undefined ? waiting.size : waiting.delete(taken)).toBe(taken === undefined ? 0 : true)
        } else {
          const one = cell(index)
          waiting.add(one)
          if (operation === 'push') queue.push(one)
          else queue.pushSpawned(one)
        }
        expect(queue.length).toBe(waiting.size)
        expect(new Set(queue)).toEqual(waiting)
      }
      while (queue.length > 0) expect(waiting.delete(queue.shift() as ActorCell)).toBe(true)
      expect(waiting.size).toBe(0)
      expect(queue.shift()).toBeUndefined()
    }),
  )
})

test('without spawns it is first in, first out', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 200 }), (pushes) => {
      const queue = new RunQueue()
      const model: ActorCell[] = []
      for (const [index, pushes1] of pushes.entries()) {
        if (!pushes1) {
          expect(queue.shift()).toBe(model.shift())
          continue
        }
        const one = cell(index)
        queue.push(one)
        model.push(one)
      }
    }),
  )
})

test('what was spawned last is taken first, in the order in which its batch spawned it', () => {
  const queue = new RunQueue()
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(cell) as [ActorCell, ActorCell, ActorCell, ActorCell]
  queue.pushSpawned(a)
  queue.pushSpawned(b)
  expect(queue.shift()).toBe(a)
  queue.pushSpawned(c)
  queue.pushSpawned(d)
  expect([queue.shift(), queue.shift(), queue.shift()]).toEqual([c, d, b])
})

test('a tree of actors is gone through in depth', () => {
  const queue = new RunQueue()
  const depths = new Map<ActorCell, number>()
  let waitingMax = 0
  const spawn = (depth: number) => {
    const one = cell(depth)
    depths.set(one, depth)
    queue.pushSpawned(one)
  }
  spawn(0)
  for (let taken = queue.shift(); taken !== undefined; taken = queue.shift()) {
    const depth = depths.get(taken) as number
    if (depth < 14) for (let child = 0; child < 2; child++) spawn(depth + 1)
    waitingMax = Math.max(waitingMax, queue.length)
  }
  expect(depths.size).toBe(2 ** 15 - 1)
  // In breadth it would be 16,384.
  expect(waitingMax).toBeLessThan(600)
})

describe('nobody is left out', () => {
  /** How many are taken before `victim` is, when each one taken spawns `spawns` and, being no new one, comes back. */
  function takenBefore(victim: ActorCell, queue: RunQueue, spawns: number, others: ReadonlySet<ActorCell>): number {
    for (let taken = 0; taken < 100_000; taken++) {
      const next = queue.shift() as ActorCell
      if (next === victim) return taken
      if (others.has(next)) queue.push(next)
      for (let child = 0; child < spawns; child++) queue.pushSpawned(cell(taken))
    }
    throw new Error('it was never taken')
  }

  test.each([1, 2, 3])('an actor that was told, while each turn spawns %i more', (spawns) => {
    const queue = new RunQueue()
    const others = new Set(Array.from({ length: 10 }, (_, index) => cell(index)))
    for (const other of others) queue.push(other)
    const victim = cell('victim')
    queue.pushSpawned(cell('first'))
    queue.push(victim)
    // Two rounds at most: one that had begun, and its own.
    expect(takenBefore(victim, queue, spawns, others)).toBeLessThan(60)
  })

  test.each([1, 2, 3])('the one that was spawned first, while each turn spawns %i more', (spawns) => {
    const queue = new RunQueue()
    const victim = cell('victim')
    for (const first of [cell('first'), victim, cell('behind it')]) queue.pushSpawned(first)
    expect(takenBefore(victim, queue, spawns, new Set())).toBeLessThanOrEqual(2 * 64)
  })

  test('an actor that was spawned while others tell one another for ever', () => {
    const queue = new RunQueue()
    const others = new Set(Array.from({ length: 50 }, (_, index) => cell(index)))
    for (const other of others) queue.push(other)
    const victim = cell('victim')
    queue.pushSpawned(victim)
    expect(takenBefore(victim, queue, 0, others)).toBe(0)
  })

  test('an actor that was told, while a chain of actors spawns the next', () => {
    const queue = new RunQueue()
    const victim = cell('victim')
    for (let before = 0; before < 20; before++) queue.push(cell(before))
    queue.push(victim)
    queue.pushSpawned(cell('first'))
    let taken = 0
    for (let next = queue.shift(); next !== victim; next = queue.shift(), taken++) {
      if (!Number.isInteger((next as unknown as { name: unknown }).name)) queue.pushSpawned(cell('next'))
    }
    // One of the chain for each of the others, as in a queue where the chain stands behind them.
    expect(taken).toBeLessThanOrEqual(41)
  })
})
