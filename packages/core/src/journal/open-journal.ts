/**
 * Opens a journal: reads every segment, builds the index, cuts a torn tail, and makes what is left durable before
 * anything is appended behind it.
 *
 * That last step matters. The last group may have been written and not synced: its bytes may be known to the operating
 * system only, and may even be marked clean there after a sync that failed, so that another sync would skip them. So
 * the last group is written once more, then synced. Until then nobody has been shown a record of it.
 */
import type { Disk } from '../ports/disk.ts'
import type { RandomStream } from '../ports/random.ts'
import { Journal, type JournalSettings, placeAfter } from './journal.ts'
import {
  type JournalCorruptError,
  type JournalFailedError,
  type JournalForeignError,
  type JournalVersionError,
  journalCorrupt,
  journalFailed,
  journalForeign,
  journalVersion,
} from './journal-errors.ts'
import {
  FORMAT_VERSION,
  FRAME_BYTES,
  HEADER_BYTES,
  type JournalIdentity,
  MARK_BYTES,
  RecordKind,
  readHeader,
  type SegmentHeader,
  sameIdentity,
  segmentFile,
  segmentNumber,
} from './journal-format.ts'
import { type JournalEntry, JournalIndex } from './journal-index.ts'
import { isWholeGroup, type RecordSeen, type SegmentScan, scanSegment } from './segment-scan.ts'

/** How to open a journal. */
export interface OpenJournalOptions {
  /** A disk of the journal's own; files that are not named like its segments are left alone. */
  readonly disk: Disk
  /** Draws the identity of a journal that is new. */
  readonly random: RandomStream
  /** Bytes from which on a segment takes no more groups: 8 MiB unless told, at most 1 GiB. */
  readonly segmentBytesMax?: number
  /** Bytes of one record's payload, at most: 64 MiB unless told. */
  readonly recordBytesMax?: number
  /** Bytes of one read while opening and recovering: 256 KiB unless told. A longer record is read whole. */
  readonly chunkBytes?: number
}

/** What was found on the disk. */
export interface JournalReport {
  /** Segments that were read. */
  readonly segments: number
  /** Whole records in them, those superseded too. */
  readonly records: number
  /** Bytes that were cut because the crash had torn them; nothing of them had been acknowledged. */
  readonly tornBytes: number
  /** The file that was cut, or removed when nothing in it was whole. */
  readonly tornFile: string | undefined
}

/** Why a journal does not open. */
export type OpenJournalError = JournalCorruptError | JournalForeignError | JournalVersionError | JournalFailedError

/** Opens the journal on `disk`, or begins a new one. */
export function openJournal(
  options: OpenJournalOptions,
  done: (error: OpenJournalError | undefined, journal?: Journal, report?: JournalReport) => void,
): void {
  const { segmentBytesMax = 8 * 1024 ** 2, recordBytesMax = 64 * 1024 ** 2, chunkBytes = 256 * 1024 } = options
  if (!(segmentBytesMax >= HEADER_BYTES + MARK_BYTES && segmentBytesMax <= 1024 ** 3)) {
    throw new RangeError(`openJournal: segmentBytesMax is ${segmentBytesMax}`)
  }
  const settings = { disk: options.disk, segmentBytesMax, recordBytesMax, chunkBytes }
  new Opening(settings, options.random, (result) => {
    if (result instanceof Error) done(result)
    else done(undefined, result.journal, result.report)
  }).start()
}

const decoder = new TextDecoder()

type Opened = { journal: Journal; report: JournalReport }

/** The last segment with a whole header. */
interface LastSegment {
  readonly segment: number
  readonly checksum: number
  readonly end: number
  readonly lastGroup: number | undefined
}

class Opening {
  readonly #settings: JournalSettings
  readonly #random: RandomStream
  readonly #done: (result: OpenJournalError | Opened) => void
  readonly #index = new JournalIndex()
  #numbers: number[] = []
  #identity: JournalIdentity | undefined
  #last: LastSegment | undefined
  #lastEntry: JournalEntry | undefined
  #headerError: OpenJournalError | undefined
  #records = 0
  #tornBytes = 0
  #tornFile: string | undefined

  constructor(settings: JournalSettings, random: RandomStream, done: (result: OpenJournalError | Opened) => void) {
    this.#settings = settings
    this.#random = random
    this.#done = done
  }

  start(): void {
    this.#settings.disk.list((error, files) => {
      if (error !== undefined) return this.#done(journalFailed(error))
      const numbers = files!.map(segmentNumber).filter((number) => number !== undefined)
      this.#numbers = numbers.sort((left, right) => left - right)
      this.#scan(0)
    })
  }

  #scan(at: number): void {
    const number = this.#numbers[at]
    if (number === undefined) {
      this.#settle()
      return
    }
    const { disk, chunkBytes } = this.#settings
    const file = segmentFile(number)
    disk.size(file, (sizeError, length = 0) => {
      if (sizeError !== undefined) return this.#done(journalFailed(sizeError))
      const headerSeen = (header: SegmentHeader) => this.#takeHeader(number, header)
      const recordSeen = this.#recordTaker(number)
      scanSegment({ disk, file, number, length, chunkBytes, headerSeen, recordSeen }, (error, scan) => {
        const problem = error ?? this.#headerError ?? this.#judge(at, length, scan!)
        if (problem !== undefined) this.#done(problem)
        else this.#scan(at + 1)
      })
    })
  }

  /** Whether the segment is one of this journal's. */
  #takeHeader(number: number, header: SegmentHeader): boolean {
    const file = segmentFile(number)
    const { identity, version, segment } = header
    if (version !== FORMAT_VERSION) {
      this.#headerError = journalVersion(file, version, FORMAT_VERSION)
    } else if (segment !== number) {
      this.#headerError = journalForeign(file, `it is segment ${segment} under another name`)
    } else if (this.#identity !== undefined && !sameIdentity(this.#identity, identity)) {
      this.#headerError = journalForeign(file, 'it was written by another journal than the segments before it')
    } else if (this.#last?.segment === number - 1 && this.#last.end !== header.previousBytes) {
      const place = { file: segmentFile(number - 1), offset: this.#last.end }
      this.#headerError = journalCorrupt(place, `it had ${header.previousBytes} bytes when it was left`)
    } else {
      this.#identity = identity
      this.#index.addSegment(number, header.checksum)
    }
    return this.#headerError === undefined
  }

  #recordTaker(segment: number): RecordSeen {
    return (bytes, frame, offset) => {
      this.#records++
      const { kind, sequence, idStart, payloadStart, end } = frame
      const entry = this.#entryOf(bytes, idStart, payloadStart)
      this.#index.add(entry, { kind, sequence, segment, offset, length: end - idStart + FRAME_BYTES })
      // The index knows it no more.
      if (kind === RecordKind.removal) this.#lastEntry = undefined
    }
  }

  /** The entry of the id in `bytes[start..end)`: most often that of the record before. */
  #entryOf(bytes: Uint8Array, start: number, end: number): JournalEntry {
    const last = this.#lastEntry
    if (last !== undefined && isEqualPart(last.encodedId, bytes, start, end)) return last
    this.#lastEntry = this.#index.entry(decoder.decode(bytes.subarray(start, end)))
    return this.#lastEntry
  }

  /** Tells a torn tail from damage to what was synced. */
  #judge(at: number, length: number, scan: SegmentScan): OpenJournalError | undefined {
    const number = this.#numbers[at]!
    const file = segmentFile(number)
    const { header, end, lastGroup, provenBeyond } = scan
    if (header === 'foreign') return journalForeign(file, 'it does not begin like a journal segment')
    const synced = at < this.#numbers.length - 1 || provenBeyond
    if (header === 'damaged') {
      // A segment is begun while the one before it exists; without that one it was synced, and its header with it.
      if (synced || (number > 1 && this.#last?.segment !== number - 1)) {
        return journalCorrupt({ file, offset: 0 }, 'its header does not verify')
      }
    } else {
      if (end < length && synced) return journalCorrupt({ file, offset: end }, 'a synced record does not verify')
      this.#last = { segment: number, checksum: header.checksum, end, lastGroup }
    }
    if (header === 'damaged' || end < length) {
      this.#tornBytes = length - end
      this.#tornFile = file
    }
    return undefined
  }

  /** Cuts the torn tail, then makes the last group durable. */
  #settle(): void {
    try {
      this.#index.finishScan()
    } catch (error) {
      this.#done(error as JournalCorruptError)
      return
    }
    const { disk } = this.#settings
    const last = this.#last
    const torn = this.#tornFile
    const next = (error?: Error) => {
      if (error !== undefined) this.#done(journalFailed(error))
      else if (last === undefined) this.#finish()
      else this.#rewriteLastGroup(last)
    }
    if (torn === undefined) next()
    else if (last === undefined || torn !== segmentFile(last.segment)) disk.remove(torn, next)
    else disk.truncate(torn, last.end, next)
  }

  #rewriteLastGroup(last: LastSegment): void {
    const { disk } = this.#settings
    const file = segmentFile(last.segment)
    const fail = (error: Error) => this.#done(journalFailed(error))
    // The first group of a segment came together with the header.
    const start = last.lastGroup === undefined || last.lastGroup === HEADER_BYTES ? 0 : last.lastGroup
    disk.read(file, start, last.end - start, (readError, bytes) => {
      if (readError !== undefined) return fail(readError)
      // Written as it was read just now, not as it was scanned: a read that went astray would destroy what is there.
      if (!this.#isLastGroup(last, start, bytes!)) {
        return this.#done(journalCorrupt({ file, offset: start }, 'its last group reads differently the second time'))
      }
      disk.write(file, start, bytes!, (writeError) => {
        if (writeError !== undefined) return fail(writeError)
        disk.sync(file, (syncError) => {
          if (syncError !== undefined) fail(syncError)
          else this.#finish()
        })
      })
    })
  }

  /** Whether `bytes` are what the scan has seen from `start` to the end of the last segment. */
  #isLastGroup({ segment, checksum, end, lastGroup }: LastSegment, start: number, bytes: Uint8Array): boolean {
    if (bytes.length !== end - start) return false
    if (start === 0) {
      const header = readHeader(bytes)
      if (typeof header !== 'object' || header.checksum !== checksum) return false
    }
    if (lastGroup === undefined || this.#identity === undefined) return true
    const group = { segment, offset: lastGroup, identity: this.#identity, checksum }
    return isWholeGroup(bytes.subarray(lastGroup - start), group)
  }

  #finish(): void {
    const last = this.#last
    const { segmentBytesMax } = this.#settings
    const place =
      last === undefined
        ? { segment: 1, offset: 0, checksum: undefined, previousBytes: 0 }
        : placeAfter(last, last.end, segmentBytesMax)
    const identity = this.#identity ?? Uint8Array.from({ length: 8 }, () => this.#random.int(256))
    const unmarked = last?.lastGroup !== undefined && last.end > last.lastGroup + MARK_BYTES
    const journal = new Journal(this.#settings, this.#index, { place, identity, unmarked })
    const report = {
      segments: this.#numbers.length,
      records: this.#records,
      tornBytes: this.#tornBytes,
      tornFile: this.#tornFile,
    }
    this.#done({ journal, report })
  }
}

function isEqualPart(whole: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (whole.length !== end - start) return false
  for (let at = 0; at < whole.length; at++) if (whole[at] !== bytes[start + at]) return false
  return true
}
