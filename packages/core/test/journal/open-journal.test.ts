import { describe, expect, it } from 'vitest'
import { crc32c } from '../../src/journal/crc32c.ts'
import { HEADER_BYTES, MARK_BYTES, segmentFile, viewOf } from '../../src/journal/journal-format.ts'
import type { Disk } from '../../src/ports/disk.ts'
import { SeededRandom } from '../../src/seeded-random.ts'
import { appendAll, bytesOf, memoryDisk, open, recover, settle, VirtualTime, WatchedDisk } from './journal-harness.ts'

const FIRST = segmentFile(1)

class Bench {
  readonly time = new VirtualTime()
  readonly disk: Disk = memoryDisk(this.time)

  read(file: string): Uint8Array {
    return settle<Uint8Array>(this.time, (done) => this.disk.read(file, 0, 1_000_000, done))
  }

  replace(file: string, bytes: Uint8Array): void {
    settle<void>(this.time, (done) => this.disk.remove(file, done))
    settle<void>(this.time, (done) => this.disk.write(file, 0, bytes, done))
  }

  files(): string[] {
    return settle<string[]>(this.time, (done) => this.disk.list(done)).sort()
  }

  open(segmentBytesMax?: number) {
    return open(this.time, this.disk, segmentBytesMax === undefined ? {} : { segmentBytesMax })
  }

  /** The code of the error with which the journal does not open. */
  openCode(): string | undefined {
    try {
      this.open()
      return undefined
    } catch (error) {
      return (error as { code?: string }).code
    }
  }
}

/** A journal of three groups, one event each, never closed. */
function threeGroups() {
  const bench = new Bench()
  const { journal } = bench.open()
  const ends: number[] = []
  for (const event of ['one', 'two', 'three']) {
    appendAll(bench.time, journal, 'a', [event])
    ends.push(bench.read(FIRST).length)
  }
  return { bench, ends: ends as [number, number, number], whole: bench.read(FIRST) }
}

describe('opening a journal', () => {
  it('never writes the last group as a read that went astray has brought it', () => {
    const damages: ((bytes: Uint8Array) => Uint8Array)[] = [
      (bytes) => new Uint8Array(bytes.length),
      (bytes) => bytes.subarray(1),
      (bytes) => bytes.map((byte, at) => (at === bytes.length - 1 ? byte ^ 1 : byte)),
    ]
    for (const damage of damages) {
      const { bench, whole } = threeGroups()
      let reads = 0
      let lastRead = Number.POSITIVE_INFINITY
      const { disk } = bench
      const astray: Disk = {
        list: (done) => disk.list(done),
        size: (file, done) => disk.size(file, done),
        read: (file, offset, length, done) =>
          disk.read(file, offset, length, (error, bytes) =>
            done(error, ++reads === lastRead && bytes !== undefined ? damage(bytes) : bytes),
          ),
        write: (file, offset, bytes, done) => disk.write(file, offset, bytes, done),
        sync: (file, done) => disk.sync(file, done),
        truncate: (file, length, done) => disk.truncate(file, length, done),
        remove: (file, done) => disk.remove(file, done),
        close: (done) => disk.close(done),
      }
      // The last read of an opening is that of the last group.
      open(bench.time, astray)
      lastRead = reads
      reads = 0
      expect(() => open(bench.time, astray)).toThrow(expect.objectContaining({ code: 'ERR_TROUPE_JOURNAL_CORRUPT' }))
      expect(reads).toBe(lastRead)
      expect(bench.read(FIRST)).toEqual(whole)
      expect(recover(bench.time, bench.open().journal, 'a').events).toEqual(['one', 'two', 'three'])
    }
  })

  it('cuts a tail at any length to the last whole record, reports it, and goes on behind the cut', () => {
    const { bench, ends, whole } = threeGroups()
    for (let length = ends[1]; length < whole.length; length++) {
      bench.replace(FIRST, whole.subarray(0, length))
      const { journal, report } = bench.open()
      // The mark of the third group may be whole: it stays.
      const cut = length < ends[1] + MARK_BYTES ? ends[1] : ends[1] + MARK_BYTES
      expect(report).toEqual({
        segments: 1,
        records: 2,
        tornBytes: length - cut,
        tornFile: length === cut ? undefined : FIRST,
      })
      appendAll(bench.time, journal, 'a', ['again'])
      const again = bench.open()
      expect(again.report.tornBytes).toBe(0)
      expect(recover(bench.time, again.journal, 'a').events).toEqual(['one', 'two', 'again'])
    }
  })

  it('keeps the whole records of a torn group', () => {
    const bench = new Bench()
    const { journal } = bench.open()
    journal.append('a', bytesOf('0'), () => {})
    for (let at = 1; at <= 5; at++) journal.append('a', bytesOf(String(at)), () => {})
    bench.time.runAll()
    const whole = bench.read(FIRST)
    bench.replace(FIRST, whole.subarray(0, whole.length - 30))
    expect(recover(bench.time, bench.open().journal, 'a').events).toEqual(['0', '1', '2', '3'])
  })

  it('cuts at a hole in the last group although records behind it are whole', () => {
    const bench = new Bench()
    const { journal } = bench.open()
    for (let at = 0; at <= 5; at++) journal.append('a', bytesOf(String(at).repeat(10)), () => {})
    bench.time.runAll()
    const whole = bench.read(FIRST)
    const third = whole.indexOf('3'.charCodeAt(0), HEADER_BYTES + 2 * MARK_BYTES)
    bench.replace(FIRST, whole.fill(0, third, third + 10))
    const { journal: opened, report } = bench.open()
    expect(recover(bench.time, opened, 'a').events).toEqual(['0', '1', '2'].map((digit) => digit.repeat(10)))
    expect(report.tornBytes).toBe(whole.length - bench.read(FIRST).length)
  })

  it('takes any damage before the last mark for corruption, and changes nothing', () => {
    const { bench, ends, whole } = threeGroups()
    for (let offset = 0; offset < ends[1]; offset++) {
      const damaged = whole.slice()
      damaged[offset]! ^= 0x10
      bench.replace(FIRST, damaged)
      const code = offset < 8 ? 'ERR_TROUPE_JOURNAL_FOREIGN' : 'ERR_TROUPE_JOURNAL_CORRUPT'
      expect([offset, bench.openCode()]).toEqual([offset, code])
      expect(bench.read(FIRST)).toEqual(damaged)
    }
  })

  it('names the file and the place of the damage', () => {
    const { bench, ends, whole } = threeGroups()
    whole[ends[0] + MARK_BYTES + 3]! ^= 1
    bench.replace(FIRST, whole)
    expect(() => bench.open()).toThrow(
      expect.objectContaining({ name: 'JournalCorruptError', facts: { file: FIRST, offset: ends[0] + MARK_BYTES } }),
    )
  })

  it('takes damage to the last group for corruption when the journal had been closed', () => {
    const { bench } = threeGroups()
    const { journal } = bench.open()
    settle<void>(bench.time, (done) => journal.close(done))
    const whole = bench.read(FIRST)
    for (let offset = HEADER_BYTES; offset < whole.length - MARK_BYTES; offset++) {
      const damaged = whole.slice()
      damaged[offset]! ^= 0x10
      bench.replace(FIRST, damaged)
      expect([offset, bench.openCode()]).toEqual([offset, 'ERR_TROUPE_JOURNAL_CORRUPT'])
    }
  })

  it('is not misled by a payload that is a copy of journal bytes', () => {
    const { bench, whole } = threeGroups()
    const { journal } = bench.open()
    settle<void>(bench.time, (done) => journal.append('copy', whole, done))
    const torn = bench.read(FIRST).slice(0, -1)
    bench.replace(FIRST, torn)
    const { report } = bench.open()
    expect(report).toMatchObject({ records: 3, tornFile: FIRST })
  })

  it('takes damage in a segment that is not the last for corruption', () => {
    const bench = new Bench()
    const { journal } = bench.open(200)
    appendAll(bench.time, journal, 'a', ['1', '2', '3', '4', '5', '6'])
    const whole = bench.read(FIRST)
    expect(bench.files().length).toBeGreaterThan(1)
    for (const damaged of [whole.slice(0, -1), whole.slice(0, -70), whole.slice(0, 20), new Uint8Array(0)]) {
      bench.replace(FIRST, damaged)
      expect(bench.openCode()).toBe('ERR_TROUPE_JOURNAL_CORRUPT')
    }
  })

  it('notices that a segment of whole records is shorter than it was when it was left', () => {
    const bench = new Bench()
    const { journal } = bench.open(300)
    appendAll(bench.time, journal, 'a', ['1', '2', '3'])
    const short = bench.read(FIRST)
    appendAll(bench.time, journal, 'a', ['4', '5', '6', '7'])
    bench.replace(FIRST, short)
    expect(() => bench.open()).toThrow(expect.objectContaining({ facts: { file: FIRST, offset: short.length } }))
  })

  it('notices that a segment with live events is missing', () => {
    const bench = new Bench()
    const { journal } = bench.open(200)
    appendAll(
      bench.time,
      journal,
      'a',
      Array.from({ length: 20 }, (_, at) => `event ${at}`),
    )
    for (const file of [FIRST, segmentFile(3)]) {
      const whole = bench.read(file)
      settle<void>(bench.time, (done) => bench.disk.remove(file, done))
      expect(bench.openCode()).toBe('ERR_TROUPE_JOURNAL_CORRUPT')
      bench.replace(file, whole)
    }
    expect(recover(bench.time, bench.open(200).journal, 'a').events).toHaveLength(20)
  })

  it.each([
    ['nothing', new Uint8Array(0)],
    ['zeros', new Uint8Array(600)],
    ['half a header', bytesOf('TROUPEJ\n\x01\0\0')],
  ])('removes a last segment of which the crash left %s', (_name, bytes) => {
    const bench = new Bench()
    bench.replace(FIRST, bytes)
    const fresh = bench.open()
    expect(fresh.report).toEqual({ segments: 1, records: 0, tornBytes: bytes.length, tornFile: FIRST })
    expect(bench.files()).toEqual([])
    appendAll(bench.time, fresh.journal, 'a', ['1', '2'])

    bench.replace(segmentFile(2), bytes)
    const { journal, report } = bench.open()
    expect(report).toEqual({ segments: 2, records: 2, tornBytes: bytes.length, tornFile: segmentFile(2) })
    expect(bench.files()).toEqual([FIRST])
    expect(recover(bench.time, journal, 'a').events).toEqual(['1', '2'])
  })

  it('does not begin a new journal where the only segment lost its header', () => {
    const bench = new Bench()
    bench.replace(segmentFile(7), new Uint8Array(600))
    expect(bench.openCode()).toBe('ERR_TROUPE_JOURNAL_CORRUPT')
  })

  it('refuses a file that is something else, of another journal, or under another name', () => {
    const { bench, whole } = threeGroups()
    bench.replace(segmentFile(2), bytesOf('some notes of mine'))
    expect(bench.openCode()).toBe('ERR_TROUPE_JOURNAL_FOREIGN')
    bench.replace(segmentFile(2), whole)
    expect(bench.openCode()).toBe('ERR_TROUPE_JOURNAL_FOREIGN')
    const journals = [1, 2].map((seed) => {
      const other = new Bench()
      const random = new SeededRandom(seed)
      const { journal } = open(other.time, other.disk, { segmentBytesMax: 100, random })
      appendAll(other.time, journal, 'x', ['1', '2', '3'])
      return other
    }) as [Bench, Bench]
    journals[0].replace(segmentFile(2), journals[1].read(segmentFile(2)))
    expect(journals[0].openCode()).toBe('ERR_TROUPE_JOURNAL_FOREIGN')
  })

  it('refuses a segment of a newer version, and says which', () => {
    const { bench, whole } = threeGroups()
    whole[8] = 2
    viewOf(whole).setUint32(28, crc32c(whole, 0, 28), true)
    bench.replace(FIRST, whole)
    expect(() => bench.open()).toThrow(
      expect.objectContaining({ code: 'ERR_TROUPE_JOURNAL_VERSION', facts: { file: FIRST, version: 2 } }),
    )
  })

  it('leaves files alone that are not named like segments', () => {
    const { bench } = threeGroups()
    bench.replace('lock', bytesOf('42'))
    bench.open()
    expect(bench.files()).toEqual([FIRST, 'lock'])
  })

  it('refuses to open when the disk fails', () => {
    const { bench } = threeGroups()
    for (const operation of ['read', 'write', 'sync'] as const) {
      const disk = new WatchedDisk(bench.disk)
      disk.fail = operation
      expect(() => open(bench.time, disk)).toThrow(expect.objectContaining({ code: 'ERR_TROUPE_JOURNAL_FAILED' }))
    }
  })
})
