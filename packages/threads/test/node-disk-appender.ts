/**
 * A process to be killed: opens the journal in the directory that it is given, and appends to five ids for ever. Each
 * id's records are numbers that count up; every hundredth is a snapshot. Each acknowledged one is printed.
 */
import { writeSync } from 'node:fs'
import { openJournal } from '../../core/src/journal/open-journal.ts'
import { SeededRandom } from '../../core/src/seeded-random.ts'
import { NodeDisk } from '../src/node-disk.ts'

const disk = new NodeDisk(process.argv[2]!)
openJournal({ disk, random: new SeededRandom(1), segmentBytesMax: 16 * 1024 }, (error, journal) => {
  if (error !== undefined) throw error
  const encoder = new TextEncoder()
  const decoder = new TextDecoder()
  const append = (durableId: string, value: number) => {
    const payload = encoder.encode(String(value).padStart(1 + (value % 200), '0'))
    const onSynced = (failure?: Error) => {
      if (failure !== undefined) throw failure
      writeSync(1, `${durableId} ${value}\n`)
      append(durableId, value + 1)
    }
    if (value % 100 === 0) journal!.snapshot(durableId, payload, onSynced)
    else journal!.append(durableId, payload, onSynced)
  }
  for (const durableId of ['a', 'b', 'c', 'd', 'e']) {
    let last = 0
    const note = (payload: Uint8Array) => {
      last = Number(decoder.decode(payload))
    }
    journal!.recover(durableId, {
      snapshot: note,
      event: note,
      done: (failure) => {
        if (failure !== undefined) throw failure
        append(durableId, last + 1)
      },
    })
  }
})
