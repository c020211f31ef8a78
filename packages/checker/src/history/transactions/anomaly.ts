/**
 * Anomalies: what no history of a given isolation level shows. Names are those of Adya (1999) and of Elle; of a cycle
 * that needs the order of processes or of real time the name has it behind: `G-single-realtime`.
 */
import type { Dependency } from './dependency-graph.ts'
import { formatTransaction, type ListKey, type ListValue, type Transaction } from './transaction.ts'

/** Which cycle it is, by its edges. */
export type CycleName = 'G0' | 'G1c' | 'G-single' | 'G-nonadjacent' | 'G2-item'

/** Which order beside the data a cycle needs. */
export type CycleOrder = '' | '-process' | '-realtime'

/**
 * An anomaly that one or two transactions show by themselves:
 *
 * - `unwritten-read`: a value that nobody appended; `duplicate-elements`: a value twice.
 * - `G1a`: a value of an aborted transaction; `dirty-update`: a committed append on top of an aborted one.
 * - `G1b`: a list as it was in the middle of a transaction.
 * - `internal`: a read that contradicts what the transaction read or appended before, or two appends of the transaction
 *   that others read the other way round; `future-read`: a read of what the transaction appends after it.
 * - `incompatible-order`: two reads of which neither is the beginning of the other.
 * - `lost-update`: two transactions that read the same list and both appended to it.
 */
export type ReadAnomalyName =
  | 'unwritten-read'
  | 'duplicate-elements'
  | 'G1a'
  | 'dirty-update'
  | 'G1b'
  | 'internal'
  | 'future-read'
  | 'incompatible-order'
  | 'lost-update'

/** The name of an anomaly. */
export type AnomalyName = ReadAnomalyName | `${CycleName}${CycleOrder}`

/** One anomaly; transactions are indices in the history. */
export interface Anomaly {
  readonly name: AnomalyName
  /** The transactions that show it; of a cycle in its order. */
  readonly transactions: readonly number[]
  /** The list; not of cycles. */
  readonly key?: ListKey
  /** What was read or appended there that should not have been; not of cycles. */
  readonly values?: readonly ListValue[]
  /** The edges of a cycle, each from one transaction to the next, the last back to the first. */
  readonly cycle?: readonly Dependency[]
}

/** The anomaly that a cycle is. */
export function cycleAnomaly(cycle: readonly Dependency[]): Anomaly {
  const kinds = cycle.map(({ kind }) => kind)
  const rw = kinds.filter((kind) => kind === 'rw').length
  const adjacent = kinds.some((kind, index) => kind === 'rw' && kinds[(index + 1) % kinds.length] === 'rw')
  const order = kinds.includes('realtime') ? '-realtime' : kinds.includes('process') ? '-process' : ''
  const name =
    rw === 0 ? (kinds.includes('wr') ? 'G1c' : 'G0') : rw === 1 ? 'G-single' : adjacent ? 'G2-item' : 'G-nonadjacent'
  return { name: `${name}${order}`, transactions: cycle.map(({ from }) => from), cycle }
}

/** An anomaly as text: its transactions, and of a cycle why each comes before the next. */
export function formatAnomaly(
  history: readonly Transaction[],
  { name, transactions, key, values, cycle }: Anomaly,
): string {
  const lines = [key === undefined ? name : `${name}: list ${key}, ${(values ?? []).join(', ')}`]
  for (const index of new Set(transactions))
    lines.push(`  T${index}: ${formatTransaction(history[index] as Transaction)}`)
  for (const dependency of cycle ?? []) {
    lines.push(`  T${dependency.from} -${dependency.kind}-> T${dependency.to}: ${formatDependency(dependency)}`)
  }
  return lines.join('\n')
}

function formatDependency({ kind, from, to, key, before, after }: Dependency): string {
  switch (kind) {
    case 'ww':
      return `T${to} appended ${after} to ${key} after T${from} appended ${before}`
    case 'wr':
      return `T${to} read T${from}'s append of ${before} to ${key}`
    case 'rw':
      return `T${from} read ${key} ${before === undefined ? 'empty' : `up to ${before}`}, without T${to}'s append of ${after}`
    case 'process':
      return `T${from} came before T${to} in their process`
    case 'realtime':
      return `T${from} returned before T${to} was called`
  }
}
