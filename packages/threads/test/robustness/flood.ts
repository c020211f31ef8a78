/** More messages than can be taken: from many senders to one, and between pairs over channels that are too small. */
import type { ActorHandle, NodeMetricsData, ProtocolOf } from '@troupe/core'
import type { ThreadSystem } from '../../src/index.ts'
import { type CorrespondenceReport, Correspondent } from '../fixtures/correspondent.ts'
import { Flooder, FloodTarget, Ticker } from '../fixtures/flood.ts'
import { startSystem } from '../support.ts'

export interface FloodOptions {
  readonly threads: number
  readonly senders: number
  /** Messages of each sender. */
  readonly messages: number
}

export interface FloodFigures {
  readonly sent: number
  readonly delivered: number
  /** Dead letters with reason `overload`, on all nodes; those of refused asks are not among them. */
  readonly dropped: number
  readonly inOrder: boolean
  /** Turns of timers that other actors of the same threads had meanwhile, the fewest of any node. */
  readonly ticks: number
}

/** Floods one actor that has a small mailbox; the other actors of all threads must still get their turns. */
export async function runFlood({ threads, senders, messages }: FloodOptions): Promise<FloodFigures> {
  await using system = await startSystem({
    threads,
    metrics: true,
    log: 'none',
    channels: { capacityBytes: 16_384, outboundCapacity: 256 },
  })
  const mailbox = { capacity: 500 }
  const target = await system.spawn(FloodTarget, undefined, { node: 'node-1', mailbox })
  const tickers = await Promise.all(system.nodes.map((node) => system.spawn(Ticker, undefined, { node })))
  const flooders = await Promise.all(
    Array.from({ length: senders }, (_, index) =>
      system.spawn(Flooder, undefined, { node: system.nodes[index % system.nodes.length] as string }),
    ),
  )
  // Ten ticks of each, begun with the flood, must come, however long it lasts.
  const ticking = tickers.map((ticker) => ticker.askWith({ timeoutMs: 120_000 }, 'after', 10))
  const refused = await Promise.all(
    flooders.map((flooder, from) =>
      flooder.askWith({ timeoutMs: 600_000 }, 'flood', { target: target.ref, from, messages, burst: 200 }),
    ),
  )
  const ticks = await Promise.all(ticking)
  const { counts, inOrder } = await target.ask('report')
  const refusedAsks = refused.reduce((sum, count) => sum + count, 0)
  return {
    sent: senders * messages,
    delivered: counts.reduce((sum, count) => sum + count, 0),
    dropped: (await overloads(system)) - refusedAsks,
    inOrder,
    ticks: Math.min(...ticks),
  }
}

export interface CorrespondenceOptions {
  /** Each thread has a writer and a reader; writers write to the reader of the next thread, in a ring. */
  readonly threads: number
  readonly letters: number
  /** Holds the reader of the first thread in one turn until all others have written. */
  readonly holds?: boolean
}

export interface CorrespondenceFigures {
  /** Letters and asks that were sent. */
  readonly letters: number
  readonly questions: number
  /** Where they went. */
  readonly received: number
  readonly receipts: number
  readonly answers: number
  readonly overloads: number
  /** Dead letters with reason `overload`, on all nodes. */
  readonly dropped: number
  readonly inOrder: boolean
}

/** Lets actors write to each other over the smallest channels there are. Returns when everything has ended. */
export async function runCorrespondence({
  threads,
  letters,
  holds = false,
}: CorrespondenceOptions): Promise<CorrespondenceFigures> {
  await using system = await startSystem({
    threads,
    metrics: true,
    log: 'none',
    channels: { capacityBytes: 1_024, outboundCapacity: 4 },
  })
  const spawnAll = () => Promise.all(system.nodes.map((node) => system.spawn(Correspondent, undefined, { node })))
  const [writers, readers] = [await spawnAll(), await spawnAll()]
  const flag = new Int32Array(new SharedArrayBuffer(4))
  if (holds) readers[0]?.tell('hold', flag)
  const written = writers.map((writer, index) => {
    const peer = readers[(index + 1) % readers.length]?.ref as (typeof readers)[number]['ref']
    return writer.askWith({ timeoutMs: 600_000 }, 'write', { peer, letters, largest: 4_000 })
  })
  if (holds) {
    // The first thread stands still: its writer, and the one who writes to it, cannot end. The others can.
    await Promise.all(written.slice(1, -1))
    Atomics.store(flag, 0, 1)
    Atomics.notify(flag, 0)
  }
  await Promise.all(written)
  const reports = [...(await settled(writers)), ...(await settled(readers))]
  const sum = (part: Exclude<keyof CorrespondenceReport, 'inOrder'>) =>
    reports.reduce((total, report) => total + report[part], 0)
  return {
    letters: letters * threads,
    questions: sum('questions'),
    received: sum('received'),
    receipts: sum('receipts'),
    answers: sum('answers'),
    overloads: sum('overloads'),
    dropped: await overloads(system),
    inOrder: reports.every(({ inOrder }) => inOrder),
  }
}

/** The reports once they no longer change: what was accepted has arrived by then. */
async function settled(
  actors: readonly ActorHandle<ProtocolOf<typeof Correspondent>>[],
): Promise<CorrespondenceReport[]> {
  let before = ''
  for (;;) {
    const reports = await Promise.all(actors.map((actor) => actor.askWith({ timeoutMs: 60_000 }, 'report')))
    const now = JSON.stringify(reports)
    if (now === before) return reports
    before = now
  }
}

async function overloads(system: ThreadSystem): Promise<number> {
  const nodes: readonly NodeMetricsData[] = (await system.metrics())?.nodes ?? []
  return nodes.reduce((sum, { deadLetters }) => sum + (deadLetters.overload ?? 0), 0)
}
