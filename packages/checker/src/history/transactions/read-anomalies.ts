/** The anomalies that single reads show, without a look at cycles. */
import type { Anomaly } from './anomaly.ts'
import type { Append, Appends, ListKey, ListOperation, ListValue, Transaction } from './transaction.ts'
import type { VersionOrders } from './version-order.ts'

/** All anomalies of reads, in the order of the transactions that show them, then those of whole lists. */
export function readAnomalies(
  history: readonly Transaction[],
  appends: Appends,
  { orders, incompatible }: VersionOrders,
): Anomaly[] {
  const anomalies: Anomaly[] = []
  history.forEach(({ status, operations }, transaction) => {
    if (status !== 'committed') return
    for (const [name, key, read] of operations) {
      if (name === 'r' && read !== null) anomalies.push(...anomaliesOfRead(history, appends, transaction, key, read))
    }
    anomalies.push(...internalAnomalies(transaction, operations))
  })
  for (const { key, transaction, read } of incompatible) {
    anomalies.push({ name: 'incompatible-order', transactions: [transaction], key, values: read })
  }
  for (const [key, { values }] of orders) anomalies.push(...dirtyUpdates(history, appends.get(key), key, values))
  anomalies.push(...appendsOutOfOrder(history, orders))
  anomalies.push(...lostUpdates(history))
  return anomalies
}

function anomaliesOfRead(
  history: readonly Transaction[],
  appends: Appends,
  transaction: number,
  key: ListKey,
  read: readonly ListValue[],
): Anomaly[] {
  const anomalies: Anomaly[] = []
  const ofKey = appends.get(key)
  const unwritten = read.filter((value) => !ofKey?.has(value))
  if (unwritten.length > 0)
    anomalies.push({ name: 'unwritten-read', transactions: [transaction], key, values: unwritten })
  const twice = read.filter((value, place) => read.indexOf(value) !== place)
  if (twice.length > 0) anomalies.push({ name: 'duplicate-elements', transactions: [transaction], key, values: twice })
  for (const value of new Set(read)) {
    const writer = ofKey?.get(value)?.transaction
    if (writer === undefined || history[writer]?.status !== 'aborted') continue
    anomalies.push({ name: 'G1a', transactions: [transaction, writer], key, values: [value] })
  }
  const last = read.at(-1)
  const append = last === undefined ? undefined : ofKey?.get(last)
  if (append?.intermediate === true && append.transaction !== transaction) {
    anomalies.push({ name: 'G1b', transactions: [transaction, append.transaction], key, values: [last as ListValue] })
  }
  return anomalies
}

/** What the transaction knows of a list: all of it, or its end. */
interface Known {
  readonly values: readonly ListValue[]
  readonly whole: boolean
}

function internalAnomalies(transaction: number, operations: readonly ListOperation[]): Anomaly[] {
  const anomalies: Anomaly[] = []
  const known = new Map<ListKey, Known>()
  const seen = new Map<ListKey, Set<ListValue>>()
  for (const [name, key, value] of operations) {
    const before = known.get(key) ?? { values: [], whole: false }
    if (name === 'append') {
      if (seen.get(key)?.has(value)) {
        anomalies.push({ name: 'future-read', transactions: [transaction], key, values: [value] })
      }
      known.set(key, { values: [...before.values, value], whole: before.whole })
      continue
    }
    if (value === null) continue
    const from = before.whole ? 0 : value.length - before.values.length
    const fits =
      from >= 0 &&
      value.length - from === before.values.length &&
      before.values.every((each, place) => value[from + place] === each)
    if (!fits) anomalies.push({ name: 'internal', transactions: [transaction], key, values: value })
    known.set(key, { values: value, whole: true })
    seen.set(key, new Set([...(seen.get(key) ?? []), ...value]))
  }
  return anomalies
}

/** Two appends of one transaction to one list that were read the other way round, or the second without the first. */
function appendsOutOfOrder(history: readonly Transaction[], orders: VersionOrders['orders']): Anomaly[] {
  const anomalies: Anomaly[] = []
  history.forEach(({ status, operations }, transaction) => {
    if (status === 'aborted') return
    const last = new Map<ListKey, ListValue>()
    for (const [name, key, value] of operations) {
      if (name !== 'append') continue
      const before = last.get(key)
      last.set(key, value)
      const placeOf = orders.get(key)?.placeOf
      const place = placeOf?.get(value)
      if (before === undefined || place === undefined || (placeOf?.get(before) ?? Number.POSITIVE_INFINITY) < place)
        continue
      anomalies.push({ name: 'internal', transactions: [transaction], key, values: [before, value] })
    }
  })
  return anomalies
}

/** Committed appends on top of aborted ones. */
function dirtyUpdates(
  history: readonly Transaction[],
  ofKey: ReadonlyMap<ListValue, Append> | undefined,
  key: ListKey,
  values: readonly ListValue[],
): Anomaly[] {
  let aborted: { writer: number; value: ListValue } | undefined
  const anomalies: Anomaly[] = []
  for (const value of values) {
    const writer = ofKey?.get(value)?.transaction
    if (writer === undefined) continue
    const status = history[writer]?.status
    if (status === 'aborted') aborted ??= { writer, value }
    if (status !== 'committed') continue
    if (aborted !== undefined) {
      anomalies.push({
        name: 'dirty-update',
        transactions: [aborted.writer, writer],
        key,
        values: [aborted.value, value],
      })
    }
    aborted = undefined
  }
  return anomalies
}

/** Committed transactions that first read a list alike and then appended to it. */
function lostUpdates(history: readonly Transaction[]): Anomaly[] {
  const anomalies: Anomaly[] = []
  const updaters = new Map<ListKey, Map<string, { values: readonly ListValue[]; transactions: number[] }>>()
  history.forEach(({ status, operations }, transaction) => {
    if (status !== 'committed') return
    const read = new Map<ListKey, readonly ListValue[]>()
    const appended = new Set<ListKey>()
    for (const [name, key, value] of operations) {
      if (name === 'append') appended.add(key)
      else if (value !== null && !read.has(key) && !appended.has(key)) read.set(key, value)
    }
    for (const [key, values] of read) {
      if (!appended.has(key)) continue
      const ofKey = updaters.get(key) ?? new Map()
      updaters.set(key, ofKey)
      const version = JSON.stringify(values)
      const own = ofKey.get(version) ?? { values, transactions: [] }
      ofKey.set(version, own)
      own.transactions.push(transaction)
    }
  })
  for (const [key, ofKey] of updaters) {
    for (const { values, transactions } of ofKey.values()) {
      if (transactions.length > 1) anomalies.push({ name: 'lost-update', transactions, key, values })
    }
  }
  return anomalies
}
