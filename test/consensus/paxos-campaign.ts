/**
 * The campaign of single-decree Paxos: many seeds of one scenario under every kind of fault.
 *
 *     node test/consensus/paxos-campaign.ts --seeds 2000
 *     node test/consensus/paxos-campaign.ts --seeds 10000 --threads 2
 *     node test/consensus/paxos-campaign.ts --seeds 101..200 --nodes 3 --json
 *     node test/consensus/paxos-campaign.ts --seeds 200 --bug forgotten-promise [--agreement]
 *
 * Without `--bug` it fails when an invariant is broken or when the runs were too tame to mean anything. With `--bug`
 * the acceptors, proposers or learners have that mistake, under the same plan; it stops at the first seed that finds
 * it, runs that seed again, and fails when none finds it. `--agreement` asserts only that at most one value is chosen,
 * so that a mistake counts when it does harm and not when the observer sees it being made. How many seeds a search takes
 * is what `pnpm troupe bugs` says.
 */
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import {
  figuresOf,
  findBug,
  type PaxosRun,
  paxosBugs,
  printFigures,
  printFinding,
  runPaxos,
  seedsOf,
  shortcomings,
} from '@troupe/scenarios'
import { rerunHint } from '@troupe/simulation'

const progressEverySeeds = 100

const { values: flags } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    nodes: { type: 'string', default: '5' },
    threads: { type: 'string', default: '1' },
    bug: { type: 'string' },
    agreement: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const seeds = seedsOf(flags.seeds)
const nodes = Number(flags.nodes)
const threads = Number(flags.threads)
if (!(Number.isInteger(threads) && threads >= 1 && threads <= 256)) {
  throw new RangeError(`--threads must be a whole number from 1 to 256, got ${flags.threads}`)
}
process.exitCode = flags.bug === undefined ? await campaign() : await searchFor(flags.bug)

async function campaign(): Promise<number> {
  const started = performance.now()
  const runs: PaxosRun[] = []
  const ended = (run: PaxosRun) => {
    runs.push(run)
    const { seed, failure } = run
    if (failure !== undefined && !flags.json) {
      const again = `run it again: pnpm campaign --seeds ${seed}..${seed} --nodes ${nodes}`
      console.log(failure.message.replace(rerunHint(seed), again))
    }
    if (runs.length % progressEverySeeds === 0) process.stderr.write(`${runs.length} of ${seeds.length} seeds\n`)
  }
  if (threads === 1) for (const seed of seeds) ended(await runPaxos(seed, { nodes }))
  else await onThreads(ended)
  runs.sort((left, right) => left.seed - right.seed)
  const seconds = Math.round(performance.now() - started) / 1_000
  const figures = figuresOf(runs)
  const missing = shortcomings(figures)
  console.log(flags.json ? JSON.stringify({ ...figures, seconds, shortcomings: missing }) : printFigures(figures))
  if (!flags.json) console.log(`seconds                        ${seconds}`)
  if (!flags.json) console.log(missing.length === 0 ? 'passed' : missing.join('\n'))
  return missing.length === 0 ? 0 : 1
}

/** Each thread gets the next seed when it is done with one. */
async function onThreads(ended: (run: PaxosRun) => void): Promise<void> {
  const next = seeds.values()
  const work = async () => {
    const worker = new Worker(new URL('./campaign-worker.ts', import.meta.url))
    for (const seed of next) {
      worker.postMessage({ seed, nodes })
      const [run] = await once(worker, 'message')
      ended(run)
    }
    await worker.terminate()
  }
  await Promise.all(Array.from({ length: threads }, work))
}

async function searchFor(name: string): Promise<number> {
  if (!Object.hasOwn(paxosBugs, name)) throw new RangeError(`--bug must be one of ${Object.keys(paxosBugs).join(', ')}`)
  const finding = await findBug(name, { seeds, nodes, harmOnly: flags.agreement })
  console.log(flags.json ? JSON.stringify(finding) : printFinding(finding))
  return finding.first !== undefined && finding.replayed ? 0 : 1
}
