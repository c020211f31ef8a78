/** The order of the values of each list, as committed reads show it, and the reads that contradict it. */
import type { Appends, ListKey, ListValue, Transaction } from './transaction.ts'

/** The order of one list. */
export interface VersionOrder {
  /** The values of the longest read, each once; of a list with one append that nobody saw, that. */
  readonly values: readonly ListValue[]
  readonly placeOf: ReadonlyMap<ListValue, number>
}

/** A read that is no beginning of the longest read of its list. */
interface IncompatibleRead {
  readonly key: ListKey
  readonly transaction: number
  readonly read: readonly ListValue[]
  readonly longest: readonly ListValue[]
}

/** The orders of all lists that were read or appended to, and what contradicts them. */
export interface VersionOrders {
  readonly orders: ReadonlyMap<ListKey, VersionOrder>
  readonly incompatible: readonly IncompatibleRead[]
}

/** Finds the orders. Only committed transactions are believed. */
export function versionOrders(history: readonly Transaction[], appends: Appends): VersionOrders {
  const longest = new Map<ListKey, readonly ListValue[]>()
  const reads: { key: ListKey; transaction: number; read: readonly ListValue[] }[] = []
  history.forEach(({ status, operations }, transaction) => {
    if (status !== 'committed') return
    for (const [name, key, read] of operations) {
      if (name !== 'r' || read === null) continue
      reads.push({ key, transaction, read })
      if (read.length > (longest.get(key)?.length ?? 0)) longest.set(key, read)
    }
  })
  const orders = new Map<ListKey, VersionOrder>()
  for (const key of new Set([...appends.keys(), ...longest.keys()])) {
    const values = [...new Set(longest.get(key) ?? onlyAppend(history, appends, key))]
    orders.set(key, { values, placeOf: new Map(values.map((value, place) => [value, place])) })
  }
  const incompatible = reads.flatMap(({ key, transaction, read }) => {
    const whole = longest.get(key) ?? []
    return read.every((value, place) => value === whole[place]) ? [] : [{ key, transaction, read, longest: whole }]
  })
  return { orders, incompatible }
}

/** The value of a list that was appended to once, by a transaction that did not abort: its order needs no read. */
function onlyAppend(history: readonly Transaction[], appends: Appends, key: ListKey): ListValue[] {
  const possible = [...(appends.get(key) ?? [])].filter(
    ([, { transaction }]) => history[transaction]?.status !== 'aborted',
  )
  return possible.length === 1 ? [(possible[0] as [ListValue, unknown])[0]] : []
}
