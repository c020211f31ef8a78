/** The two log formats: what each line means, and that nothing else is taken for one. */
import { checkHistoryText, HistoryError, parseJepsenEtcdLog, parseKeyValueLog } from '@troupe/checker'
import { describe, expect, test } from 'vitest'

const etcd = (...lines: string[]) => lines.map((line) => `INFO  jepsen.util - ${line}`).join('\n')
const kv = (process: number, type: string, f: string, value: string) =>
  `{:process ${process}, :type :${type}, :f :${f}, :key "k", :value ${value}}`

function errorOf(run: () => unknown): HistoryError {
  try {
    run()
  } catch (error) {
    if (error instanceof HistoryError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('a Jepsen log of a register', () => {
  test('calls and returns are paired by process', () => {
    const text = etcd('0\t:invoke\t:read\tnil', '12  :invoke :cas    [3 -1]', '0 :ok :read 3', '12 :fail :cas [3 -1]')
    expect(parseJepsenEtcdLog(`${text}\r\n\n`)).toEqual([
      { process: 0, input: { name: 'read' }, output: 3, calledAt: 0, returnedAt: 2 },
      {
        process: 12,
        input: { name: 'compareAndSet', expected: 3, value: -1 },
        output: false,
        calledAt: 1,
        returnedAt: 3,
      },
    ])
  })

  test('what timed out never returned, what failed is left out', () => {
    const text = etcd(
      '0 :invoke :write 1',
      '0 :info :write :timed-out',
      '1 :invoke :read nil',
      '1 :fail :read :timed-out',
      '1 :invoke :write 2',
      '1 :fail :write 2',
      '2 :invoke :cas [nil 2]',
    )
    expect(parseJepsenEtcdLog(text)).toEqual([
      { process: 0, input: { name: 'write', value: 1 }, calledAt: 0 },
      { process: 1, input: { name: 'read' }, calledAt: 1 },
      { process: 2, input: { name: 'compareAndSet', expected: null, value: 2 }, calledAt: 3 },
    ])
  })

  test('an unanswered compare-and-set may or may not have applied', () => {
    const lines = ['0 :invoke :write 1', '0 :ok :write 1', '1 :invoke :cas [1 2]', '1 :info :cas :timed-out']
    const verdict = (...values: number[]) =>
      checkHistoryText(
        'register',
        etcd(...lines, ...values.flatMap((value) => ['2 :invoke :read nil', `2 :ok :read ${value}`])),
      ).verdict
    expect(verdict(1, 1)).toBe(true)
    expect(verdict(1, 2, 2)).toBe(true)
    expect(verdict(2, 1)).toBe(false)
  })

  test('lines of other loggers and of the fault injector are passed over', () => {
    const text = `INFO  jepsen.core - Worker 3 starting\n${etcd(':nemesis :info :start "Cut off"')}`
    expect(parseJepsenEtcdLog(text)).toEqual([])
  })

  test.each([
    ['not a log', 1],
    [etcd('0 :invoke :read nil', '0 :ok :read maybe'), 2],
    [etcd('0 :invoke :read 3'), 1],
    [etcd('0 :invoke :cas 3'), 1],
    [etcd('0 :invoke :enqueue 3'), 1],
    [etcd('0 :ok :read 3'), 1],
    [etcd('0 :invoke :read nil', '0 :invoke :read nil'), 2],
    [etcd('0 :invoke :read nil', '0 :ok :write 3'), 2],
    [etcd('0 :invoke :write 3', '0 :ok :write 4'), 2],
    [etcd('0 :invoke :write 3', '0 :ok :write :timed-out'), 2],
    [etcd('0 :invoke :write 99999999999999999999'), 1],
  ])('%s: refused in its line', (text, line) => {
    const error = errorOf(() => parseJepsenEtcdLog(text))
    expect(error.facts).toEqual({ line })
    expect(error.message).toContain(`line ${line}: `)
  })
})

describe('a log of a key-value store', () => {
  test('keys and strings are read as EDN writes them', () => {
    const text = String.raw`{:process 3, :type :invoke, :f :put, :key "a\"b", :value "x, :y\n\\"}
{:index 1, :process 3, :type :ok, :f :put, :key "a\"b", :value "x, :y\n\\"}`
    expect(parseKeyValueLog(text)).toEqual([
      {
        process: 3,
        input: { name: 'put', key: 'a"b', value: 'x, :y\n\\' },
        output: undefined,
        calledAt: 0,
        returnedAt: 1,
      },
    ])
  })

  test('what has no outcome never returned, what failed is left out', () => {
    const lines = [kv(0, 'invoke', 'put', '"1"'), kv(0, 'fail', 'put', '"1"'), kv(1, 'invoke', 'append', '"2"')]
    expect(
      parseKeyValueLog([...lines, kv(1, 'info', 'append', 'nil'), kv(2, 'invoke', 'get', 'nil')].join('\n')),
    ).toEqual([
      { process: 1, input: { name: 'append', key: 'k', value: '2' }, calledAt: 1 },
      { process: 2, input: { name: 'get', key: 'k' }, calledAt: 2 },
    ])
    expect(
      checkHistoryText('kv', [kv(0, 'invoke', 'put', '"1"'), kv(2, 'invoke', 'get', 'nil')].join('\n')).verdict,
    ).toBe(true)
  })

  test.each([
    ['{:process 0}', 1],
    ['nothing', 1],
    [kv(0, 'invoke', 'get', '"x"'), 1],
    [kv(0, 'invoke', 'put', 'nil'), 1],
    [kv(0, 'invoke', 'delete', 'nil'), 1],
    [kv(0, 'ok', 'get', '"x"'), 1],
    [`${kv(0, 'invoke', 'get', 'nil')}\n${kv(0, 'ok', 'get', 'nil')}`, 2],
    [`${kv(0, 'invoke', 'get', 'nil')}\n${kv(0, 'ok', 'put', '"x"')}`, 2],
    [`${kv(0, 'invoke', 'put', '"x"')}\n${kv(0, 'ok', 'put', '"y"')}`, 2],
    [`${kv(0, 'invoke', 'get', 'nil')}\n${kv(0, 'invoke', 'get', 'nil')}`, 2],
    ['{:process 0, :process 0, :type :ok, :f :get, :key "k", :value nil}', 1],
    ['{:process x, :type :invoke, :f :get, :key "k", :value nil}', 1],
    ['{:process 0, :type :invoke, :f :get, :key "k", :value nil, :extra 1}', 1],
  ])('%s: refused in its line', (text, line) => {
    expect(errorOf(() => parseKeyValueLog(text)).facts).toEqual({ line })
  })
})

test('an unknown format is refused', () => {
  expect(() => checkHistoryText('queue' as 'kv', '')).toThrow(HistoryError)
})
