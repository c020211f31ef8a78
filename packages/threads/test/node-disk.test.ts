import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterAll, describe, expect, it } from 'vitest'
import type { Journal } from '../../core/src/journal/journal.ts'
import { openJournal } from '../../core/src/journal/open-journal.ts'
import { SeededRandom } from '../../core/src/seeded-random.ts'
import { describeDisk, done } from '../../core/test/journal/disk-conformance.ts'
import { NodeDisk } from '../src/node-disk.ts'

const root = mkdtempSync(join(tmpdir(), 'troupe-node-disk-'))
let directories = 0
const freshDirectory = () => join(root, String(++directories), 'node-1')

afterAll(() => rmSync(root, { recursive: true }))

describeDisk('NodeDisk', () => new NodeDisk(freshDirectory()))

/** Where files are in memory, on systems that have such a place. */
const memory = '/dev/shm'
describe.skipIf(!existsSync(memory))('in memory', () => {
  const memoryRoot = existsSync(memory) ? mkdtempSync(join(memory, 'troupe-node-disk-')) : ''
  afterAll(() => rmSync(memoryRoot, { recursive: true }))
  describeDisk('NodeDisk', () => new NodeDisk(join(memoryRoot, String(++directories), 'node-1')))
})

describe('NodeDisk', () => {
  it('refuses names that lead out of its directory', () => {
    const disk = new NodeDisk(freshDirectory())
    for (const name of ['', '.', '..', '../a', 'a/b', 'a\\b', 'a\0']) {
      expect(() => disk.size(name, () => {})).toThrow(RangeError)
    }
  })

  it('lists files, not directories, and keeps them for the next disk there', async () => {
    const directory = freshDirectory()
    const disk = new NodeDisk(directory)
    new NodeDisk(join(directory, 'below'))
    await done<void>((call) => disk.write('a', 0, Uint8Array.of(1, 2), call))
    await done<void>((call) => disk.sync('a', call))
    await done<void>((call) => disk.close(call))
    const again = new NodeDisk(directory)
    expect(await done<string[]>((call) => again.list(call))).toEqual(['a'])
    expect(await done<Uint8Array>((call) => again.read('a', 0, 9, call))).toEqual(Uint8Array.of(1, 2))
    await done<void>((call) => again.close(call))
  })

  it('says so at once when its directory is a file', () => {
    const file = join(root, 'file')
    writeFileSync(file, '')
    expect(() => new NodeDisk(file)).toThrow(expect.objectContaining({ code: 'ERR_TROUPE_CONFIGURATION' }))
  })

  it('finishes what was asked of it before it closes', async () => {
    const directory = freshDirectory()
    const disk = new NodeDisk(directory)
    const writes = Array.from({ length: 20 }, (_, at) =>
      done<void>((call) => disk.write('a', at * 1000, new Uint8Array(1000), call)),
    )
    await done<void>((call) => disk.close(call))
    await Promise.all(writes)
    expect(statSync(join(directory, 'a')).size).toBe(20_000)
  })
})

describe('the journal over NodeDisk', () => {
  const openIn = (disk: NodeDisk) =>
    new Promise<Journal>((resolve, reject) => {
      openJournal({ disk, random: new SeededRandom(1), segmentBytesMax: 16 * 1024 }, (error, journal) => {
        if (error === undefined) resolve(journal!)
        else reject(error)
      })
    })

  const recover = (journal: Journal, durableId: string) =>
    new Promise<number[]>((resolve, reject) => {
      const events: number[] = []
      journal.recover(durableId, {
        snapshot: (payload) => events.push(Number(new TextDecoder().decode(payload))),
        event: (payload) => events.push(Number(new TextDecoder().decode(payload))),
        done: (error) => (error === undefined ? resolve(events) : reject(error)),
      })
    })

  /** Lets a process append until it has acknowledged `acknowledgements` records, kills it, and returns the last of each id. */
  const appendAndKill = (directory: string, acknowledgements: number) =>
    new Promise<{ acknowledged: Map<string, number>; count: number }>((resolve, reject) => {
      const program = join(import.meta.dirname, 'node-disk-appender.ts')
      const child = spawn(process.execPath, [program, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
      const acknowledged = new Map<string, number>()
      let count = 0
      const lines = createInterface({ input: child.stdout })
      lines.on('line', (line) => {
        const [durableId, value] = line.split(' ') as [string, string]
        acknowledged.set(durableId, Number(value))
        if (++count === acknowledgements) child.kill('SIGKILL')
      })
      const streamEnd = new Promise((ended) => lines.on('close', ended))
      child.on('exit', (_code, signal) => {
        if (signal === 'SIGKILL') void streamEnd.then(() => resolve({ acknowledged, count }))
        else reject(new Error('the process ended by itself'))
      })
    })

  it('has every acknowledged record after each of 20 kills', async () => {
    const directory = freshDirectory()
    let total = 0
    for (let kill = 0; kill < 20; kill++) {
      const { acknowledged, count } = await appendAndKill(directory, 1 + ((kill * 397) % 1500))
      total += count
      const disk = new NodeDisk(directory)
      const journal = await openIn(disk)
      for (const [durableId, value] of acknowledged) {
        const events = await recover(journal, durableId)
        // The first is an event or the latest snapshot; from there each record counts one further.
        expect(events).toEqual(events.map((_, at) => events[0]! + at))
        expect(events.at(-1)).toBeGreaterThanOrEqual(value)
      }
      await done<void>((call) => disk.close(call))
    }
    expect(total).toBeGreaterThan(10_000)
  })
})
