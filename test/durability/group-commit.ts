/** Group commit as the file system sees it: how many commits of durable actors share one `fdatasync`. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSystem } from '@troupe/threads'
import { Ledger } from './ledger.ts'
import { SyncCounter } from './sync-counter.ts'

export interface GroupCommitFigures {
  /** Turns that persisted something and were acknowledged. */
  readonly commits: number
  readonly fdatasyncs: number
}

/** Lets `ledgers` durable actors of one thread commit `commitsEach` turns each, `pipelined` of them under way at a time. */
export async function countSyncs({
  ledgers,
  commitsEach,
  pipelined,
}: {
  readonly ledgers: number
  readonly commitsEach: number
  readonly pipelined: number
}): Promise<GroupCommitFigures> {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'troupe-group-commit-'))
  const servicesModule = new URL('./counting-fs.ts', import.meta.url)
  const system = await createSystem({ threads: 1, dataDirectory, servicesModule })
  try {
    const counter = await system.spawn(SyncCounter, undefined, { node: 'node-1' })
    const actors = await Promise.all(
      Array.from({ length: ledgers }, (_, index) =>
        system.spawn(Ledger, undefined, { node: 'node-1', durableId: `ledger-${index}` }),
      ),
    )
    const before = await counter.ask('calls')
    await Promise.all(
      actors.map(async (actor) => {
        for (let number = 1; number <= commitsEach; number += pipelined) {
          const asks = Array.from({ length: Math.min(pipelined, commitsEach - number + 1) }, (_, at) =>
            actor.ask('add', { number: number + at, note: '' }),
          )
          await Promise.all(asks)
        }
      }),
    )
    return { commits: ledgers * commitsEach, fdatasyncs: (await counter.ask('calls')) - before }
  } finally {
    await system.stop()
    await rm(dataDirectory, { recursive: true, force: true })
  }
}

if (import.meta.main) {
  for (const [ledgers, pipelined] of [
    [1, 1],
    [1, 64],
    [16, 1],
    [16, 64],
  ] as const) {
    const { commits, fdatasyncs } = await countSyncs({ ledgers, commitsEach: 1_000, pipelined })
    const each = (commits / fdatasyncs).toFixed(1)
    console.log(
      `${ledgers} actors, ${pipelined} turns under way: ${commits} commits, ${fdatasyncs} fdatasync, ${each} each`,
    )
  }
}
