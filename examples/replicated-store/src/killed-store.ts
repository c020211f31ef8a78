/**
 * A replicated key-value store on three threads and clients on the main one. Every second a thread is killed, the
 * leader's as often as another. What the clients saw must be linearizable, and nothing they were told is lost.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  checkLinearizable,
  HistoryRecorder,
  type KeyValueInput,
  type KeyValueOutput,
  keyValueModel,
} from '@troupe/checker'
import { KeyValueStore, startReplicated } from '@troupe/consensus'
import { createSystem } from '@troupe/threads'

/** How long, and how wild. */
export interface KilledStoreOptions {
  readonly kills: number
  /** Milliseconds from one kill to the next. */
  readonly everyMs: number
  readonly clients: number
  readonly electionTimeoutMs: number
}

/** What came of it. */
export interface KilledStoreFigures {
  readonly operations: number
  /** Operations that were not answered in time: nobody knows whether they were carried out. */
  readonly unanswered: number
  readonly linearizable: boolean | 'unknown'
  /** For each kill, whose thread it was and the longest time until the next one in which no write was answered. */
  readonly kills: readonly { readonly leader: boolean; readonly gapMs: number }[]
}

const keys = 16
const nodes = ['node-1', 'node-2', 'node-3'] as const

/** Runs it; `killed` hears of each kill a little later. */
export async function killedStore(
  { kills, everyMs, clients, electionTimeoutMs }: KilledStoreOptions,
  killed: (kill: KilledStoreFigures['kills'][number]) => void = () => {},
): Promise<KilledStoreFigures> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'replicated-store-'))
  const history = new HistoryRecorder<KeyValueInput, KeyValueOutput>()
  const written: number[] = []
  let unanswered = 0
  const gaps: { leader: boolean; gapMs: number }[] = []
  try {
    const replacement = { maxReplacements: kills + 1, withinMs: 3_600_000, backoff: { minMs: 0, maxMs: 0 } }
    await using system = await createSystem({ threads: nodes.length, dataDirectory, replacement, log: 'none' })
    const store = await startReplicated(system, KeyValueStore, {
      log: 'store',
      members: nodes,
      options: { electionTimeoutMs },
    })
    const client = await store.client({ node: 'local', retryMs: electionTimeoutMs / 4 })
    await client.execute({ op: 'put', key: 'ready', value: true }, { timeoutMs: 30_000 })

    let ended = false
    let count = 0
    const work = async (process: number) => {
      while (!ended) {
        const key = `key ${Math.floor(Math.random() * keys)}`
        const reads = Math.random() < 0.5
        const value = `${count++},`
        const input: KeyValueInput = reads ? { name: 'get', key } : { name: 'append', key, value }
        const id = history.invoke(process, input)
        try {
          if (input.name === 'get') {
            history.return(id, String((await client.read({ key }, { timeoutMs: 10_000 })) ?? ''))
          } else {
            await client.execute({ op: 'append', key, value }, { timeoutMs: 10_000 })
            history.return(id, undefined)
            written.push(performance.now())
          }
        } catch {
          unanswered++
          history.abandon(id)
        }
        await sleep(1)
      }
    }
    const working = Array.from({ length: clients }, (_, process) => work(process))
    await sleep(everyMs)
    for (let kill = 0; kill < kills; kill++) {
      const leading = await leaderOf(store)
      const leader = Math.random() < 0.5
      const node = leader ? leading : nodes.find((other) => other !== leading)
      const from = performance.now()
      await system.killNode(node as string)
      await sleep(Math.max(0, from + everyMs - performance.now()))
      const gap = { leader, gapMs: longestGap(written, from, performance.now()) }
      gaps.push(gap)
      killed(gap)
    }
    ended = true
    await Promise.all(working)
    for (let key = 0; key < keys; key++) {
      const id = history.invoke('last', { name: 'get', key: `key ${key}` })
      history.return(id, String((await client.read({ key: `key ${key}` }, { timeoutMs: 30_000 })) ?? ''))
    }
  } finally {
    await rm(dataDirectory, { recursive: true, force: true })
  }
  const operations = history.operations()
  const { verdict } = checkLinearizable(keyValueModel, operations)
  return { operations: operations.length, unanswered, linearizable: verdict, kills: gaps }
}

async function leaderOf(store: { status(id: string): Promise<{ role: string }> }): Promise<string> {
  for (;;) {
    for (const node of nodes) {
      const status = await store.status(node).catch(() => undefined)
      if (status?.role === 'leader') return node
    }
    await sleep(10)
  }
}

/** The longest time between two of `times` that follow each other, and the bounds, between `from` and `to`. */
function longestGap(times: readonly number[], from: number, to: number): number {
  let [gap, last] = [0, from]
  for (const time of [...times.filter((at) => at > from && at < to), to]) {
    gap = Math.max(gap, time - last)
    last = time
  }
  return gap
}
