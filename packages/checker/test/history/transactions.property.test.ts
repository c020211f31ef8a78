/** Levels of random histories of transactions against trying every order, and of what a serial executor did. */
import { checkTransactions, type ListOperation, type ListValue, type Transaction } from '@troupe/checker'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { serialByBruteForce, snapshotByBruteForce } from './transactions.ts'

const keys = ['x', 'y'] as const

/**
 * Three transactions that read and append at random states of the lists, and one that reads all lists at the end. The
 * lists are as if each operation had run by itself in a random order, so that some histories are good and most are not.
 */
const histories = fc
  .record({
    operations: fc.array(
      fc.record({
        key: fc.constantFrom(...keys),
        reads: fc.boolean(),
        place: fc.nat({ max: 999 }),
        stale: fc.nat({ max: 5 }),
      }),
      {
        minLength: 6,
        maxLength: 6,
      },
    ),
    spans: fc.array(fc.record({ at: fc.nat({ max: 6 }), takes: fc.nat({ max: 3 }), process: fc.nat({ max: 1 }) }), {
      minLength: 3,
      maxLength: 3,
    }),
    unknown: fc.option(fc.nat({ max: 2 }), { freq: 3 }),
  })
  .map(({ operations, spans, unknown }): Transaction[] => {
    const made = spans.map((): ListOperation[] => [])
    const lists = new Map<string, ListValue[]>(keys.map((key) => [key, []]))
    const inOrder = operations
      .map((operation, index) => ({ ...operation, index }))
      .sort((left, right) => left.place - right.place)
    const results = new Map<number, ListOperation>()
    for (const { key, reads, stale, index } of inOrder) {
      const list = lists.get(key) as ListValue[]
      // Two operations in six read an older state.
      if (reads) results.set(index, ['r', key, stale < 2 ? list.slice(0, -1) : [...list]])
      else {
        list.push(index)
        results.set(index, ['append', key, index])
      }
    }
    operations.forEach((_, index) => {
      ;(made[index >> 1] as ListOperation[]).push(results.get(index) as ListOperation)
    })
    const free = [0, 0]
    const transactions = spans.map((span, index): Transaction => {
      const { takes, process } = span
      const at = Math.max(span.at, free[process] as number)
      free[process] = at + takes + 1
      const operations = made[index] as ListOperation[]
      if (index === unknown) return { process: 10 + index, operations, status: 'unknown', calledAt: at }
      return { process, operations, status: 'committed', calledAt: at, returnedAt: at + takes }
    })
    const final = keys.map((key): ListOperation => ['r', key, lists.get(key) as ListValue[]])
    return [...transactions, { process: 9, operations: final, status: 'committed', calledAt: 0, returnedAt: 99 }]
  })

test('the levels agree with trying every order', () => {
  const seen = new Map<string, number>()
  fc.assert(
    fc.property(histories, (history) => {
      const { levels } = checkTransactions(history)
      const expected = {
        serializable: serialByBruteForce(history, 'none'),
        'strong-session-serializable': serialByBruteForce(history, 'process'),
        'strict-serializable': serialByBruteForce(history, 'realtime'),
        'snapshot-isolation': snapshotByBruteForce(history),
      }
      for (const [level, verdict] of Object.entries(expected)) {
        seen.set(`${level} ${verdict}`, (seen.get(`${level} ${verdict}`) ?? 0) + 1)
      }
      expect(levels).toMatchObject(expected)
    }),
    { numRuns: 1500 },
  )
  expect(seen.size).toBe(8)
  expect(Math.min(...seen.values())).toBeGreaterThan(50)
})

/** What a serial executor answers; transactions take effect one after the other inside their times. */
const serialHistories = fc
  .array(
    fc.record({
      operations: fc.array(fc.record({ key: fc.constantFrom('x', 'y', 'z'), reads: fc.boolean() }), {
        minLength: 1,
        maxLength: 4,
      }),
      before: fc.double({ min: 0, max: 3, noNaN: true }),
      after: fc.double({ min: 0, max: 3, noNaN: true }),
      status: fc.constantFrom('committed', 'committed', 'committed', 'unknown', 'aborted'),
    }),
    { minLength: 20, maxLength: 40 },
  )
  .map((plans) => {
    const lists = new Map<string, ListValue[]>()
    let value = 0
    return plans.map(({ operations, before, after, status }, index): Transaction => {
      const own = new Map(lists)
      const made = operations.map(({ key, reads }): ListOperation => {
        const list = own.get(key) ?? []
        if (reads) return ['r', key, status === 'committed' ? list : null]
        own.set(key, [...list, ++value])
        return ['append', key, value]
      })
      if (status !== 'aborted') for (const [key, list] of own) lists.set(key, list)
      const calledAt = index - before
      const base = { process: index, operations: made, calledAt }
      return status === 'committed'
        ? { ...base, status, returnedAt: index + after }
        : { ...base, status: status as 'unknown' | 'aborted' }
    })
  })

test('what a serial executor did shows no anomaly', () => {
  fc.assert(
    fc.property(serialHistories, (history) => {
      const { anomalies, levels } = checkTransactions(history)
      expect(anomalies).toEqual([])
      expect(levels['strict-serializable']).toBe(true)
    }),
    { numRuns: 200 },
  )
})

test('a read that loses its last value is found when the list was read since', () => {
  fc.assert(
    fc.property(serialHistories, fc.nat(), (history, at) => {
      const reads = history.flatMap(({ operations, status }, transaction) =>
        operations.flatMap(([name, , read], place) =>
          status === 'committed' && name === 'r' && read !== null && read.length > 0 ? [{ transaction, place }] : [],
        ),
      )
      fc.pre(reads.length > 0)
      const { transaction, place } = reads[at % reads.length] as (typeof reads)[0]
      const changed = history.map((each, index) => {
        if (index !== transaction) return { ...each, calledAt: 10 * index, returnedAt: 10 * index + 1 }
        const operations = each.operations.map(
          (operation, own): ListOperation =>
            own === place && operation[0] === 'r'
              ? ['r', operation[1], (operation[2] as readonly ListValue[]).slice(0, -1)]
              : operation,
        )
        return { ...each, operations, calledAt: 10 * index, returnedAt: 10 * index + 1 }
      })
      const lists = new Map<string | number, ListValue[]>()
      for (const { operations, status } of history) {
        if (status === 'aborted') continue
        for (const [name, key, value] of operations)
          if (name === 'append') lists.set(key, [...(lists.get(key) ?? []), value])
      }
      const final = [...lists].map(([key, list]): ListOperation => ['r', key, list])
      const end: Transaction = {
        process: 'end',
        operations: final,
        status: 'committed',
        calledAt: 9999,
        returnedAt: 10_000,
      }
      // The append that the read misses had returned, or nobody knows of it and it may have come later.
      const last = history[transaction]?.operations[place]?.[2] as readonly ListValue[]
      const writer = history.find(({ operations }) =>
        operations.some(([name, , value]) => name === 'append' && value === last.at(-1)),
      )
      fc.pre(writer?.status === 'committed')
      expect(checkTransactions([...changed, end]).levels['strict-serializable']).toBe(false)
    }),
    { numRuns: 200 },
  )
})
