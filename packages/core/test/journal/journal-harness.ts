/** What the journal's tests share: disks on virtual time, and callbacks awaited by running that time. */

import type { Journal } from '../../src/journal/journal.ts'
import { type JournalReport, type OpenJournalOptions, openJournal } from '../../src/journal/open-journal.ts'
import { MemoryDisk } from '../../src/memory-disk.ts'
import type { Disk, DiskCallback } from '../../src/ports/disk.ts'
import { SeededRandom } from '../../src/seeded-random.ts'

/** Virtual time: runs what is due, earliest first, first scheduled first. */
export class VirtualTime {
  #now = 0
  #due: { at: number; run: () => void }[] = []

  readonly schedule = (delayMs: number, run: () => void) => {
    const at = this.#now + delayMs
    const place = this.#due.findLastIndex((other) => other.at <= at) + 1
    this.#due.splice(place, 0, { at, run })
  }

  /** Runs one event; false when there is none. */
  step(): boolean {
    const next = this.#due.shift()
    if (next === undefined) return false
    this.#now = next.at
    next.run()
    return true
  }

  runAll(): void {
    while (this.step()) {}
  }
}

/** What an id's recovery gave. */
export interface Recovered {
  readonly snapshot: string | undefined
  readonly events: string[]
  readonly lastSequence: number
}

export function memoryDisk(time: VirtualTime): MemoryDisk {
  return new MemoryDisk({ schedule: (run) => time.schedule(0, run) })
}

export function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** Runs time until the operation has called back; throws its error. */
export function settle<Result>(time: VirtualTime, operation: (done: DiskCallback<Result>) => void): Result {
  let outcome: { error: Error | undefined; result: Result | undefined } | undefined
  operation((error, result) => {
    if (outcome !== undefined) throw new Error('called back twice')
    outcome = { error, result }
  })
  while (outcome === undefined && time.step()) {}
  if (outcome === undefined) throw new Error('it never called back')
  const { error, result } = outcome as { error: Error | undefined; result: Result | undefined }
  if (error !== undefined) throw error
  return result as Result
}

export type OpenOptions = Partial<Omit<OpenJournalOptions, 'disk'>>

export function open(
  time: VirtualTime,
  disk: Disk,
  options: OpenOptions = {},
): { journal: Journal; report: JournalReport } {
  return settle<{ journal: Journal; report: JournalReport }>(time, (done) => {
    openJournal({ disk, random: new SeededRandom(1), ...options }, (error, journal, report) => {
      if (error === undefined) done(undefined, { journal: journal!, report: report! })
      else done(error)
    })
  })
}

export function recover(time: VirtualTime, journal: Journal, durableId: string): Recovered {
  return settle<Recovered>(time, (done) => {
    let snapshot: string | undefined
    const events: string[] = []
    const decoder = new TextDecoder()
    journal.recover(durableId, {
      snapshot: (payload) => {
        snapshot = decoder.decode(payload)
      },
      event: (payload) => events.push(decoder.decode(payload)),
      done: (error, result) => {
        if (error === undefined) done(undefined, { snapshot, events, lastSequence: result!.lastSequence })
        else done(error)
      },
    })
  })
}

/** Appends events and waits until all are synced. */
export function appendAll(time: VirtualTime, journal: Journal, durableId: string, events: string[]): void {
  for (const event of events) settle<void>(time, (done) => journal.append(durableId, bytesOf(event), done))
}

/** A disk that counts and can hold back its callbacks: `fail` names the operation that gets an error next. */
export class WatchedDisk implements Disk {
  readonly #disk: Disk
  readonly log: string[] = []
  fail: 'write' | 'sync' | 'remove' | 'read' | undefined

  constructor(disk: Disk) {
    this.#disk = disk
  }

  list(done: DiskCallback<string[]>) {
    this.#disk.list(done)
  }
  size(file: string, done: DiskCallback<number | undefined>) {
    this.#disk.size(file, done)
  }
  read(file: string, offset: number, length: number, done: DiskCallback<Uint8Array>) {
    this.log.push(`read ${file}`)
    this.#disk.read(file, offset, length, this.#failing('read', done))
  }
  write(file: string, offset: number, bytes: Uint8Array, done: DiskCallback<void>) {
    this.log.push(`write ${file}`)
    this.#disk.write(file, offset, bytes, this.#failing('write', done))
  }
  sync(file: string, done: DiskCallback<void>) {
    this.log.push(`sync ${file}`)
    this.#disk.sync(file, this.#failing('sync', done))
  }
  truncate(file: string, length: number, done: DiskCallback<void>) {
    this.log.push(`truncate ${file}`)
    this.#disk.truncate(file, length, done)
  }
  remove(file: string, done: DiskCallback<void>) {
    this.log.push(`remove ${file}`)
    this.#disk.remove(file, this.#failing('remove', done))
  }
  close(done: DiskCallback<void>) {
    this.#disk.close(done)
  }

  #failing<Result>(operation: string, done: DiskCallback<Result>): DiskCallback<Result> {
    if (this.fail !== operation) return done
    this.fail = undefined
    return () => done(new Error(`the ${operation} failed`))
  }
}
