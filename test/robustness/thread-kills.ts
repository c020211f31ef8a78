/**
 * Kills threads at random moments under a load of everything, and checks that nothing but what the death explains is
 * missing, nothing comes twice, and nothing is left over:
 *
 *     node test/robustness/thread-kills.ts --kills 200 [--seed N] [--threads 4] [--ways kill,exit,throw,loop,memory] [--json]
 *
 * The seed decides who dies, how, and after how long; what the threads are at then is theirs. A quarter of the kills
 * have a second one while the thread's successor starts, a fifth are of two nodes at once. At four moments the load
 * rests, and tables and memory are looked at. The exit code is 0 only if nothing was found.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { namedRef } from '@troupe/core'
import { createSystem, type ThreadSystem } from '@troupe/threads'
import { Doomed } from './actors/doomed.ts'
import { KillLoad, type Rest } from './kill-load.ts'
import { type KillWay, killWays, type PlannedKill, planKills, type Round } from './kill-plan.ts'
import { formatBytes, mebibyte } from './memory.ts'
import { BoundExceeded, NodeWatch, within } from './node-watch.ts'

export interface ThreadKillsOptions {
  readonly kills: number
  readonly seed: number
  readonly threads: number
  readonly ways?: readonly KillWay[]
  /** Called after each round with how many kills there were. */
  readonly progress?: (kills: number) => void
}

export interface ThreadKillsFigures {
  readonly seed: number
  readonly kills: number
  /** Deaths by way, as planned; deaths that were told, successors that died before they were connected not among them. */
  readonly ways: Readonly<Record<string, number>>
  readonly deathsTold: number
  readonly seconds: number
  /** The longest that the system took to be whole again, in milliseconds. */
  readonly wholeAfterMsMax: number
  readonly counts: Readonly<Record<string, number>>
  /** Memory at each rest, and after how many kills. */
  readonly memory: readonly (Omit<Rest, 'tables'> & { readonly kills: number })[]
  /** What must not be, in sentences. */
  readonly findings: readonly string[]
}

/** How long a death may take to be told, and the system to be whole after it, in milliseconds. */
const boundMs = 60_000
/** Memory of each worker thread: what fills it dies soon. */
const heapMb = 96
/** When the load rests, in parts of the kills. */
const rests = 4
/**
 * What memory may grow by between half of the kills and all of them: a channel that was not let go of for each kill is
 * 1 MiB each, and a dead node leaves `2 * threads` of them; a thread that was not let go of is more. The base is noise.
 */
const growthBase = { main: 6 * mebibyte, workers: 12 * mebibyte, resident: 48 * mebibyte }
const growthPerKill = { main: 0.05 * mebibyte, workers: 0.05 * mebibyte, resident: 0.4 * mebibyte }

/** Kills by half of a run from which on memory is compared. */
const killsUntilRest = 25

/** Runs the kills. */
export async function runThreadKills(options: ThreadKillsOptions): Promise<ThreadKillsFigures> {
  const { kills, seed, threads, progress = () => {} } = options
  const dataDirectory = await mkdtemp(join(tmpdir(), 'troupe-kills-'))
  const started = performance.now()
  const memory: (Omit<Rest, 'tables'> & { kills: number })[] = []
  let wholeAfterMsMax = 0
  let done = 0
  try {
    const system = await createSystem({
      threads,
      dataDirectory,
      log: 'none',
      resourceLimits: { maxOldGenerationSizeMb: heapMb },
      replacement: { maxReplacements: 4 * kills, withinMs: 3_600_000, backoff: { minMs: 0, maxMs: 0 } },
    })
    const watch = new NodeWatch(system)
    const load = await within(boundMs, 'the start of the load', KillLoad.start(system))
    let dying: readonly string[] = []
    system.events.on('escalated', ({ actor, error }) => {
      // While a thread is terminated, what it calls of the platform may return nothing; it may say so before it is gone.
      const isLastWord = error.name === 'FrameError' && dying.some((node) => actor === `/${node}`)
      if (!isLastWord) load.find(`${actor} escalated: ${error.name}: ${error.message}`)
    })
    system.events.on('deadLetter', ({ reason, name }) => {
      if (reason === 'overload') load.find(`${name} was dropped: something is full`)
    })
    const takeRest = async () => {
      const { tables: _tables, ...bytes } = await load.rest()
      memory.push({ kills: done, ...bytes })
    }
    const plan = planKills({ kills, seed, nodes: system.nodes, ...(options.ways && { ways: options.ways }) })
    try {
      await takeRest()
      for (const round of plan) {
        dying = round.map(({ node }) => node)
        wholeAfterMsMax = Math.max(wholeAfterMsMax, await new RoundRun(system, watch, load, round).run())
        done += killsOf(round)
        progress(done)
        if (done >= (memory.length * kills) / rests) await takeRest()
      }
    } catch (error) {
      if (!(error instanceof BoundExceeded)) throw error
      load.find(error.message)
    }
    const { counts, findings } = await within(boundMs, 'the report', load.report())
    await load.end()
    await within(boundMs, 'the stop of the system', system.stop())
    return {
      seed,
      kills: done,
      ways: countWays(plan),
      deathsTold: watch.deaths.length,
      seconds: Math.round((performance.now() - started) / 1_000),
      wholeAfterMsMax: Math.round(wholeAfterMsMax),
      counts,
      memory,
      findings: [...findings, ...growth(memory)],
    }
  } finally {
    await rm(dataDirectory, { recursive: true, force: true })
  }
}

/** One round: deaths that overlap, until the system is whole and everybody has heard. */
class RoundRun {
  readonly #system: ThreadSystem
  readonly #watch: NodeWatch
  readonly #load: KillLoad
  readonly #round: Round

  constructor(system: ThreadSystem, watch: NodeWatch, load: KillLoad, round: Round) {
    this.#system = system
    this.#watch = watch
    this.#load = load
    this.#round = round
  }

  /** Resolves with how long the system took to be whole again, in milliseconds. */
  async run(): Promise<number> {
    const nodes = this.#round.map(({ node }) => node)
    const dying = this.#load.dying(nodes)
    const diedMs = await Promise.all(this.#round.map((kill) => this.#kill(kill)))
    await within(boundMs, `all nodes are up after the death of ${nodes.join(' and ')}`, this.#watch.whole())
    const wholeAfterMs = performance.now() - Math.max(...diedMs)
    await this.#load.heard(dying)
    // Watches of, and links to, who died with an earlier life of the node are answered too.
    this.#load.mournTheDead(dying)
    await this.#load.heard({ ...dying, ends: new Map() })
    for (const node of nodes) await this.#load.compareLedger(node)
    await this.#load.mournAnew(nodes)
    return wholeAfterMs
  }

  /** Resolves with the time at which the last death of this node was known. */
  async #kill(kill: PlannedKill): Promise<number> {
    const { node, way, afterMs, againAfterMs } = kill
    await sleep(afterMs)
    const epoch = this.#watch.epoch(node)
    this.#end(kill)
    await within(boundMs, `the death of ${node} by ${way} is told`, this.#watch.down(node, epoch))
    if (againAfterMs === undefined) return performance.now()
    await sleep(againAfterMs)
    await within(boundMs, `the second kill of ${node}`, this.#system.killNode(node))
    return performance.now()
  }

  #end({ node, way, appetite }: PlannedKill): void {
    const doomed = namedRef(Doomed, { node, name: 'doomed' })
    switch (way) {
      case 'kill':
        void this.#system.killNode(node)
        break
      case 'exit':
        this.#system.tell(doomed, 'exit', 3)
        break
      case 'throw':
        this.#system.tell(doomed, 'throwLater')
        break
      case 'memory':
        this.#system.tell(doomed, 'fillMemory', appetite)
        break
      case 'loop':
        this.#system.tell(doomed, 'loop')
        void this.#system.killNode(node)
        break
    }
  }
}

function killsOf(round: Round): number {
  return round.reduce((sum, { againAfterMs }) => sum + (againAfterMs === undefined ? 1 : 2), 0)
}

function countWays(plan: readonly Round[]): Record<string, number> {
  const ways: Record<string, number> = {}
  for (const { way, againAfterMs } of plan.flat()) {
    ways[way] = (ways[way] ?? 0) + 1
    if (againAfterMs !== undefined) ways['kill of the successor'] = (ways['kill of the successor'] ?? 0) + 1
  }
  return ways
}

/** What grew between half of the kills and all of them, and by more than noise. */
function growth(memory: readonly (Omit<Rest, 'tables'> & { readonly kills: number })[]): string[] {
  const last = memory.at(-1)
  const half = memory.find(({ kills }) => last !== undefined && kills >= last.kills / 2)
  // Before that the threads' heaps and the allocator's arenas have not come to rest.
  if (last === undefined || half === undefined || half.kills < killsUntilRest) return []
  const kills = last.kills - half.kills
  const grown = [
    { what: 'the heap of the main thread', by: last.mainBytes - half.mainBytes, of: 'main' as const },
    { what: 'the heaps of the worker threads', by: last.workerBytes - half.workerBytes, of: 'workers' as const },
    { what: 'the process', by: last.residentBytes - half.residentBytes, of: 'resident' as const },
  ]
  return grown
    .filter(({ by, of }) => by > growthBase[of] + kills * growthPerKill[of])
    .map(({ what, by }) => `memory: ${what} grew by ${formatBytes(by)} in the last ${kills} kills`)
}

function print(figures: ThreadKillsFigures): void {
  const { seed, kills, ways, deathsTold, seconds, wholeAfterMsMax, counts, memory, findings } = figures
  const row = (what: string, value: string | number) => console.log(`  ${what.padEnd(52)}${value}`)
  console.log(`${kills} kills in ${seconds} s, seed ${seed}`)
  for (const [way, count] of Object.entries(ways)) row(`by ${way}`, count)
  row('deaths told', deathsTold)
  row('the system was whole again after, at most', `${wholeAfterMsMax} ms`)
  for (const name of Object.keys(counts).sort()) row(name, counts[name] as number)
  console.log('  at rest, after kills: main thread, worker threads, process')
  for (const { kills: after, mainBytes, workerBytes, residentBytes } of memory) {
    row(`  ${after}`, [mainBytes, workerBytes, residentBytes].map(formatBytes).join(', '))
  }
  console.log(findings.length === 0 ? 'nothing was found' : `${findings.length} findings:`)
  for (const sentence of findings.slice(0, 50)) console.log(`  ${sentence}`)
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      kills: { type: 'string', default: '200' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
      threads: { type: 'string', default: '4' },
      ways: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const ways = values.ways?.split(',').map((name) => {
    const way = killWays.find((known) => known === name)
    if (way === undefined) throw new RangeError(`--ways is made of ${killWays.join(', ')}, got ${name}`)
    return way
  })
  const isTerminal = process.stderr.isTTY
  const figures = await runThreadKills({
    kills: Number(values.kills),
    seed: Number(values.seed),
    threads: Number(values.threads),
    ...(ways && { ways }),
    progress(kills) {
      if (isTerminal) process.stderr.write(`\r${kills} of ${values.kills} kills`)
      else if (kills % 20 === 0) process.stderr.write(`${kills} of ${values.kills} kills\n`)
    },
  })
  if (isTerminal) process.stderr.write('\r\x1b[K')
  if (values.json) console.log(JSON.stringify(figures))
  else print(figures)
  process.exitCode = figures.findings.length === 0 ? 0 : 1
}
