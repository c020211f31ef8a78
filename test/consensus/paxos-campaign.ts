/**
 * The campaign of single-decree Paxos: many seeds of one scenario under every kind of fault.
 *
 *     node test/consensus/paxos-campaign.ts --seeds 2000
 *     node test/consensus/paxos-campaign.ts --seeds 101..200 --nodes 3 --json
 *     node test/consensus/paxos-campaign.ts --seeds 200 --bug forgotten-promise [--agreement]
 *
 * Without `--bug` it fails when an invariant is broken or when the runs were too tame to mean anything. With `--bug`
 * the acceptors, proposers or learners have that mistake, under the same plan; it stops at the first seed that finds
 * it, runs that seed again, and fails when none finds it. `--agreement` asserts only that at most one value is chosen,
 * so that a mistake counts when it does harm and not when the observer sees it being made. How many seeds a search takes
 * is what `pnpm troupe bugs` says.
 */
import { parseArgs } from 'node:util'
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

const progressEverySeeds = 100

const { values: flags } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    nodes: { type: 'string', default: '5' },
    bug: { type: 'string' },
    agreement: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const seeds = seedsOf(flags.seeds)
const nodes = Number(flags.nodes)
process.exitCode = flags.bug === undefined ? await campaign() : await searchFor(flags.bug)

async function campaign(): Promise<number> {
  const runs: PaxosRun[] = []
  for (const seed of seeds) {
    runs.push(await runPaxos(seed, { nodes }))
    const { failure } = runs.at(-1) as PaxosRun
    if (failure !== undefined && !flags.json) console.log(failure.message)
    if (runs.length % progressEverySeeds === 0) process.stderr.write(`${runs.length} of ${seeds.length} seeds\n`)
  }
  const figures = figuresOf(runs)
  const missing = shortcomings(figures)
  console.log(flags.json ? JSON.stringify({ ...figures, shortcomings: missing }) : printFigures(figures))
  if (!flags.json) console.log(missing.length === 0 ? 'passed' : missing.join('\n'))
  return missing.length === 0 ? 0 : 1
}

async function searchFor(name: string): Promise<number> {
  if (!Object.hasOwn(paxosBugs, name)) throw new RangeError(`--bug must be one of ${Object.keys(paxosBugs).join(', ')}`)
  const finding = await findBug(name, { seeds, nodes, harmOnly: flags.agreement })
  console.log(flags.json ? JSON.stringify(finding) : printFinding(finding))
  return finding.first !== undefined && finding.replayed ? 0 : 1
}
