/**
 * A replicated log: three replicas, each on a thread of its own, and one client on the main thread. Committed commands and
 * linearizable reads a second of 256 callers, over synced journals and over journals in memory; the median latency of one
 * caller beside the journal's own sync on the same disk, in turn, since the machine's speed changes by the second; and the
 * messages and syncs of a command, counted in a simulation, beside the least that there can be.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type KeyValueCommand,
  KeyValueStore,
  type LogOptions,
  type ReplicatedClient,
  startReplicated,
} from '@troupe/consensus'
import { simulate } from '@troupe/simulation'
import { createSystem, NodeDisk } from '@troupe/threads'
import type { SuiteOptions } from './kernel.ts'
import { type Measured, median, printMeasured } from './measured.ts'

type Client = ReplicatedClient<KeyValueCommand, unknown, { readonly key: string }, unknown>

const replicas = 3
const callers = 256
/** Of one simulated caller, and of each of the 256. */
const countedCommands = 200
/** Where files never reach a medium; a system that has no such place writes to its disk there too. */
const memoryFolder = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()

/** The rows, which `--only` chooses among. */
const synced = 'commands, synced journals'
const probed = 'reads, a probe for those that wait'
const inMemory = 'commands, journals in memory'
const leased = 'reads under a lease'
const latency = 'latency of one caller'
const counts = 'messages and syncs of a command'
export const logRows: readonly string[] = [synced, probed, inMemory, leased, latency, counts]

/** Runs the suite, prints it and returns its lines. */
export async function logSuite({ quick, only = '' }: SuiteOptions): Promise<Measured[]> {
  const rounds = quick ? 1 : 9
  const roundMs = quick ? 50 : 600
  const measured: Measured[] = []
  const isWanted = (name: string) => name.includes(only)
  const line = async (name: string, unit: string, operate: (key: string) => Promise<unknown>) => {
    if (!isWanted(name)) return
    const rates: number[] = []
    if (!quick) await callFor(roundMs, operate)
    for (let round = 0; round < rounds; round++) rates.push(await callFor(roundMs, operate))
    const perSecond = median(rates)
    const marginPercent = ((Math.max(...rates) - Math.min(...rates)) / 2 / perSecond) * 100
    measured.push({ suite: 'log', name, unit, perSecond, marginPercent })
  }
  if ([synced, probed, latency].some(isWanted)) {
    await onThreads(tmpdir(), {}, async (client, folder) => {
      await line(synced, 'commands', (key) => client.execute({ op: 'put', key, value: 1 }))
      await line(probed, 'reads', (key) => client.read({ key }))
      if (isWanted(latency)) await latencies(client, folder, quick ? 50 : 3_000)
    })
  }
  if (isWanted(inMemory)) {
    await onThreads(memoryFolder, {}, async (client) => {
      await line(inMemory, 'commands', (key) => client.execute({ op: 'put', key, value: 1 }))
    })
  }
  if (isWanted(leased)) {
    await onThreads(memoryFolder, { leaseMs: 400 }, async (client) => {
      await line(leased, 'reads', (key) => client.read({ key }))
    })
  }
  if (measured.length > 0) {
    console.log(
      `\nreplicated log: ${replicas} replicas on threads, ${callers} callers, ${availableParallelism()} cores`,
    )
    printMeasured(measured)
  }
  if (isWanted(counts)) await printCounts()
  return measured
}

/** Starts the replicas over journals in a new folder below `parent`, and removes it afterwards. */
async function onThreads(
  parent: string,
  options: Partial<LogOptions>,
  run: (client: Client, folder: string) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(parent, 'troupe-log-'))
  try {
    await using system = await createSystem({ threads: replicas, dataDirectory: folder, development: false })
    const members = Array.from({ length: replicas }, (_, index) => `node-${index + 1}`)
    const store = await startReplicated(system, KeyValueStore, { log: 'bench', members, options })
    const client = await store.client({ node: 'local' })
    await client.execute({ op: 'put', key: 'first', value: 1 }, { timeoutMs: 30_000 })
    await run(client, folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Lets all callers call, each one call after the other, for about `forMs`; returns how many were answered a second. */
async function callFor(forMs: number, operate: (key: string) => Promise<unknown>): Promise<number> {
  const begun = performance.now()
  let answered = 0
  const call = async (caller: number) => {
    const key = `key ${caller}`
    while (performance.now() - begun < forMs) {
      await operate(key)
      answered++
    }
  }
  await Promise.all(Array.from({ length: callers }, (_, caller) => call(caller)))
  return (answered / (performance.now() - begun)) * 1_000
}

/** One caller and the journal's sync in turn: a write and a sync of the same disk, as the journal makes them. */
async function latencies(client: Client, folder: string, rounds: number): Promise<void> {
  const disk = new NodeDisk(join(folder, 'sync alone'))
  const bytes = new Uint8Array(256)
  let offset = 0
  const sync = () =>
    new Promise<void>((resolve, reject) => {
      disk.write('file', offset, bytes, (failed) => {
        if (failed !== undefined) return reject(failed)
        disk.sync('file', (error) => (error === undefined ? resolve() : reject(error)))
      })
      offset += bytes.length
    })
  const timed = async (run: () => Promise<unknown>) => {
    const begun = performance.now()
    await run()
    return performance.now() - begun
  }
  const syncs: number[] = []
  const commands: number[] = []
  const reads: number[] = []
  for (let round = 0; round < rounds; round++) {
    syncs.push(await timed(sync))
    commands.push(await timed(() => client.execute({ op: 'put', key: 'one', value: round })))
    reads.push(await timed(() => client.read({ key: 'one' })))
  }
  await new Promise<void>((resolve) => disk.close(() => resolve()))
  const unit = median(syncs)
  console.log('\nreplicated log: median latency of one caller, nothing else under way')
  const told = (name: string, values: readonly number[]) =>
    console.log(
      `  ${name.padEnd(34)}${median(values).toFixed(3)} ms   ${(median(values) / unit).toFixed(2)} x the sync`,
    )
  told('command', commands)
  told('read', reads)
  told("the journal's sync alone", syncs)
}

/** Messages between replicas, and syncs, of a command: of one caller, and of 256. */
async function printCounts(): Promise<void> {
  console.log('\nreplicated log: of one command, counted in a simulation')
  for (const count of [1, callers]) {
    const { messages, syncs, delays } = await counted(count)
    const least = `least: ${2 * (replicas - 1)} messages, ${replicas} syncs of which one after the other 1, 2 message delays`
    console.log(
      `  ${`${count} caller${count === 1 ? '' : 's'}`.padEnd(34)}${messages.toFixed(2)} messages, ${syncs.toFixed(2)} syncs${count === 1 ? `, ${delays.toFixed(2)} message delays at the leader   (${least})` : ''}`,
    )
  }
}

/** Without a fault, with every message ten milliseconds under way, beside which turns and syncs take next to nothing. */
async function counted(count: number): Promise<{ messages: number; syncs: number; delays: number }> {
  const counts = { messages: 0, syncs: 0, delays: 0 }
  const total = count * countedCommands
  const hopMs = 10
  // Timers are far apart, so that heartbeats are not among the messages that are counted.
  const options = { electionTimeoutMs: 60_000 }
  await simulate(
    { seed: 1, nodes: replicas, latency: { minMs: hopMs, meanMs: 0 }, virtualMsMax: 1e9 },
    async (world) => {
      const store = await startReplicated(world, KeyValueStore, { log: 'bench', members: world.nodes, options })
      const client = await store.client({ node: 'local' })
      await client.execute({ op: 'put', key: 'first', value: 1 }, { timeoutMs: 1e6 })
      await client.execute({ op: 'put', key: 'second', value: 1 }, { timeoutMs: 1e6 })
      world.observe((event) => {
        if (event.type === 'delivered' && world.nodes.includes(event.from) && world.nodes.includes(event.to))
          counts.messages++
        if (event.type === 'disk' && event.kind === 'sync') counts.syncs++
      })
      const begun = world.now()
      const call = async (caller: number) => {
        for (let index = 0; index < countedCommands; index++)
          await client.execute({ op: 'put', key: `key ${caller}`, value: index })
      }
      await Promise.all(Array.from({ length: count }, (_, caller) => call(caller)))
      // Less the way of the command to the leader and of its result back.
      counts.delays = (world.now() - begun) / countedCommands / hopMs - 2
    },
  )
  return { messages: counts.messages / total, syncs: counts.syncs / total, delays: counts.delays }
}
