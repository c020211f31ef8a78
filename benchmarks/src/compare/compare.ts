/** The comparison: ours and the peers in turn, in one run, each figure a fresh process. */
import { availableParallelism } from 'node:os'
import { Calibrator } from './calibration.ts'
import type { Effort } from './measure.ts'
import { type AbsentPeer, type Peer, peerNames, preparePeers } from './peers.ts'
import { machineLine } from './report.ts'
import { labelOf, measureQuickly, measureRow, planOf, type Row } from './rows.ts'

/** What `compare` takes. */
export interface CompareOptions {
  /** Names of workloads; none: all. */
  readonly workloads?: readonly string[]
  /** Names of peers beside ours; none: all. */
  readonly peers?: readonly string[]
  /** Proves that all works; the figures say nothing. */
  readonly quick?: boolean
  /** Fresh processes for each figure. Default 5. */
  readonly runs?: number
  /** How often a row is measured again when the machine changed meanwhile. Default 2. */
  readonly repeats?: number
  readonly progress?: (text: string) => void
}

/** What a comparison came to. */
export interface Comparison {
  readonly rows: readonly Row[]
  readonly peers: readonly Peer[]
  readonly absent: readonly AbsentPeer[]
  /** Rows that could not be measured, and why. */
  readonly failures: readonly string[]
}

/** None of the peers that were named does any of the workloads. */
export class NothingToCompareError extends Error {}

/**
 * Measures ours and the peers. A workload that none of the peers that were named does is left out; when that leaves nothing, it
 * rejects with a {@link NothingToCompareError} before anything is measured.
 */
export async function compare(options: CompareOptions): Promise<Comparison> {
  const {
    workloads: names = [],
    peers: wanted = [],
    quick = false,
    runs = 5,
    repeats = 2,
    progress = () => {},
  } = options
  const { peers, absent } = await preparePeers(wanted.length === 0 ? peerNames : [...new Set(['troupe', ...wanted])])
  for (const { name, reason } of absent) progress(`skipped ${name}: ${reason}`)
  const others = wanted.filter((name) => name !== 'troupe')
  const [plans, alone] = split(
    planOf(names, peers),
    (plan) => others.length === 0 || plan.peers.some(({ name }) => name !== 'troupe'),
  )
  const undone = [...new Set(alone.map(({ workload, variant }) => labelOf(workload.name, variant)))].join(', ')
  if (plans.length === 0) throw new NothingToCompareError(nothingText(others, undone, { peers, absent }))
  if (undone !== '') progress(`left out, as none of ${others.join(', ')} does it: ${undone}`)
  const effort: Effort = quick ? { quick, budgetMs: 5, rounds: 1 } : { quick, budgetMs: 400, rounds: 3 }
  const machine = machineLine()
  if (quick) {
    const atOnce = availableParallelism()
    return { ...(await measureQuickly(plans, { effort, machine, atOnce })), peers, absent }
  }
  const rows: Row[] = []
  const failures: string[] = []
  await using calibrator = await Calibrator.start()
  for (const [index, plan] of plans.entries()) {
    const tell = (text: string) => progress(`[${index + 1}/${plans.length}] ${text}`)
    const failed = (why: string) => failures.push(why)
    const row = await measureRow(plan, { effort, machine, runs, repeats, progress: tell, failed }, calibrator)
    if (row.figures.length > 0) rows.push(row)
  }
  return { rows, peers, absent, failures }
}

/** Those for which `holds`, and the others. */
function split<Item>(items: readonly Item[], holds: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter(holds), items.filter((item) => !holds(item))]
}

function nothingText(
  others: readonly string[],
  undone: string,
  { peers, absent }: Pick<Comparison, 'peers' | 'absent'>,
): string {
  const missing = absent
    .filter(({ name }) => others.includes(name))
    .map(({ name, reason }) => `${name} is not there: ${reason}`)
  const done = peers
    .filter(({ name }) => others.includes(name))
    .map(({ name, does }) => `${name} does ${Object.keys(does).join(', ')}`)
  return [`nothing to compare: none of ${others.join(', ')} does ${undone}`, ...done, ...missing].join('; ')
}
