import { describe, expect, it } from 'vitest'
import { JournalRecordSizeError } from '../../src/index.ts'
import {
  appendAll,
  bytesOf,
  memoryDisk,
  type OpenOptions,
  open,
  recover,
  settle,
  VirtualTime,
  WatchedDisk,
} from './journal-harness.ts'

function setup(options: OpenOptions = {}) {
  const time = new VirtualTime()
  const disk = new WatchedDisk(memoryDisk(time))
  const { journal, report } = open(time, disk, options)
  return { time, disk, journal, report }
}

describe('the journal', () => {
  it('begins empty, and has nothing of an id that it does not know', () => {
    const { time, journal, report } = setup()
    expect(report).toEqual({ segments: 0, records: 0, tornBytes: 0, tornFile: undefined })
    expect(recover(time, journal, 'a')).toEqual({ snapshot: undefined, events: [], lastSequence: 0 })
  })

  it('gives each id its events back, in order, now and after it is opened again', () => {
    const { time, disk, journal } = setup()
    for (let at = 1; at <= 3; at++) {
      appendAll(time, journal, 'a', [`a${at}`])
      appendAll(time, journal, 'ä', [`ä${at}`])
    }
    const check = (opened: typeof journal) => {
      expect(recover(time, opened, 'a')).toEqual({ snapshot: undefined, events: ['a1', 'a2', 'a3'], lastSequence: 3 })
      expect(recover(time, opened, 'ä').events).toEqual(['ä1', 'ä2', 'ä3'])
    }
    check(journal)
    const again = open(time, disk)
    expect(again.report).toMatchObject({ segments: 1, records: 6, tornBytes: 0 })
    check(again.journal)
  })

  it('covers all that was appended during one sync by one write and one sync more', () => {
    const { time, disk, journal } = setup()
    const order: number[] = []
    for (let at = 0; at < 100; at++) journal.append(`id${at % 7}`, bytesOf(String(at)), () => order.push(at))
    expect(order).toEqual([])
    expect(journal.pendingBytes).toBeGreaterThan(100)
    time.runAll()
    expect(order).toEqual(Array.from({ length: 100 }, (_, at) => at))
    expect(journal.statistics).toMatchObject({ appends: 100, groups: 2, syncs: 2, segments: 1 })
    expect(disk.log.filter((line) => line.startsWith('write'))).toHaveLength(2)
    expect(journal.pendingBytes).toBe(0)
  })

  it('puts what onSynced appends into the next group, together', () => {
    const { time, journal } = setup()
    for (let at = 0; at < 50; at++) {
      journal.append('a', bytesOf('first'), () => journal.append('a', bytesOf('second'), () => {}))
    }
    time.runAll()
    // The first append alone, the 49 after it with its follower, then their 49 followers.
    expect(journal.statistics).toMatchObject({ appends: 100, groups: 3 })
    expect(recover(time, journal, 'a').events).toHaveLength(100)
  })

  it('recovers from the latest snapshot, and counts on from it', () => {
    const { time, disk, journal } = setup()
    appendAll(time, journal, 'a', ['1', '2'])
    journal.snapshot('a', bytesOf('S2'), () => {})
    journal.append('a', bytesOf('3'), () => {})
    journal.append('a', bytesOf('4'), () => {})
    time.runAll()
    const expected = { snapshot: 'S2', events: ['3', '4'], lastSequence: 4 }
    expect(recover(time, journal, 'a')).toEqual(expected)
    expect(recover(time, open(time, disk).journal, 'a')).toEqual(expected)
  })

  it('forgets a removed id, and takes it anew', () => {
    const { time, disk, journal } = setup()
    appendAll(time, journal, 'a', ['1', '2'])
    journal.remove('a', () => {})
    journal.append('a', bytesOf('new'), () => {})
    journal.append('b', bytesOf('b'), () => {})
    journal.remove('b', () => {})
    time.runAll()
    for (const opened of [journal, open(time, disk).journal]) {
      expect(recover(time, opened, 'a')).toEqual({ snapshot: undefined, events: ['new'], lastSequence: 1 })
      expect(recover(time, opened, 'b')).toEqual({ snapshot: undefined, events: [], lastSequence: 0 })
    }
  })

  it('fills segments, and removes one only after the snapshot that empties it is synced', () => {
    const { time, disk, journal } = setup({ segmentBytesMax: 300 })
    appendAll(
      time,
      journal,
      'a',
      Array.from({ length: 20 }, (_, at) => `event ${at}`),
    )
    expect(journal.statistics.segments).toBeGreaterThan(3)
    disk.log.length = 0
    settle<void>(time, (done) => journal.snapshot('a', bytesOf('S'), done))
    time.runAll()
    const firstRemoval = disk.log.findIndex((line) => line.startsWith('remove'))
    expect(firstRemoval).toBeGreaterThan(disk.log.findIndex((line) => line.startsWith('sync')))
    expect(journal.statistics.segments).toBe(1)
    expect(recover(time, open(time, disk, { segmentBytesMax: 300 }).journal, 'a')).toEqual({
      snapshot: 'S',
      events: [],
      lastSequence: 20,
    })
  })

  it('keeps a segment for one live record, and removes others around it', () => {
    const { time, disk, journal } = setup({ segmentBytesMax: 300 })
    appendAll(time, journal, 'cold', ['kept'])
    appendAll(
      time,
      journal,
      'hot',
      Array.from({ length: 20 }, (_, at) => `event ${at}`),
    )
    settle<void>(time, (done) => journal.snapshot('hot', bytesOf('S'), done))
    time.runAll()
    expect(journal.statistics.segments).toBe(2)
    const again = open(time, disk, { segmentBytesMax: 300 })
    expect(recover(time, again.journal, 'cold').events).toEqual(['kept'])
    expect(recover(time, again.journal, 'hot')).toMatchObject({ snapshot: 'S', lastSequence: 20 })
  })

  it('keeps the record of a removal while an older segment still has the removed events', () => {
    const { time, disk, journal } = setup({ segmentBytesMax: 200 })
    appendAll(time, journal, 'gone', ['old'])
    appendAll(time, journal, 'cold', ['kept'])
    appendAll(time, journal, 'hot', ['1', '2', '3', '4'])
    settle<void>(time, (done) => journal.remove('gone', done))
    appendAll(time, journal, 'hot', ['5', '6', '7', '8'])
    settle<void>(time, (done) => journal.snapshot('hot', bytesOf('S'), done))
    time.runAll()
    expect(journal.statistics.segments).toBe(3)
    const again = open(time, disk, { segmentBytesMax: 200 }).journal
    expect(recover(time, again, 'gone').events).toEqual([])
    settle<void>(time, (done) => again.remove('cold', done))
    time.runAll()
    expect(again.statistics.segments).toBe(2)
    expect(recover(time, open(time, disk).journal, 'gone').events).toEqual([])
  })

  it('keeps the newest segment, though full and without a live record, until the next one is synced', () => {
    const { time, disk, journal } = setup({ segmentBytesMax: 150 })
    const files = () => settle<string[]>(time, (done) => disk.list(done))
    appendAll(time, journal, 'a', ['1'])
    settle<void>(time, (done) => journal.remove('a', done))
    const again = open(time, disk, { segmentBytesMax: 140 }).journal
    time.runAll()
    expect(files()).toEqual(['journal-00000001.log'])
    appendAll(time, again, 'a', ['1'])
    time.runAll()
    expect(files()).toEqual(['journal-00000002.log'])
  })

  it('recovers one id in several reads while another goes on appending', () => {
    const { time, disk, journal } = setup({ chunkBytes: 64, segmentBytesMax: 1000 })
    const events = Array.from({ length: 40 }, (_, at) => `event ${at} ${'x'.repeat(at * 3)}`)
    for (const [at, event] of events.entries()) {
      appendAll(time, journal, 'a', [event])
      if (at % 3 === 0) appendAll(time, journal, 'b', ['between'])
    }
    disk.log.length = 0
    let appended = 0
    const appendOne = () => {
      if (++appended < 30) journal.append('b', bytesOf('during'), appendOne)
    }
    appendOne()
    expect(recover(time, journal, 'a').events).toEqual(events)
    expect(disk.log.filter((line) => line.startsWith('read')).length).toBeGreaterThan(10)
    expect(appended).toBeGreaterThan(5)
  })

  it('refuses to append for an id that is being recovered, or recovers one that waits for a sync', () => {
    const { time, journal } = setup()
    appendAll(time, journal, 'a', ['1'])
    journal.recover('a', { snapshot: () => {}, event: () => {}, done: () => {} })
    expect(() => journal.append('a', bytesOf('2'), () => {})).toThrow('while it is recovered')
    time.runAll()
    journal.append('a', bytesOf('2'), () => {})
    expect(() => recover(time, journal, 'a')).toThrow('wait for a sync')
  })

  it('refuses a payload or an id that is too long, or an id that has no UTF-8', () => {
    const { journal } = setup({ recordBytesMax: 10 })
    const attempts = [
      () => journal.append('a', new Uint8Array(11), () => {}),
      () => journal.snapshot('a', new Uint8Array(11), () => {}),
    ]
    for (const attempt of attempts) expect(attempt).toThrow(JournalRecordSizeError)
    expect(attempts[1]).toThrow('a snapshot of a: 11 bytes in one record of the journal, which holds 10 at most')
    expect(() => journal.append('x'.repeat(70_000), new Uint8Array(1), () => {})).toThrow(RangeError)
    expect(() => journal.append('\ud800', new Uint8Array(1), () => {})).toThrow(RangeError)
  })

  it.each(['write', 'sync'] as const)('halts for good when a %s fails, in the order of the appends', (operation) => {
    const { time, disk, journal } = setup()
    appendAll(time, journal, 'a', ['before'])
    disk.fail = operation
    const heard: string[] = []
    const hear = (name: string) => (error?: Error & { code?: string }) => heard.push(`${name} ${error?.code}`)
    journal.append('a', bytesOf('1'), hear('in flight'))
    journal.append('b', bytesOf('2'), hear('gathered'))
    time.runAll()
    const lines = disk.log.length
    journal.append('a', bytesOf('3'), hear('later'))
    time.runAll()
    expect(heard).toEqual(['in flight', 'gathered', 'later'].map((name) => `${name} ERR_TROUPE_JOURNAL_FAILED`))
    expect(disk.log).toHaveLength(lines)
    expect(journal.failure?.cause).toMatchObject({ message: `the ${operation} failed` })
    expect(() => settle(time, (done) => journal.close(done))).toThrow(`the ${operation} failed`)
  })

  it('halts when a segment cannot be removed', () => {
    const { time, disk, journal } = setup({ segmentBytesMax: 300 })
    appendAll(
      time,
      journal,
      'a',
      Array.from({ length: 20 }, (_, at) => `event ${at}`),
    )
    disk.fail = 'remove'
    journal.snapshot('a', bytesOf('S'), () => {})
    const heard: unknown[] = []
    time.runAll()
    journal.append('a', bytesOf('1'), (error) => heard.push(error?.code))
    expect(heard).toEqual(['ERR_TROUPE_JOURNAL_FAILED'])
  })

  it('reports a read that fails to the one who recovers, and goes on', () => {
    const { time, disk, journal } = setup()
    appendAll(time, journal, 'a', ['1'])
    disk.fail = 'read'
    expect(() => recover(time, journal, 'a')).toThrow('the read failed')
    appendAll(time, journal, 'a', ['2'])
    expect(recover(time, journal, 'a').events).toEqual(['1', '2'])
  })

  it('finds a record that has rotted since the journal was opened', () => {
    const { time, disk, journal } = setup()
    appendAll(time, journal, 'a', ['1', '2'])
    settle<void>(time, (done) => disk.write('journal-00000001.log', 89, bytesOf('?'), done))
    expect(() => recover(time, journal, 'a')).toThrow(expect.objectContaining({ code: 'ERR_TROUPE_JOURNAL_CORRUPT' }))
  })

  it('syncs what was appended when it is closed, and takes nothing more', () => {
    const { time, disk, journal } = setup()
    const heard: unknown[] = []
    journal.append('a', bytesOf('1'), (error) => heard.push(error))
    journal.append('a', bytesOf('2'), (error) => heard.push(error))
    settle<void>(time, (done) => journal.close(done))
    expect(heard).toEqual([undefined, undefined])
    journal.append('a', bytesOf('3'), (error) => heard.push(error?.code))
    expect(heard[2]).toBe('ERR_TROUPE_JOURNAL_FAILED')
    const again = open(time, disk)
    expect(recover(time, again.journal, 'a').events).toEqual(['1', '2'])
    const size = settle<number | undefined>(time, (done) => disk.size('journal-00000001.log', done))
    settle<void>(time, (done) => again.journal.close(done))
    expect(settle<number | undefined>(time, (done) => disk.size('journal-00000001.log', done))).toBe(size)
  })
})
