/** Isolation levels, and which anomalies each forbids. */
import type { AnomalyName, CycleName, CycleOrder } from './anomaly.ts'

/**
 * The levels that are decided. Those that begin with `strong-session` also keep the order of each process, those with
 * `strong` or `strict` that of real time.
 */
export const isolationLevels = [
  'read-uncommitted',
  'read-committed',
  'repeatable-read',
  'snapshot-isolation',
  'serializable',
  'strong-session-snapshot-isolation',
  'strong-session-serializable',
  'strong-snapshot-isolation',
  'strict-serializable',
] as const

/** One of {@link isolationLevels}. */
export type IsolationLevel = (typeof isolationLevels)[number]

/** What a level forbids: cycles, the order that they may need, and whether a read must agree with its transaction. */
interface Rules {
  readonly cycles: readonly CycleName[]
  readonly orders: readonly CycleOrder[]
}

const dirty: readonly CycleName[] = ['G0', 'G1c']
/** A cycle whose rw edges keep apart is none of snapshot isolation (Cerone and Gotsman 2016). */
const apart: readonly CycleName[] = [...dirty, 'G-single', 'G-nonadjacent']
const all: readonly CycleName[] = [...apart, 'G2-item']
const session: readonly CycleOrder[] = ['', '-process']
const realtime: readonly CycleOrder[] = ['', '-process', '-realtime']

const rules: Readonly<Record<IsolationLevel, Rules>> = {
  'read-uncommitted': { cycles: ['G0'], orders: [''] },
  'read-committed': { cycles: dirty, orders: [''] },
  'repeatable-read': { cycles: all, orders: [''] },
  'snapshot-isolation': { cycles: apart, orders: [''] },
  serializable: { cycles: all, orders: [''] },
  'strong-session-snapshot-isolation': { cycles: apart, orders: session },
  'strong-session-serializable': { cycles: all, orders: session },
  'strong-snapshot-isolation': { cycles: apart, orders: realtime },
  'strict-serializable': { cycles: all, orders: realtime },
}

/** Whether a history of that level never shows that anomaly. */
export function forbids(level: IsolationLevel, anomaly: AnomalyName): boolean {
  const { cycles, orders } = rules[level]
  switch (anomaly) {
    case 'unwritten-read':
    case 'duplicate-elements':
      return true
    case 'G1a':
    case 'G1b':
    case 'dirty-update':
    case 'future-read':
    case 'incompatible-order':
      return level !== 'read-uncommitted'
    case 'internal':
    case 'lost-update':
      return cycles.includes('G-single')
    default:
      return orders.some((order) => cycles.some((cycle) => anomaly === `${cycle}${order}`))
  }
}

/** Which orders beside the data a level keeps. */
export function needsOrder(level: IsolationLevel, order: 'process' | 'realtime'): boolean {
  return rules[level].orders.includes(`-${order}`)
}
