/**
 * The dependencies between transactions (Adya 1999, section 4.4; as Elle infers them from lists):
 *
 *     ww   one appended a value, the other the next one of that list
 *     wr   one appended the last value that the other read
 *     rw   one read a list before the other's append
 *     process, realtime   one came before the other in their process, or had returned before the other was called
 */
import type { Appends, ListKey, ListValue, Transaction } from './transaction.ts'
import type { VersionOrder } from './version-order.ts'

/** Why one transaction comes before another. */
export type DependencyKind = 'ww' | 'wr' | 'rw' | 'process' | 'realtime'

/** One transaction comes before another; by index in the history. */
export interface Dependency {
  readonly kind: DependencyKind
  readonly from: number
  readonly to: number
  /** The list that shows it; not for `process` and `realtime`. */
  readonly key?: ListKey
  /** Of ww and wr what `from` appended, of rw the last value that it read; undefined for the empty list. */
  readonly before?: ListValue | undefined
  /** Of ww and rw what `to` appended. */
  readonly after?: ListValue
}

/** All dependencies of committed transactions, and of those of unknown outcome as far as appends show them. */
export function dependenciesOf(
  history: readonly Transaction[],
  appends: Appends,
  orders: ReadonlyMap<ListKey, VersionOrder>,
): Dependency[] {
  const dependencies: Dependency[] = []
  const add = (dependency: Dependency) => {
    if (dependency.from !== dependency.to) dependencies.push(dependency)
  }
  const live = (transaction: number) => history[transaction]?.status !== 'aborted'
  /** Who read a list ending in a value, undefined for an empty one. */
  const readers = new Map<ListKey, Map<ListValue | undefined, Set<number>>>()
  history.forEach(({ status, operations }, to) => {
    if (status !== 'committed') return
    for (const [name, key, read] of operations) {
      if (name !== 'r' || read === null) continue
      const before = read.at(-1)
      const ofKey = readers.get(key) ?? new Map<ListValue | undefined, Set<number>>()
      readers.set(key, ofKey)
      ofKey.set(before, (ofKey.get(before) ?? new Set()).add(to))
      const writer = before === undefined ? undefined : appends.get(key)?.get(before)
      if (writer !== undefined && live(writer.transaction)) {
        add({ kind: 'wr', from: writer.transaction, to, key, before })
      }
    }
  })
  for (const [key, ofKey] of appends) {
    const order = orders.get(key) as VersionOrder
    for (const [after, { transaction: to }] of ofKey) {
      if (!live(to)) continue
      // What nobody saw comes after all that was seen.
      const place = order.placeOf.get(after) ?? order.values.length
      const before = place === 0 ? undefined : order.values[place - 1]
      const writer = before === undefined ? undefined : ofKey.get(before)
      if (writer !== undefined && live(writer.transaction)) {
        add({ kind: 'ww', from: writer.transaction, to, key, before, after })
      }
      for (const from of readers.get(key)?.get(before) ?? []) add({ kind: 'rw', from, to, key, before, after })
    }
  }
  return dependencies
}

/** The order of the transactions of each process, by their calls. A transaction of unknown outcome is ordered behind others only. */
export function processDependencies(history: readonly Transaction[]): Dependency[] {
  const last = new Map<number | string, number>()
  const dependencies: Dependency[] = []
  for (const to of byCall(history)) {
    const { process, status } = history[to] as Transaction
    const from = last.get(process)
    if (from !== undefined) dependencies.push({ kind: 'process', from, to })
    if (status === 'committed') last.set(process, to)
  }
  return dependencies
}

/** The order of real time, without those that follow from others. Equal times are concurrent. */
export function realtimeDependencies(history: readonly Transaction[]): Dependency[] {
  const calls = byCall(history)
  const returns = calls.filter((index) => history[index]?.status === 'committed')
  returns.sort((left, right) => returnOf(history, left) - returnOf(history, right))
  const dependencies: Dependency[] = []
  /** Those that returned and are not before another one that returned. */
  let frontier: number[] = []
  let nextReturn = 0
  for (const to of calls) {
    const { calledAt } = history[to] as Transaction
    for (; nextReturn < returns.length; nextReturn++) {
      const returned = returns[nextReturn] as number
      if (returnOf(history, returned) >= calledAt) break
      const since = (history[returned] as Transaction).calledAt
      frontier = frontier.filter((other) => returnOf(history, other) >= since)
      frontier.push(returned)
    }
    for (const from of frontier) dependencies.push({ kind: 'realtime', from, to })
  }
  return dependencies
}

function returnOf(history: readonly Transaction[], index: number): number {
  return history[index]?.returnedAt as number
}

/** The transactions that did not abort, in the order of their calls. */
function byCall(history: readonly Transaction[]): number[] {
  const calls = [...history.keys()].filter((index) => history[index]?.status !== 'aborted')
  return calls.sort((left, right) => (history[left] as Transaction).calledAt - (history[right] as Transaction).calledAt)
}
