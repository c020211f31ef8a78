/**
 * The journal over the simulated disk, against an oracle that is a list: everything ever appended, in order. Whatever
 * the disk did, what is recovered must be what some prefix of that list amounts to, over all ids together, and the
 * prefix must reach at least to the last record that was acknowledged or had been recovered before.
 */
import { assert, integer, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DiskFaults, SimulatedDisk } from '../../../simulation/src/simulated-disk.ts'
import type { Journal } from '../../src/journal/journal.ts'
import { openJournal } from '../../src/journal/open-journal.ts'
import type { RandomStream } from '../../src/ports/random.ts'
import { SeededRandomSource } from '../../src/seeded-random.ts'
import { bytesOf, open, type Recovered, recover, settle, VirtualTime } from './journal-harness.ts'

interface Appended {
  readonly kind: 'event' | 'snapshot' | 'removal'
  readonly durableId: string
  readonly payload: string
}

/** What a prefix of the list amounts to, id by id. */
class Oracle {
  readonly #states = new Map<string, { snapshot: string | undefined; events: string[]; lastSequence: number }>()

  apply({ kind, durableId, payload }: Appended): void {
    const before = this.stateOf(durableId)
    if (kind === 'event') {
      const { snapshot, events, lastSequence } = before
      this.#states.set(durableId, { snapshot, events: [...events, payload], lastSequence: lastSequence + 1 })
    } else if (kind === 'snapshot') {
      this.#states.set(durableId, { snapshot: payload, events: [], lastSequence: before.lastSequence })
    } else {
      this.#states.delete(durableId)
    }
  }

  stateOf(durableId: string) {
    return this.#states.get(durableId) ?? { snapshot: undefined, events: [], lastSequence: 0 }
  }
}

class Run {
  readonly time = new VirtualTime()
  readonly disk: SimulatedDisk
  readonly ids: string[]
  readonly log: Appended[] = []
  /** How much of `log` must be there. */
  promised = 0
  crashes = 0
  readonly #random: RandomStream
  readonly #options: { segmentBytesMax: number; chunkBytes: number }

  constructor(seed: number) {
    const source = new SeededRandomSource(seed)
    this.#random = source.stream('workload')
    const { time } = this
    this.disk = new SimulatedDisk({
      schedule: time.schedule,
      random: source.stream('disk'),
      faults: this.#drawFaults(),
    })
    this.ids = ['a', 'b', 'c', 'd'].slice(0, 1 + this.#random.int(4))
    this.#options = { segmentBytesMax: 200 + this.#random.int(4000), chunkBytes: 40 + this.#random.int(2000) }
  }

  /** One life of the process: opens, recovers, appends until something ends it. */
  live(): void {
    const journal = this.#openOrCrash()
    if (journal === undefined) return
    this.#checkRecovered(journal)
    const steps = this.#random.int(60)
    for (let step = 0; step < steps && journal.failure === undefined; step++) {
      this.#append(journal)
      for (let event = this.#random.int(4); event > 0; event--) this.time.step()
    }
    for (let event = this.#random.int(20); event > 0; event--) this.time.step()
    this.#crash()
  }

  /** The disk heals; the journal must open, hold what was promised, and close. */
  end(): void {
    this.disk.faults = {}
    const { journal } = open(this.time, this.disk.open(), this.#options)
    this.#checkRecovered(journal)
    settle<void>(this.time, (done) => journal.close(done))
    this.disk.crash()
    this.#checkRecovered(open(this.time, this.disk.open(), this.#options).journal)
  }

  #drawFaults(): DiskFaults {
    const some = (probability: number) => (this.#random.chance(0.4) ? probability : 0)
    return {
      latencyMsMax: this.#random.int(5),
      stall: some(0.05),
      stallMs: 50,
      writeFailure: some(0.03),
      syncFailure: some(0.05),
      tornWrite: this.#random.float(),
      capacityBytes: this.#random.chance(0.2) ? 4000 + this.#random.int(20_000) : Number.POSITIVE_INFINITY,
    }
  }

  /** Opens the journal; a crash may come in between, or the disk refuse. */
  #openOrCrash(): Journal | undefined {
    const steps = this.#random.chance(0.2) ? this.#random.int(30) : Number.POSITIVE_INFINITY
    let outcome: { error: (Error & { code: string }) | undefined; journal: Journal | undefined } | undefined
    openJournal({ disk: this.disk.open(), random: this.#random, ...this.#options }, (error, journal) => {
      outcome = { error, journal }
    })
    for (let step = 0; outcome === undefined && step < steps && this.time.step(); step++) {}
    const { error, journal } = outcome ?? {}
    if (error !== undefined) expect(error.code).toBe('ERR_TROUPE_JOURNAL_FAILED')
    if (journal === undefined) this.#crash()
    return journal
  }

  #crash(): void {
    this.crashes++
    this.disk.crash(this.#random.chance(0.7) ? 'power' : 'process')
    this.time.runAll()
  }

  #append(journal: Journal): void {
    const kind = this.#random.pick([
      'event',
      'event',
      'event',
      'event',
      'event',
      'event',
      'snapshot',
      'removal',
    ] as const)
    const durableId = this.#random.pick(this.ids)
    const length = this.#random.chance(0.2) ? this.#random.int(3000) : this.#random.int(40)
    const payload = kind === 'removal' ? '' : `${this.log.length}:`.padEnd(length, 'x')
    const index = this.log.length
    this.log.push({ kind, durableId, payload })
    const onSynced = (error?: Error) => {
      if (error !== undefined) return
      expect(index).toBe(this.promised)
      this.promised = index + 1
    }
    if (kind === 'event') journal.append(durableId, bytesOf(payload), onSynced)
    else if (kind === 'snapshot') journal.snapshot(durableId, bytesOf(payload), onSynced)
    else journal.remove(durableId, onSynced)
  }

  /** Finds the prefix that was recovered; from here on it is promised, and the rest was never there. */
  #checkRecovered(journal: Journal): void {
    const found = this.ids.map((durableId) => recover(this.time, journal, durableId))
    const oracle = new Oracle()
    let length = 0
    while (length < this.promised) oracle.apply(this.log[length++]!)
    while (!this.#same(oracle, found) && length < this.log.length) oracle.apply(this.log[length++]!)
    expect(found).toEqual(this.ids.map((durableId) => oracle.stateOf(durableId)))
    this.log.length = length
    this.promised = length
  }

  #same(oracle: Oracle, found: Recovered[]): boolean {
    return found.every((state, at) => JSON.stringify(state) === JSON.stringify(oracle.stateOf(this.ids[at]!)))
  }
}

describe('the journal over a disk that fails', () => {
  it('keeps every acknowledged record, in order, once, and invents none', () => {
    const seen = new Map<string, number>()
    let acknowledged = 0
    void assert(
      property(integer(), (seed) => {
        const run = new Run(seed)
        for (let life = 0; life < 6; life++) run.live()
        run.end()
        acknowledged += run.promised
        for (const [fault, count] of run.disk.injected) seen.set(fault, (seen.get(fault) ?? 0) + count)
      }),
      { numRuns: 600 },
    )
    // The runs were not idle, and every fault was among them.
    expect(acknowledged).toBeGreaterThan(10_000)
    const faults = ['write lost', 'write kept', 'write torn', 'file lost', 'stall', 'crash'] as const
    for (const fault of [...faults, 'write failure', 'sync failure', 'disk full']) {
      expect([fault, seen.get(fault) ?? 0]).not.toEqual([fault, 0])
    }
  })

  it('does the same again for the same seed', () => {
    const trace = (seed: number) => {
      const run = new Run(seed)
      for (let life = 0; life < 6; life++) run.live()
      return [run.log, run.promised, [...run.disk.injected]]
    }
    for (let seed = 0; seed < 20; seed++) expect(trace(seed)).toEqual(trace(seed))
  })

  it('loses nothing silently to a byte that rots after the journal was closed', () => {
    let refused = 0
    void assert(
      property(integer(), integer({ min: 0, max: 2 ** 31 }), (seed, place) => {
        const time = new VirtualTime()
        const source = new SeededRandomSource(seed)
        const disk = new SimulatedDisk({ schedule: time.schedule, random: source.stream('disk') })
        const workload = source.stream('workload')
        const { journal } = open(time, disk.open(), { segmentBytesMax: 500 })
        const oracle = new Oracle()
        for (let at = 0; at < 20; at++) {
          const payload = `${at}:`.padEnd(workload.int(100), 'x')
          const durableId = workload.pick(['a', 'b'])
          oracle.apply({ kind: 'event', durableId, payload })
          journal.append(durableId, bytesOf(payload), () => {})
          if (workload.chance(0.5)) time.step()
        }
        settle<void>(time, (done) => journal.close(done))
        disk.crash()
        const view = disk.open()
        const file = workload.pick(settle<string[]>(time, (done) => view.list(done)))
        disk.rot(file, place % settle<number | undefined>(time, (done) => view.size(file, done))!)
        let opened: Journal
        try {
          opened = open(time, view, { segmentBytesMax: 500 }).journal
        } catch (error) {
          refused++
          expect((error as { code: string }).code).toMatch(/CORRUPT|FOREIGN/)
          return
        }
        // What rotted was the closing mark, which nothing depends on.
        for (const durableId of ['a', 'b']) expect(recover(time, opened, durableId)).toEqual(oracle.stateOf(durableId))
      }),
      { numRuns: 300 },
    )
    expect(refused).toBeGreaterThan(200)
  })
})
