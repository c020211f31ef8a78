/**
 * Which isolation levels a history of transactions over lists can come from, decided from the dependencies that its
 * reads show (Adya 1999; Kingsbury and Alvaro 2020, "Elle").
 *
 * Every anomaly reported is one. A level that holds is proven only as far as the reads go: appends that no committed
 * transaction read have no order among them. A history that ends with a read of every list leaves nothing open.
 */
import { type KnownOptions, refuseUnknownOptions } from '@troupe/core/host'
import { HistoryError } from '../history-error.ts'
import { verifyStepsMax } from '../order-check.ts'
import { type Anomaly, cycleAnomaly } from './anomaly.ts'
import { CycleSearch, type CycleShape, StepsExhaustedError } from './dependency-cycle.ts'
import {
  type Dependency,
  type DependencyKind,
  dependenciesOf,
  processDependencies,
  realtimeDependencies,
} from './dependency-graph.ts'
import { forbids, type IsolationLevel, isolationLevels, needsOrder } from './isolation-level.ts'
import { readAnomalies } from './read-anomalies.ts'
import { appendsOf, type Transaction } from './transaction.ts'
import { versionOrders } from './version-order.ts'

/** Options of {@link checkTransactions}. */
export interface TransactionCheckOptions {
  /**
   * The orders beside the data to look at. Levels that keep one which is left out are `'unknown'` unless they fail
   * without it. Default both.
   */
  readonly orders?: readonly ('process' | 'realtime')[]
  /** How many edges the searches for cycles may look at; beyond it levels are `'unknown'`. Default 20,000,000. */
  readonly stepsMax?: number
}

const known: KnownOptions<TransactionCheckOptions> = { orders: true, stepsMax: true }

/** What {@link checkTransactions} found. */
export interface TransactionCheckResult {
  /** Of each level whether the history can be one of it. */
  readonly levels: Readonly<Record<IsolationLevel, boolean | 'unknown'>>
  /** All anomalies of reads; of each kind of cycle one in each part of the graph that goes round. */
  readonly anomalies: readonly Anomaly[]
  /** The edges that were found, for whoever wants to draw them. */
  readonly dependencies: readonly Dependency[]
}

/** Kinds of edges to follow, the kind that a cycle must have, and how its rw edges may lie. */
type Search = readonly [shape: CycleShape, along: readonly DependencyKind[], through: readonly DependencyKind[]]

/**
 * Decides which isolation levels `history` can come from. Throws a {@link HistoryError} when a value is appended to a
 * list twice, or a transaction makes no sense.
 */
export function checkTransactions(
  history: readonly Transaction[],
  options: TransactionCheckOptions = {},
): TransactionCheckResult {
  refuseUnknownOptions('checkTransactions', options, known)
  const { orders = ['process', 'realtime'], stepsMax = 20_000_000 } = options
  verifyStepsMax(stepsMax)
  const appends = appendsOf(history)
  const versions = versionOrders(history, appends)
  const dependencies = dependenciesOf(history, appends, versions.orders)
  if (orders.includes('process')) dependencies.push(...processDependencies(history))
  if (orders.includes('realtime')) dependencies.push(...realtimeDependencies(history))
  const anomalies = readAnomalies(history, appends, versions)
  const complete = findCycles(new CycleSearch(history.length, dependencies, stepsMax), anomalies)
  const verdict = (level: IsolationLevel) => {
    if (anomalies.some(({ name }) => forbids(level, name))) return false
    // Real time holds the order of processes.
    const leftOut = needsOrder(level, 'realtime')
      ? !orders.includes('realtime')
      : needsOrder(level, 'process') && !orders.includes('process')
    return leftOut || !complete ? 'unknown' : true
  }
  const levels = Object.fromEntries(isolationLevels.map((level) => [level, verdict(level)]))
  return { levels: levels as Record<IsolationLevel, boolean | 'unknown'>, anomalies, dependencies }
}

/** Adds the cycles to `anomalies`; false when the steps ran out first. */
function findCycles(search: CycleSearch, anomalies: Anomaly[]): boolean {
  const found = new Set<string>()
  try {
    for (const [shape, along, through] of searches()) {
      const cycles = search.find(
        shape,
        ({ kind }) => along.includes(kind),
        ({ kind }) => through.includes(kind),
      )
      for (const cycle of cycles) {
        const anomaly = cycleAnomaly(cycle)
        const identity = `${anomaly.name} ${anomaly.transactions.toSorted((left, right) => left - right).join()}`
        if (found.has(identity)) continue
        found.add(identity)
        anomalies.push(anomaly)
      }
    }
    return true
  } catch (error) {
    if (error instanceof StepsExhaustedError) return false
    throw error
  }
}

/** The worst first: without any order, then with that of processes, then with real time. */
function* searches(): Generator<Search> {
  yield ['no-rw', ['ww'], ['ww']]
  yield ['no-rw', ['ww', 'wr'], ['wr']]
  for (const orders of [[], ['process'], ['process', 'realtime']] as const) {
    const data: DependencyKind[] = ['ww', 'wr', ...orders]
    const order = orders.at(-1)
    if (order !== undefined) yield ['no-rw', data, [order]]
    yield ['one-rw', data, ['rw']]
    yield ['apart', [...data, 'rw'], ['rw']]
    yield ['any', [...data, 'rw'], ['rw']]
  }
}
