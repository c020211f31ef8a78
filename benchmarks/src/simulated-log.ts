/**
 * The campaign of the replicated log as a measurement: simulated Multi-Paxos on five nodes with three clients, every kind of
 * fault, every step held against the invariants, and what the clients saw decided linearizable at the end. What counts is a
 * frame that arrived from another node, in runs that were completed and found correct. Beside it the same runs with nothing
 * asserted but what clients notice, and the ring of actors in turn with both.
 */
import { type MultiPaxosRun, runMultiPaxos } from '@troupe/scenarios'
import type { SuiteOptions } from './kernel.ts'
import { type Measured, median, printMeasured } from './measured.ts'

/** Of a run of Multi-Paxos; all but one of the nodes are members at first, or three. */
const nodes = 5
const seeds = 12
/** Runs of each kind before those that are measured: the first take three times as long, and for some eighty code is compiled. */
const warmingSeeds = 40

/** Measures and prints; `ring` lets the ring run under a seed and returns its deliveries. */
export async function simulatedLog({ quick }: SuiteOptions, ring: (seed: number) => Promise<number>): Promise<void> {
  const faultsMs = quick ? 200 : 20_000
  const runs: MultiPaxosRun[] = []
  const cases: readonly { readonly name: string; run(seed: number): Promise<number> }[] = [
    {
      name: 'Multi-Paxos, every step checked',
      run: async (seed) => {
        const run = await verified(seed, faultsMs, false)
        runs.push(run)
        return run.deliveries
      },
    },
    { name: 'the same, history alone', run: async (seed) => (await verified(seed, faultsMs, true)).deliveries },
    { name: 'ring of actors', run: ring },
  ]
  // What is compiled by then is compiled in any campaign of more than a few seeds.
  for (let seed = 1; seed <= (quick ? 0 : warmingSeeds); seed++)
    for (const { run } of cases.slice(0, 2)) await run(seed)
  runs.length = 0
  const lines: Measured[] = []
  const times = cases.map(() => [] as { readonly deliveries: number; readonly ms: number }[])
  for (let seed = 1; seed <= (quick ? 1 : seeds); seed++) {
    for (const [index, { run }] of cases.entries()) {
      const begun = performance.now()
      const deliveries = await run(seed)
      times[index]?.push({ deliveries, ms: performance.now() - begun })
    }
  }
  for (const [index, { name }] of cases.entries()) {
    const own = times[index] ?? []
    const rates = own.map(({ deliveries, ms }) => (deliveries / ms) * 1_000)
    const perSecond = (sum(own, ({ deliveries }) => deliveries) / sum(own, ({ ms }) => ms)) * 1_000
    const marginPercent = ((Math.max(...rates) - Math.min(...rates)) / 2 / perSecond) * 100
    lines.push({ suite: 'simulated log', name, unit: 'deliveries', perSecond, marginPercent })
  }
  console.log(
    `\nsimulated Multi-Paxos: ${nodes} nodes, 3 clients, all faults, ${faultsMs / 1_000} virtual seconds a run`,
  )
  printMeasured(lines)
  await printFigures(
    runs,
    sum(times[0] ?? [], ({ ms }) => ms),
  )
}

/** A run that went well, its history decided. */
async function verified(seed: number, faultsMs: number, harmOnly: boolean): Promise<MultiPaxosRun> {
  const run = await runMultiPaxos(seed, { nodes, faultsMs, harmOnly })
  if (run.failure !== undefined) throw new Error(run.failure.message)
  if (run.linearizable !== true) throw new Error(`seed ${seed}: the history is ${run.linearizable}`)
  return run
}

/** What stands behind the rate, and what a run costs before there is anything to deliver. */
async function printFigures(runs: readonly MultiPaxosRun[], ms: number): Promise<void> {
  const deliveries = sum(runs, (run) => run.deliveries)
  const each = (what: number) => (what / deliveries).toFixed(2)
  const [steps, turns, operations] = [
    sum(runs, ({ events }) => events),
    sum(runs, (run) => run.turns),
    sum(runs, (run) => run.operations),
  ]
  console.log(
    `  of a delivery: ${each(steps)} steps, ${each(turns)} turns, ${((ms * 1_000) / deliveries).toFixed(2)} µs; ${Math.round((steps / ms) * 1_000).toLocaleString('en-US')} steps/s; ${operations} operations of clients`,
  )
  const starts: number[] = []
  for (let seed = 1; seed <= 9; seed++) {
    const begun = performance.now()
    await verified(seed, 1, false)
    starts.push(performance.now() - begun)
  }
  console.log(`  a run without faults and clients, from its start to the first answer: ${median(starts).toFixed(2)} ms`)
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0)
}
