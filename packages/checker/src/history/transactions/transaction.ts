/**
 * Transactions over lists: each appends values to lists and reads whole lists. Every value is appended to a list once,
 * so a read tells which appends came before it and in which order (Kingsbury and Alvaro 2020, "Elle").
 */
import { HistoryError } from '../history-error.ts'

/** Names a list. The number 1 and the string '1' are two keys. */
export type ListKey = string | number

/** What is appended; unique in its list. */
export type ListValue = string | number

/** `['append', key, value]`, or `['r', key, list]` with the list as it was read; null when nobody knows what was read. */
export type ListOperation =
  | readonly ['append', ListKey, ListValue]
  | readonly ['r', ListKey, readonly ListValue[] | null]

/** One transaction of a history. */
export interface Transaction {
  /** Who ran it. The transactions of one process follow each other. */
  readonly process: number | string
  /** In their order inside the transaction. */
  readonly operations: readonly ListOperation[]
  /** `aborted`: it surely had no effect. `unknown`: it may have committed or not; its reads do not count. */
  readonly status: 'committed' | 'aborted' | 'unknown'
  /** When it was called: any number that grows with time. */
  readonly calledAt: number
  /** When its outcome was known, not before `calledAt`; without meaning when that is `unknown`. */
  readonly returnedAt?: number | undefined
}

/** An append, by the index of its transaction in the history. */
export interface Append {
  readonly transaction: number
  /** Whether its transaction appends to the same list again after it. */
  readonly intermediate: boolean
}

/** Who appended each value of each list. */
export type Appends = ReadonlyMap<ListKey, ReadonlyMap<ListValue, Append>>

/** Verifies the history and finds every append. Throws a {@link HistoryError} where the history makes no sense. */
export function appendsOf(history: readonly Transaction[]): Appends {
  const appends = new Map<ListKey, Map<ListValue, Append>>()
  history.forEach((transaction, index) => {
    verify(transaction, index)
    const last = new Map<ListKey, ListValue>()
    for (const operation of transaction.operations) if (operation[0] === 'append') last.set(operation[1], operation[2])
    for (const operation of transaction.operations) {
      if (operation[0] !== 'append') continue
      const [, key, value] = operation
      const ofKey = appends.get(key) ?? new Map<ListValue, Append>()
      appends.set(key, ofKey)
      if (ofKey.has(value)) {
        throw new HistoryError(
          `transaction ${index} appends ${value} to ${key} again: give each append of a list a value of its own`,
          {
            transaction: index,
            key,
            value,
          },
        )
      }
      ofKey.set(value, { transaction: index, intermediate: last.get(key) !== value })
    }
  })
  return appends
}

function verify({ operations, status, calledAt, returnedAt }: Transaction, index: number): void {
  const refuse = (why: string) => new HistoryError(`transaction ${index} ${why}`, { transaction: index })
  if (!Number.isFinite(calledAt)) throw refuse(`is called at ${calledAt}`)
  if (status === 'committed') {
    if (returnedAt === undefined || !(returnedAt >= calledAt))
      throw refuse(`is called at ${calledAt} and returns at ${returnedAt}`)
    if (operations.some((operation) => operation[2] === null)) throw refuse('committed with a read that is null')
  }
}

/** A transaction as people read it: `append x 1, read y [2, 3]`. */
export function formatTransaction({ process, operations, status }: Transaction): string {
  const texts = operations.map(([name, key, value]) =>
    name === 'append' ? `append ${key} ${value}` : `read ${key} ${value === null ? '?' : `[${value.join(', ')}]`}`,
  )
  return `${texts.join(', ')} (process ${process}${status === 'committed' ? '' : `, ${status}`})`
}
