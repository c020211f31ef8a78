/**
 * A process to be killed: durable ledgers that are given numbers for ever, on threads or over a disk that forgets what
 * was not synced. It prints what each ledger has recovered, then each number that was acknowledged.
 *
 *     node test/durability/crash-process.ts <data directory> files|unsynced-loss|lying
 */
import { type ActorHandle, type ActorSystem, createLocalSystem, type ProtocolOf } from '@troupe/core'
import { createSystem, NodeDisk } from '@troupe/threads'
import { realTime } from '@troupe/threads/real-time'
import { Ledger } from './ledger.ts'
import { UnsyncedLossDisk } from './unsynced-loss-disk.ts'

/** Numbers that a ledger is asked to add at a time. */
const pipelined = 12
/** The machine may be busy with other things; what is late is not wrong. */
const patient = { timeoutMs: 120_000 }
const ledgers = ['a', 'b', 'c', 'd']

const [dataDirectory = '', mode] = process.argv.slice(2)
const system: ActorSystem =
  mode === 'files'
    ? await createSystem({ threads: 2, dataDirectory })
    : createLocalSystem({
        disk: new UnsyncedLossDisk(new NodeDisk(dataDirectory), { lies: mode === 'lying' }),
        realTime: realTime(),
      })
// The local host in real time does not keep a process open by itself.
setInterval(() => {}, 60_000)

for (const [index, name] of ledgers.entries()) {
  const node = system.nodes[index % system.nodes.length] as string
  const ledger = await system.spawn(Ledger, undefined, { node, name, durableId: name })
  const contents = await ledger.askWith(patient, 'contents')
  process.stdout.write(`recovered ${name} ${JSON.stringify(contents)}\n`)
  let next = (contents.ranges.at(-1)?.[1] ?? 0) + 1
  for (let lane = 0; lane < pipelined; lane++) void addForEver(name, ledger, () => next++)
}

async function addForEver(
  name: string,
  ledger: ActorHandle<ProtocolOf<typeof Ledger>>,
  next: () => number,
): Promise<void> {
  for (;;) {
    const number = next()
    const added = await ledger.askWith(patient, 'add', { number, note: 'x'.repeat(number % 300) })
    process.stdout.write(`added ${name} ${added}\n`)
  }
}
