/** Histories of transactions in a short notation, and oracles by trying everything. */
import type { ListOperation, ListValue, Transaction } from '@troupe/checker'

/**
 * Transactions from Elle's notation: `ax1` appends 1 to x, `ry12` reads y as [1, 2], `rx` reads it empty. Unless
 * `times` says otherwise all are concurrent and each has a process of its own.
 */
export function transactions(...texts: (string | [text: string, parts: Partial<Transaction>])[]): Transaction[] {
  return texts.map((each, index) => {
    const [text, parts] = typeof each === 'string' ? [each, {}] : each
    return {
      process: index,
      operations: operationsOf(text),
      status: 'committed',
      calledAt: 0,
      returnedAt: 100,
      ...parts,
    }
  })
}

function operationsOf(text: string): ListOperation[] {
  return [...text.matchAll(/([ar])([a-z])(\d*)/g)].map(([, name, key, digits]) => {
    const values = [...(digits as string)].map(Number)
    return name === 'a' ? ['append', key as string, values[0] as number] : ['r', key as string, values]
  })
}

/** All orders of `items` in which `mayFollow` accepts each next one after those before it. */
function* orders<Item>(
  items: readonly Item[],
  mayFollow: (next: Item, rest: readonly Item[]) => boolean,
): Generator<Item[]> {
  if (items.length === 0) yield []
  for (const next of items) {
    const rest = items.filter((other) => other !== next)
    if (!mayFollow(next, rest)) continue
    for (const tail of orders(rest, mayFollow)) yield [next, ...tail]
  }
}

type Lists = Map<string | number, readonly ListValue[]>

/** The lists after a transaction that started from `lists`, or undefined when it read something else. */
function run({ operations, status }: Transaction, lists: Lists): Lists | undefined {
  const own: Lists = new Map(lists)
  for (const [name, key, value] of operations) {
    const list = own.get(key) ?? []
    if (name === 'append') own.set(key, [...list, value])
    else if (status === 'committed' && `${list}` !== `${value}`) return undefined
  }
  return own
}

/** Every choice of which transactions of unknown outcome committed. */
function* outcomes(history: readonly Transaction[]): Generator<Transaction[]> {
  const unknown = history.filter(({ status }) => status === 'unknown')
  for (let choice = 0; choice < 1 << unknown.length; choice++) {
    yield history.filter(
      (each) =>
        each.status === 'committed' || (unknown.includes(each) && ((choice >> unknown.indexOf(each)) & 1) === 1),
    )
  }
}

const precedesInTime = (left: Transaction, right: Transaction) =>
  left.status === 'committed' && (left.returnedAt as number) < right.calledAt
const precedesInProcess = (left: Transaction, right: Transaction) =>
  left.process === right.process && left.status === 'committed' && left.calledAt < right.calledAt

/** Whether one after the other the transactions could have read what they did, in an order that keeps `order`. */
export function serialByBruteForce(history: readonly Transaction[], order: 'none' | 'process' | 'realtime'): boolean {
  const precedes = { none: () => false, process: precedesInProcess, realtime: precedesInTime }[order]
  for (const committed of outcomes(history)) {
    const all = orders(committed, (next, rest) => !rest.some((other) => precedes(other, next)))
    for (const sequence of all) {
      let lists: Lists | undefined = new Map()
      for (const transaction of sequence) lists = lists && run(transaction, lists)
      if (lists !== undefined) return true
    }
  }
  return false
}

/**
 * Whether the transactions could have run under snapshot isolation: each reads the state at its start and no other
 * commits an append to a list of its own between its start and its commit.
 */
export function snapshotByBruteForce(history: readonly Transaction[]): boolean {
  for (const committed of outcomes(history)) {
    const events = committed.flatMap((transaction) => [
      { transaction, commits: false },
      { transaction, commits: true },
    ])
    const all = orders(
      events,
      (next, rest) => !next.commits || !rest.some((other) => other.transaction === next.transaction),
    )
    for (const sequence of all) if (runsAsSnapshots(sequence)) return true
  }
  return false
}

function runsAsSnapshots(events: readonly { transaction: Transaction; commits: boolean }[]): boolean {
  let lists: Lists = new Map()
  const started = new Map<Transaction, Lists>()
  for (const { transaction, commits } of events) {
    if (!commits) {
      if (run(transaction, lists) === undefined) return false
      started.set(transaction, lists)
      continue
    }
    const snapshot = started.get(transaction) as Lists
    const after: Lists = new Map(lists)
    for (const [name, key, value] of transaction.operations) {
      if (name !== 'append') continue
      if (snapshot.get(key) !== lists.get(key)) return false
      after.set(key, [...(after.get(key) ?? []), value])
    }
    lists = after
  }
  return true
}
