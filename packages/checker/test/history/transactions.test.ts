/** Anomalies and levels of the examples in Elle's own tests and in Adya, Liskov and O'Neil (2000). */
import {
  checkTransactions,
  formatAnomaly,
  HistoryError,
  type IsolationLevel,
  isolationLevels,
  type Transaction,
} from '@troupe/checker'
import { describe, expect, test } from 'vitest'
import { transactions } from './transactions.ts'

/** The names of the anomalies, each once. */
function anomalies(history: Transaction[]): string[] {
  return [...new Set(checkTransactions(history).anomalies.map(({ name }) => name))].sort()
}

function failing(history: Transaction[]): IsolationLevel[] {
  const { levels } = checkTransactions(history)
  return isolationLevels.filter((level) => levels[level] === false)
}

const from = (level: IsolationLevel) => isolationLevels.slice(isolationLevels.indexOf(level))
const without = (levels: IsolationLevel[], ...left: IsolationLevel[]) => levels.filter((level) => !left.includes(level))
const sequence = (...texts: [string, number | string][]) =>
  transactions(
    ...texts.map(([text, process], index): [string, Partial<Transaction>] => [
      text,
      { process, calledAt: 2 * index, returnedAt: 2 * index + 1 },
    ]),
  )

describe('cycles', () => {
  test('serializable: figure 3 of Adya, Liskov and O’Neil', () => {
    const history = transactions('az1ax1ay1', 'rx1ay2', 'ry12az3', 'rz13')
    const { anomalies, levels, dependencies } = checkTransactions(history)
    expect(anomalies).toEqual([])
    expect(Object.values(levels)).toEqual(isolationLevels.map(() => true))
    expect(new Set(dependencies.map(({ from, to }) => `${from}${to}`))).toEqual(new Set(['01', '02', '12', '23']))
  })

  test('G0: two transactions write over each other', () => {
    const history = transactions('ax1ay1', 'ax2ay2', 'rx12ry21')
    expect(anomalies(history)).toContain('G0')
    expect(failing(history)).toEqual(isolationLevels)
  })

  test('G0 from a list that misses a value', () => {
    expect(anomalies(transactions('ax1ay1', 'ax2ay2', 'ax3ay3', 'rx12', 'ry2'))).toEqual(
      expect.arrayContaining(['G0', 'G-single']),
    )
  })

  test('G1c: information flows in a circle', () => {
    const history = transactions('ax1ry1', 'ax2ay1', 'rx12ry1')
    expect(anomalies(history)).toEqual(['G1c'])
    expect(failing(history)).toEqual(from('read-committed'))
  })

  test('G-single: a read skew', () => {
    const history = transactions('ax1ay1', 'ax2ry', 'rx12')
    expect(anomalies(history)).toEqual(['G-single'])
    expect(failing(history)).toEqual(from('repeatable-read'))
    const { anomalies: found } = checkTransactions(history)
    expect(formatAnomaly(history, found[0] as (typeof found)[0])).toBe(`G-single
  T1: append x 2, read y [] (process 1)
  T0: append x 1, append y 1 (process 0)
  T1 -rw-> T0: T1 read y empty, without T0's append of 1
  T0 -ww-> T1: T1 appended 2 to x after T0 appended 1`)
  })

  test('G2-item: a write skew, which snapshot isolation allows', () => {
    for (const history of [transactions('ax1ry', 'ay1rx'), transactions('rxay1', 'ryax1')]) {
      expect(anomalies(history)).toEqual(['G2-item'])
      expect(failing(history)).toEqual(
        without(
          from('repeatable-read'),
          'snapshot-isolation',
          'strong-session-snapshot-isolation',
          'strong-snapshot-isolation',
        ),
      )
    }
  })

  test('G-nonadjacent: a long fork, which snapshot isolation does not allow', () => {
    const history = transactions('ax1', 'rx1ry', 'ay1', 'ry1rx')
    expect(anomalies(history)).toEqual(['G-nonadjacent'])
    expect(failing(history)).toEqual(from('repeatable-read'))
    expect(anomalies(transactions('ax1at1', 'rx1ry', 'ay1az2', 'rz2rt'))).toContain('G-nonadjacent')
  })

  test('two rw edges next to each other in a longer cycle are none', () => {
    const history = transactions('re1ra', 'aa1rb', 'ab1ac1', 'rc1rd', 'ad1ae1')
    expect(checkTransactions(history).levels['snapshot-isolation']).toBe(true)
    expect(checkTransactions(history).levels.serializable).toBe(false)
  })

  test('strong snapshot isolation: a read misses what had returned before', () => {
    const history = sequence(['ax1', 0], ['ax2', 1], ['rx1', 2], ['rx12', 3])
    expect(anomalies(history)).toEqual(['G-single-realtime'])
    expect(failing(history)).toEqual(from('strong-snapshot-isolation'))
  })

  test('strong session: a read misses what its process did', () => {
    const history = sequence(['ax1', 0], ['ax2', 1], ['rx1', 1], ['rx12', 2])
    expect(anomalies(history)).toContain('G-single-process')
    expect(failing(history)).toEqual(from('strong-session-snapshot-isolation'))
  })

  test('G-nonadjacent-process', () => {
    const history = sequence(['rxrz1', 0], ['ax1', 1], ['rz', 1], ['az1', 2])
    expect(anomalies(history)).toContain('G-nonadjacent-process')
    expect(checkTransactions(history).levels.serializable).toBe(true)
    expect(failing(history)).toEqual(from('strong-session-snapshot-isolation'))
  })

  test('G1c-process', () => {
    const history = sequence(['rx1ay1', 1], ['ry1', 2], ['ax1', 2])
    expect(anomalies(history)).toContain('G1c-process')
    expect(failing(history)).toEqual(from('strong-session-snapshot-isolation'))
  })
})

describe('reads', () => {
  test('G1a: the value of an aborted transaction', () => {
    const history = transactions(['ax1', { status: 'aborted' }], 'rx1ax2', 'rx12ry3', 'ay3')
    expect(checkTransactions(history).anomalies.filter(({ name }) => name === 'G1a')).toEqual([
      { name: 'G1a', transactions: [1, 0], key: 'x', values: [1] },
      { name: 'G1a', transactions: [2, 0], key: 'x', values: [1] },
    ])
    expect(failing(history)).toEqual(from('read-committed'))
  })

  test('G1b: a list in the middle of a transaction', () => {
    const history = transactions('ax1ax2', 'rx1')
    expect(anomalies(history)).toEqual(['G-single', 'G1b'])
    expect(failing(history)).toEqual(from('read-committed'))
    expect(anomalies(transactions('ax1rx1ax2'))).toEqual([])
  })

  test.each(['rx12ax3rx12', 'rx12ax3rx012', 'rx12ax3rx1234', 'rx12ax3rx1', 'ax3rx1234', 'ax3rx'])(
    'internal: %s',
    (text) => {
      expect(anomalies(transactions(text, 'ax0', 'ax1', 'ax2', 'ax4'))).toContain('internal')
    },
  )

  test('a transaction may read what it appended itself', () => {
    expect(anomalies(transactions('ry56ax3rx123ax4rx1234', 'ax1ax2', 'ay5ay6'))).toEqual([])
  })

  test('internal: two appends of one transaction are read the other way round, or one without the other', () => {
    expect(anomalies(transactions('ax1ax2', 'rx21'))).toContain('internal')
    expect(anomalies(transactions('ax1ax2', 'rx2'))).toContain('internal')
    expect(failing(transactions('ax1ax2', 'rx2'))).toEqual(from('repeatable-read'))
  })

  test('future-read: a transaction reads what it appends later', () => {
    expect(anomalies(transactions('rx1ax1'))).toEqual(['future-read'])
    expect(failing(transactions('rx1ax1'))).toEqual(from('read-committed'))
  })

  test('incompatible-order: two reads that are no beginnings of one list', () => {
    const history = transactions('ax1ry1', 'ax2', 'ax3ay1', 'rx13', 'rx123')
    expect(anomalies(history)).toEqual(expect.arrayContaining(['G1c', 'incompatible-order']))
  })

  test('dirty-update: an append on top of an aborted one', () => {
    expect(anomalies(transactions(['ax1', { status: 'aborted' }], 'ax2', 'rx12'))).toEqual(['G1a', 'dirty-update'])
    const indirect = transactions(['ax1', { status: 'aborted' }], ['ax2', { status: 'unknown' }], 'ax3', 'rx123')
    expect(anomalies(indirect)).toEqual(['G1a', 'dirty-update'])
    expect(anomalies(transactions(['ax1', { status: 'aborted' }]))).toEqual([])
  })

  test('duplicate-elements and unwritten-read', () => {
    expect(anomalies(transactions('ax1ry1', 'ax2ay1', 'rx121'))).toEqual(
      expect.arrayContaining(['G1c', 'duplicate-elements']),
    )
    expect(failing(transactions('rx9'))).toEqual(isolationLevels)
    expect(anomalies(transactions('rx9'))).toEqual(['unwritten-read'])
  })

  test('lost-update: two transactions append to what both read', () => {
    const history = transactions('ax0', 'rx0ax1', 'rx0ax2')
    expect(anomalies(history)).toEqual(['G2-item', 'lost-update'])
    expect(failing(history)).toEqual(from('repeatable-read'))
    expect(anomalies(transactions('rxax1ax2', 'rx12'))).toEqual([])
  })

  test('an unknown transaction counts as far as its appends were seen', () => {
    expect(anomalies(transactions(['ax2ry', { status: 'unknown' }], 'ax1ay1', 'rx12ry1'))).toEqual([])
    expect(anomalies(transactions(['ax1ay1', { status: 'unknown' }], 'rx1ry'))).toEqual(['G-single'])
    expect(anomalies(transactions(['ax1ay1', { status: 'unknown' }], 'rxry'))).toEqual([])
  })
})

describe('limits', () => {
  test('a value appended twice is refused', () => {
    expect(() => checkTransactions(transactions('ax1', 'ay2ax1'))).toThrow(HistoryError)
  })

  test('levels whose order was left out, or for which the steps did not do, are unknown', () => {
    const stale = sequence(['ax1', 0], ['rx', 1])
    expect(checkTransactions(stale).levels['strict-serializable']).toBe(false)
    const { levels } = checkTransactions(stale, { orders: ['process'] })
    expect(levels).toMatchObject({
      serializable: true,
      'strong-session-serializable': true,
      'strict-serializable': 'unknown',
    })
    const cut = checkTransactions(transactions('ax1', 'rx1ry', 'ay1', 'ry1rx'), { stepsMax: 1 })
    expect(cut.levels.serializable).toBe('unknown')
  })

  test('ten thousand serial transactions are strictly serializable', () => {
    const lists = new Map<string, number[]>()
    const history = Array.from({ length: 10_000 }, (_, index): Transaction => {
      const key = `list ${index % 500}`
      const list = lists.get(key) ?? []
      lists.set(key, [...list, index])
      const operations = [['r', key, list] as const, ['append', key, index] as const]
      return { process: index % 10, operations, status: 'committed', calledAt: index, returnedAt: index + 3 }
    })
    const { levels, anomalies } = checkTransactions(history)
    expect(anomalies).toEqual([])
    expect(levels['strict-serializable']).toBe(true)
  })
})
