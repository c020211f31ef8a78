/** The tuple table and the state table against a Map of strings, the network table against plain sets and lists. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MessageTable } from '../src/message-table.ts'
import { NetworkTable } from '../src/network-table.ts'
import { knownState, noRoom, StateTable } from '../src/state-table.ts'
import { TupleTable } from '../src/tuple-table.ts'

test('a tuple table numbers tuples as a Map of strings does, also while it grows', () => {
  const tuples = fc.array(fc.array(fc.integer({ min: -2, max: 9 }), { maxLength: 6 }), {
    maxLength: 5_000,
    size: 'max',
  })
  fc.assert(
    fc.property(tuples, (sequence) => {
      const table = new TupleTable()
      const oracle = new Map<string, number>()
      for (const items of sequence) {
        const key = items.join()
        const tuple = Int32Array.from(items)
        expect(table.find(tuple)).toBe(oracle.get(key) ?? -1)
        if (!oracle.has(key)) oracle.set(key, oracle.size)
        expect(table.intern(tuple)).toBe(oracle.get(key))
      }
      expect(table.size).toBe(oracle.size)
      for (const [key, id] of oracle) {
        const read = new Int32Array(table.end(id) - table.start(id))
        table.read(id, read)
        expect(read.join()).toBe(key)
      }
    }),
    { numRuns: 20 },
  )
})

test.each([false, true])(
  'a state table, shared %s, numbers states as a Map of strings does, also while it grows',
  (isShared) => {
    const width = 2
    const states = fc.array(fc.tuple(fc.integer({ min: -60, max: 60 }), fc.integer({ min: 0, max: 60 })), {
      minLength: isShared ? 41_000 : 0,
      maxLength: isShared ? 60_000 : 5_000,
      size: 'max',
    })
    fc.assert(
      fc.property(states, fc.nat(), (sequence, spread) => {
        let memory = StateTable.shared(width, 1 << 16)
        const tables = isShared
          ? [new StateTable(width, memory), new StateTable(width, memory)]
          : [new StateTable(width)]
        const oracle = new Map<string, number>()
        let growths = 0
        for (const [index, items] of sequence.entries()) {
          // Few states twice in a long sequence, or it would not grow.
          const tuple = Int32Array.from(isShared && index % 50 > 0 ? [index, spread] : items)
          const table = tables[index % tables.length] as StateTable
          const key = tuple.join()
          const parent = oracle.size - 1
          expect(table.find(tuple)).toBe(oracle.get(key) ?? -1)
          let added = table.add(tuple, parent)
          if (added === noRoom) {
            memory = table.larger()
            for (const [index, one] of tables.entries()) one.adopt(memory, { index, count: tables.length })
            growths++
            added = table.add(tuple, parent)
          }
          expect(added).toBe(oracle.has(key) ? knownState : oracle.size)
          if (added === knownState) continue
          oracle.set(key, added)
          expect(table.parent(added)).toBe(parent)
        }
        if (isShared) expect(growths).toBeGreaterThan(0)
        for (const table of tables) {
          expect(table.size).toBe(oracle.size)
          const read = new Int32Array(width)
          for (const [key, id] of oracle) {
            table.read(id, read)
            expect(read.join()).toBe(key)
          }
        }
      }),
      { numRuns: isShared ? 2 : 20, endOnFailure: isShared },
    )
  },
)

test.each(['duplicating', 'unordered'] as const)('a %s network holds what was sent and not taken', (kind) => {
  const message = fc.integer({ min: 0, max: 12 })
  const step = fc.record({
    take: fc.boolean(),
    drop: fc.boolean(),
    which: fc.nat(),
    sent: fc.array(message, { maxLength: 3 }),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (sequence) => {
      const table = new NetworkTable(kind, new MessageTable())
      let network = 0
      let oracle: number[] = []
      for (const { take, drop, which, sent } of sequence) {
        const taken = take && oracle.length > 0 ? (oracle[which % oracle.length] as number) : -1
        const dropping = drop && taken >= 0
        network = table.apply(network, dropping ? table.dropDelta(taken) : table.turnDelta(taken, sent))
        if (taken >= 0 && (dropping || kind === 'unordered')) oracle.splice(oracle.indexOf(taken), 1)
        if (!dropping) oracle.push(...sent)
        if (kind === 'duplicating') oracle = [...new Set(oracle)]
        const held = Array.from({ length: table.end(network) - table.start(network) }, (_, index) =>
          table.messageAt(table.start(network) + index),
        )
        expect(held).toEqual(oracle.toSorted((left, right) => left - right))
      }
    }),
  )
})
