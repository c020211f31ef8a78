/**
 * Scenarios of endurance: each does one thing very often or very much of it, and says what was left over. Each holds what
 * is open and in use at the end against what was half of the way, so that what grows with the count shows.
 */
import { type NodeTables, namedRef } from '@troupe/core'
import { createSystem, type ThreadSystem, type ThreadSystemOptions } from '@troupe/threads'
import { triangle } from './actors/asker.ts'
import { type Appetite, appetites, Doomed } from './actors/doomed.ts'
import { Herd } from './actors/herd.ts'
import { Sweeper, sweepTask } from './actors/sweeper.ts'
import { collectGarbage, formatBytes, mebibyte } from './memory.ts'
import { NodeWatch, within } from './node-watch.ts'

/** What came of a scenario. */
export interface ScenarioFigures {
  readonly did: string
  readonly seconds: number
  /** What was measured, in words. */
  readonly measured: readonly string[]
  /** What must not be, in sentences. */
  readonly findings: readonly string[]
}

/** How a scenario is run: `count` times, or with so many. */
export interface Scenario {
  readonly what: string
  readonly count: number
  /** For a test that is run each time. */
  readonly countShort: number
  readonly run: (count: number) => Promise<ScenarioFigures>
}

/** How long one step of a scenario may take, in milliseconds. */
const boundMs = 120_000
/** How much a heap may grow between half of the way and the end, in bytes: noise of a collected heap. */
const heapGrowthMax = 4 * mebibyte

/** A system whose nodes can be measured, while a scenario runs. */
class Bench implements AsyncDisposable {
  readonly system: ThreadSystem
  readonly watch: NodeWatch
  readonly findings: string[] = []
  readonly measured: string[] = []
  readonly #started = performance.now()

  private constructor(system: ThreadSystem) {
    this.system = system
    this.watch = new NodeWatch(system)
    system.events.on('escalated', ({ actor, error }) => this.findings.push(`${actor} escalated: ${error.message}`))
  }

  static async start(options: ThreadSystemOptions): Promise<Bench> {
    const replacement = { maxReplacements: 10_000, withinMs: 3_600_000, backoff: { minMs: 0, maxMs: 0 } }
    const bench = new Bench(await createSystem({ log: 'none', replacement, ...options }))
    for (const node of bench.system.nodes) await bench.system.spawn(Sweeper, undefined, { node, name: 'sweeper' })
    return bench
  }

  /** Bytes that each node keeps after a collection, and its tables. */
  async state(): Promise<ReadonlyMap<string, { readonly bytes: number; readonly tables: NodeTables }>> {
    const bytes = new Map([['main', collectGarbage()]])
    for (const node of this.system.nodes) {
      bytes.set(
        node,
        await this.bounded('a sweep', this.system.ask(namedRef(Sweeper, { node, name: 'sweeper' }), 'sweep')),
      )
    }
    const { nodes } = await this.system.inspect({ timeoutMs: boundMs })
    return new Map(nodes.map(({ node, tables }) => [node, { bytes: bytes.get(node) ?? 0, tables }]))
  }

  /** Runs `run` twice, each for half of the count, and compares the state after both. */
  async twice(count: number, run: (count: number) => Promise<void>): Promise<void> {
    const half = Math.ceil(count / 2)
    await this.bounded('the first half', run(half))
    const before = await this.state()
    await this.bounded('the second half', run(count - half))
    const after = await this.state()
    for (const [node, { bytes, tables }] of after) {
      const was = before.get(node)
      if (was === undefined) continue
      this.measured.push(`${node}: ${formatBytes(was.bytes)} after half, ${formatBytes(bytes)} at the end`)
      if (bytes - was.bytes > heapGrowthMax) {
        this.findings.push(`the heap of ${node} grew by ${formatBytes(bytes - was.bytes)} in the second half`)
      }
      for (const table of Object.keys(tables) as (keyof NodeTables)[]) {
        if (tables[table] !== was.tables[table]) {
          this.findings.push(`${node} has ${tables[table]} ${table} where there were ${was.tables[table]} after half`)
        }
      }
    }
  }

  /** {@link twice}, in batches of `size`. */
  inBatches(count: number, size: number, run: (batch: number) => Promise<void>): Promise<void> {
    return this.twice(count, async (half) => {
      for (let left = half; left > 0; left -= size) await run(Math.min(size, left))
    })
  }

  bounded<Value>(what: string, promise: Promise<Value>): Promise<Value> {
    return within(boundMs, what, promise)
  }

  figures(did: string): ScenarioFigures {
    const seconds = Math.round((performance.now() - this.#started) / 100) / 10
    return { did, seconds, measured: this.measured, findings: this.findings }
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.system.stop()
  }
}

/** Children of one actor, spawned and stopped, a thousand at a time. */
async function spawnAndStop(count: number): Promise<ScenarioFigures> {
  await using bench = await Bench.start({ threads: 1 })
  const herd = await bench.system.spawn(Herd, undefined, { node: 'node-1' })
  await bench.inBatches(count, 1_000, async (batch) => {
    const { stopped } = await herd.askWith({ timeoutMs: boundMs }, 'cycle', batch)
    if (stopped !== batch) bench.findings.push(`the ends of ${stopped} of ${batch} children were told`)
  })
  return bench.figures(`${count} actors spawned and stopped in a node`)
}

/** Actors on another node, spawned there and stopped from here. */
async function spawnAcross(count: number): Promise<ScenarioFigures> {
  await using bench = await Bench.start({ threads: 2 })
  const herd = await bench.system.spawn(Herd, undefined, { node: 'node-1' })
  await bench.inBatches(count, 100, async (batch) => {
    const { stopped } = await herd.askWith({ timeoutMs: boundMs }, 'cycleOn', { node: 'node-2', count: batch })
    if (stopped !== batch) bench.findings.push(`the ends of ${stopped} of ${batch} actors were told`)
  })
  return bench.figures(`${count} actors spawned on another thread and stopped from there`)
}

/** Children that stop with their parent; each is watched from another thread, and each end is told once. */
async function stopAtOnce(count: number): Promise<ScenarioFigures> {
  await using bench = await Bench.start({ threads: 2 })
  await bench.twice(2 * count, async () => {
    const herd = await bench.system.spawn(Herd, undefined, { node: 'node-1' })
    const shepherd = await bench.system.spawn(Herd, undefined, { node: 'node-2' })
    await herd.askWith({ timeoutMs: boundMs }, 'fill', count)
    await shepherd.askWith({ timeoutMs: boundMs }, 'watchAll', herd.ref)
    const started = performance.now()
    await bench.bounded('the stop of the parent', herd.stop())
    bench.measured.push(`${count} stopped in ${Math.round(performance.now() - started)} ms`)
    const { stopped, twice } = await shepherd.askWith({ timeoutMs: boundMs }, 'allStopped', count)
    if (stopped !== count || twice > 0) {
      bench.findings.push(`of ${count} ends ${stopped} were told, ${twice} of them more than once`)
    }
    await shepherd.stop()
  })
  return bench.figures(`${count} actors stopped at once, twice, each watched from another thread`)
}

/** A node that runs out of memory, in each way; the others and the process go on. */
async function runOutOfMemory(count: number): Promise<ScenarioFigures> {
  await using bench = await Bench.start({ threads: 2, resourceLimits: { maxOldGenerationSizeMb: 48 } })
  await bench.system.spawn(Doomed, undefined, { node: 'node-1', name: 'doomed' })
  await die(bench, count, (death) => {
    const appetite = appetites[death % appetites.length] as Appetite
    bench.system.tell(namedRef(Doomed, { node: 'node-1', name: 'doomed' }), 'fillMemory', appetite)
    return /memory/
  })
  return bench.figures(`${count} threads ran out of memory`)
}

async function exit(count: number): Promise<ScenarioFigures> {
  await using bench = await Bench.start({ threads: 2 })
  await bench.system.spawn(Doomed, undefined, { node: 'node-1', name: 'doomed' })
  await die(bench, count, (death) => {
    bench.system.tell(namedRef(Doomed, { node: 'node-1', name: 'doomed' }), 'exit', death % 3)
    return new RegExp(`code: ${death % 3}`)
  })
  return bench.figures(`${count} actors called process.exit`)
}

/** A loop that never ends: the watchdog names the actor and its message, and the thread is replaced. */
async function loopForEver(count: number): Promise<ScenarioFigures> {
  await using bench = await Bench.start({ threads: 2, watchdog: { stuckAfterMs: 2_000, onStuck: 'kill' } })
  await bench.system.spawn(Doomed, undefined, { node: 'node-1', name: 'doomed' })
  const named: string[] = []
  bench.system.events.on('stuck', ({ turn }) => named.push(`${turn.actor} ${turn.message}`))
  await die(bench, count, () => {
    bench.system.tell(namedRef(Doomed, { node: 'node-1', name: 'doomed' }), 'loop')
    return /it was stuck: \/node-1\/doomed is in a turn with loop/
  })
  if (named.length !== count || named.some((name) => name !== '/node-1/doomed loop')) {
    bench.findings.push(`the watchdog named ${named.length} of ${count}: ${[...new Set(named)].join(', ')}`)
  }
  return bench.figures(`${count} actors looped for ever`)
}

/** Ends the thread of node-1 so often, by what `end` does; the reason that is told must match what it returns. */
async function die(bench: Bench, count: number, end: (death: number) => RegExp): Promise<void> {
  const { system, watch, findings } = bench
  let done = 0
  await bench.twice(count, async (half) => {
    for (let each = 0; each < half; each++) {
      const epoch = watch.epoch('node-1')
      const expected = end(done++)
      await watch.down('node-1', epoch)
      const reason = watch.deaths.at(-1)?.reason ?? ''
      if (!expected.test(reason)) findings.push(`death ${done} was told as: ${reason}`)
      await watch.whole()
      const other = system.ask(namedRef(Sweeper, { node: 'node-2', name: 'sweeper' }), 'sweep')
      await bench.bounded('an answer of the other node', other)
    }
  })
}

/** Tasks one after the other on one thread of the pool, whose heap is looked at too. */
async function runTasks(count: number): Promise<ScenarioFigures> {
  await using bench = await Bench.start({ threads: 1, tasks: { minThreads: 1, maxThreads: 1 } })
  const kept: number[] = []
  await bench.twice(count, async (half) => {
    for (let each = 0; each < half; each++) await bench.system.task(triangle, { n: 100 })
    kept.push(await bench.system.task(sweepTask, undefined))
  })
  const [before = 0, after = 0] = kept
  bench.measured.push(`the thread for tasks: ${formatBytes(before)} after half, ${formatBytes(after)} at the end`)
  if (after - before > heapGrowthMax) {
    bench.findings.push(`the heap of the thread for tasks grew by ${formatBytes(after - before)} in the second half`)
  }
  return bench.figures(`${count} tasks on one thread`)
}

/** Inspections and metrics, as an operator's console asks for them. */
async function inspect(count: number): Promise<ScenarioFigures> {
  await using bench = await Bench.start({ threads: 2, metrics: true })
  const herd = await bench.system.spawn(Herd, undefined, { node: 'node-1' })
  await herd.ask('fill', 200)
  await bench.twice(count, async (half) => {
    for (let each = 0; each < half; each++) await Promise.all([bench.system.inspect(), bench.system.metrics()])
  })
  return bench.figures(`${count} inspections of 200 actors`)
}

/** The scenarios by name. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  'spawn-stop': {
    what: 'spawn and stop in a node',
    count: 1_000_000,
    countShort: 20_000,
    run: spawnAndStop,
  },
  'spawn-across': {
    what: 'spawn on another thread and stop from there',
    count: 50_000,
    countShort: 1_000,
    run: spawnAcross,
  },
  'stop-at-once': { what: 'actors that stop with their parent', count: 100_000, countShort: 5_000, run: stopAtOnce },
  memory: { what: 'threads that run out of memory', count: 40, countShort: 4, run: runOutOfMemory },
  exit: { what: 'process.exit in an actor', count: 50, countShort: 4, run: exit },
  loop: { what: 'loops that never end, and the watchdog', count: 20, countShort: 2, run: loopForEver },
  tasks: { what: 'tasks on one thread of the pool', count: 200_000, countShort: 60_000, run: runTasks },
  inspections: { what: 'inspections and metrics', count: 10_000, countShort: 400, run: inspect },
}
