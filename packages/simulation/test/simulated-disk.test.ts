import { describe, expect, it } from 'vitest'
import { SeededRandom } from '../../core/src/seeded-random.ts'
import { describeDisk } from '../../core/test/journal/disk-conformance.ts'
import { settle, VirtualTime } from '../../core/test/journal/journal-harness.ts'
import { type DiskEvent, type DiskFaults, SimulatedDisk } from '../src/simulated-disk.ts'
import { SECTOR_BYTES } from '../src/simulated-file.ts'

describeDisk('SimulatedDisk', () => {
  const schedule = (_delayMs: number, run: () => void) => void setImmediate(run)
  return new SimulatedDisk({ schedule, random: new SeededRandom(1), faults: { latencyMsMax: 5 } }).open()
})

class Bench {
  readonly time = new VirtualTime()
  readonly events: DiskEvent[] = []
  readonly disk: SimulatedDisk
  view

  constructor(seed: number, faults: DiskFaults = {}) {
    const observe = (event: DiskEvent) => void this.events.push(event)
    this.disk = new SimulatedDisk({ schedule: this.time.schedule, random: new SeededRandom(seed), faults, observe })
    this.view = this.disk.open()
  }

  write(offset: number, bytes: Uint8Array) {
    settle<void>(this.time, (done) => this.view.write('a', offset, bytes, done))
  }

  sync() {
    settle<void>(this.time, (done) => this.view.sync('a', done))
  }

  /** Crashes and reads the file again; `undefined` when it is gone. */
  crash(): Uint8Array | undefined {
    this.disk.crash()
    this.view = this.disk.open()
    return this.read()
  }

  read(): Uint8Array | undefined {
    try {
      return settle<Uint8Array>(this.time, (done) => this.view.read('a', 0, 100_000, done))
    } catch {
      return undefined
    }
  }
}

const filled = (bytes: number, value: number) => new Uint8Array(bytes).fill(value)

/** Runs `run` for many seeds and counts what it returns. */
function tally(run: (seed: number) => string): Map<string, number> {
  const counts = new Map<string, number>()
  for (let seed = 0; seed < 200; seed++) {
    const outcome = run(seed)
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  }
  return counts
}

describe('SimulatedDisk', () => {
  it('never loses what was synced', () => {
    for (let seed = 0; seed < 50; seed++) {
      const bench = new Bench(seed, { tornWrite: 0.5 })
      bench.write(0, filled(2000, 1))
      bench.sync()
      expect(bench.crash()).toEqual(filled(2000, 1))
    }
  })

  it('loses, keeps or tears an unsynced write, and loses the file that no sync made durable', () => {
    const outcomes = tally((seed) => {
      const bench = new Bench(seed, { tornWrite: 0.4 })
      bench.write(0, filled(4 * SECTOR_BYTES, 1))
      const bytes = bench.crash()
      if (bytes === undefined) return 'gone'
      const sectors = new Set<number | undefined>()
      for (let at = 0; at < 4; at++) sectors.add(bytes[at * SECTOR_BYTES])
      return sectors.size === 1 && sectors.has(1) ? 'kept' : sectors.has(1) ? 'torn' : 'lost'
    })
    expect([...outcomes.keys()].sort()).toEqual(['gone', 'kept', 'lost', 'torn'])
  })

  it('tears between sectors, never inside one', () => {
    for (let seed = 0; seed < 100; seed++) {
      const bench = new Bench(seed, { tornWrite: 1 })
      bench.write(0, filled(2000, 1))
      bench.sync()
      bench.write(100, filled(1500, 2))
      const bytes = bench.crash()!
      for (let from = 100; from < 1600; ) {
        const to = Math.min(1600, from - (from % SECTOR_BYTES) + SECTOR_BYTES)
        expect(new Set(bytes.slice(from, to)).size).toBe(1)
        from = to
      }
      expect(bytes.slice(0, 100)).toEqual(filled(100, 1))
      expect(bytes.slice(1600)).toEqual(filled(400, 1))
    }
  })

  it('can keep a later unsynced write and lose an earlier one', () => {
    const outcomes = tally((seed) => {
      const bench = new Bench(seed)
      bench.write(0, filled(1024, 0))
      bench.sync()
      bench.write(0, filled(512, 1))
      bench.write(512, filled(512, 2))
      const bytes = bench.crash()!
      return `${bytes[0]} ${bytes[512]}`
    })
    expect([...outcomes.keys()].sort()).toEqual(['0 0', '0 2', '1 0', '1 2'])
  })

  it('keeps unsynced writes when only the process dies, and calls nobody back', () => {
    const bench = new Bench(1, { latencyMsMin: 5 })
    const called: string[] = []
    bench.view.write('a', 0, filled(10, 1), () => called.push('write'))
    bench.view.sync('a', () => called.push('sync'))
    bench.disk.crash('process')
    const dead = bench.view
    bench.view = bench.disk.open()
    dead.write('a', 0, filled(10, 9), () => called.push('late'))
    bench.time.runAll()
    expect(called).toEqual([])
    expect(bench.read()).toEqual(filled(10, 1))
  })

  it('makes nothing durable by a sync that was in flight', () => {
    const outcomes = tally((seed) => {
      const bench = new Bench(seed, { latencyMsMin: 5 })
      bench.write(0, filled(10, 1))
      bench.view.sync('a', () => expect.unreachable())
      return String(bench.crash()?.[0])
    })
    expect(outcomes.size).toBeGreaterThan(1)
  })

  it('shows what a failed sync has left behind until the crash, whatever was synced since', () => {
    const outcomes = tally((seed) => {
      const bench = new Bench(seed)
      bench.write(0, filled(10, 1))
      bench.sync()
      bench.write(0, filled(10, 2))
      bench.disk.faults = { syncFailure: 1 }
      expect(() => bench.sync()).toThrow(expect.objectContaining({ code: 'EIO' }))
      bench.disk.faults = {}
      bench.sync()
      expect(bench.read()).toEqual(filled(10, 2))
      return String(bench.crash()![0])
    })
    expect([...outcomes.keys()].sort()).toEqual(['1', '2'])
  })

  it('fails writes, and fills up', () => {
    const bench = new Bench(1, { writeFailure: 1 })
    expect(() => bench.write(0, filled(10, 1))).toThrow(expect.objectContaining({ code: 'EIO' }))
    bench.disk.faults = { capacityBytes: 1000 }
    bench.write(0, filled(900, 1))
    expect(() => bench.write(900, filled(200, 1))).toThrow(expect.objectContaining({ code: 'ENOSPC' }))
    bench.write(0, filled(1000, 2))
    expect(bench.read()).toEqual(filled(1000, 2))
    expect(Object.fromEntries(bench.disk.injected)).toEqual({ 'write failure': 1, 'disk full': 1 })
  })

  it('rots one bit, durably', () => {
    const bench = new Bench(1)
    bench.write(0, filled(100, 0))
    bench.sync()
    bench.disk.rot('a', 40)
    const rotten = bench.read()!
    expect(rotten.filter((byte) => byte !== 0)).toHaveLength(1)
    expect(Math.log2(rotten[40]!) % 1).toBe(0)
    expect(bench.crash()).toEqual(rotten)
  })

  it('is open for one program at a time', () => {
    const bench = new Bench(1)
    expect(() => bench.disk.open()).toThrow('while it is open')
    settle<void>(bench.time, (done) => bench.view.close(done))
    bench.disk.open()
  })

  it('is a function of its random stream', () => {
    const trace = (seed: number) => {
      const bench = new Bench(seed, {
        tornWrite: 0.5,
        syncFailure: 0.2,
        writeFailure: 0.1,
        latencyMsMax: 9,
        stall: 0.1,
      })
      for (let at = 0; at < 30; at++) {
        bench.view.write(`f${at % 3}`, at * 100, filled(700, at), () => {})
        if (at % 4 === 0) bench.view.sync(`f${at % 3}`, () => {})
        bench.time.step()
      }
      return [bench.crash(), bench.events]
    }
    expect(trace(5)).toEqual(trace(5))
    expect(trace(5)).not.toEqual(trace(6))
  })
})
