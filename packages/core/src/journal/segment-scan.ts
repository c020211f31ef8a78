/**
 * Reads one segment from its header to its end, in bounded chunks, and verifies every checksum on the way. It tells the
 * facts (how far the segment is whole, whether a mark proves that damage lies in synced data); what follows from them
 * is for `openJournal` to decide, which knows whether this is the last segment.
 */
import type { Disk } from '../ports/disk.ts'
import type { JournalFailedError } from './journal-errors.ts'
import {
  FRAME_BYTES,
  frameLength,
  HEADER_BYTES,
  isMark,
  type JournalIdentity,
  MARK_BYTES,
  type RecordFrame,
  readHeader,
  readRecord,
  recordSeed,
  type SegmentHeader,
  viewOf,
} from './journal-format.ts'
import { SegmentWindow } from './segment-window.ts'

/** Called for each whole record: its bytes lie in `bytes` where `frame` says; `offset` is its place in the file. */
export type RecordSeen = (bytes: Uint8Array, frame: RecordFrame, offset: number) => void

/** What a scan found. */
export interface SegmentScan {
  /** The header, or why there is none; without one nothing else was read but marks. */
  readonly header: SegmentHeader | 'damaged' | 'foreign'
  /** The end of the last whole frame: the segment's length when all of it is whole. */
  readonly end: number
  /** Where the last group begins; everything before it was synced. `undefined` when there is no group. */
  readonly lastGroup: number | undefined
  /** Whether a mark lies beyond `end`, so that the damage at `end` is in data that had been synced. */
  readonly provenBeyond: boolean
}

/** What to scan. */
export interface SegmentScanOptions {
  readonly disk: Disk
  readonly file: string
  readonly number: number
  /** The file's length. */
  readonly length: number
  readonly chunkBytes: number
  /** Called once, before the first record; returning false ends the scan there. */
  readonly headerSeen: (header: SegmentHeader) => boolean
  readonly recordSeen: RecordSeen
}

/** Scans one segment. */
export function scanSegment(
  options: SegmentScanOptions,
  done: (error: JournalFailedError | undefined, scan?: SegmentScan) => void,
): void {
  new Scanner(options, done).start()
}

/**
 * Whether `bytes`, which lie at `offset` of a segment, are one whole group: a mark, then records, to the last byte.
 */
export function isWholeGroup(
  bytes: Uint8Array,
  place: {
    readonly segment: number
    readonly offset: number
    readonly identity: JournalIdentity
    readonly checksum: number
  },
): boolean {
  const view = viewOf(bytes)
  if (!isMark(bytes, view, 0, place)) return false
  let at = MARK_BYTES
  while (bytes.length - at >= FRAME_BYTES) {
    if (readRecord(bytes, view, at, recordSeed(place.checksum, place.offset + at)) === undefined) return false
    at += frameLength(view, at)
  }
  return at === bytes.length
}

class Scanner {
  readonly #options: SegmentScanOptions
  readonly #done: (error: JournalFailedError | undefined, scan?: SegmentScan) => void
  readonly #window: SegmentWindow
  #header: SegmentHeader | 'damaged' | 'foreign' = 'damaged'
  #end = 0
  #lastGroup: number | undefined

  constructor(options: SegmentScanOptions, done: (error: JournalFailedError | undefined, scan?: SegmentScan) => void) {
    this.#options = options
    this.#done = done
    this.#window = new SegmentWindow(options.disk, options.file)
  }

  start(): void {
    this.#load(0, HEADER_BYTES, () => {
      const header = readHeader(this.#window.bytes)
      this.#header = header
      if (typeof header === 'object') {
        this.#end = HEADER_BYTES
        if (this.#options.headerSeen(header)) this.#walk(header)
        else this.#finish(false)
      } else if (header === 'damaged') {
        // The first mark, right behind the header, was written together with it: it proves nothing about the header.
        this.#search(HEADER_BYTES + 1)
      } else {
        this.#finish(false)
      }
    })
  }

  /** Goes from frame to frame until the chunk ends, then loads the next. */
  #walk(header: SegmentHeader): void {
    for (let step = this.#step(header); step !== 'loading'; step = this.#step(header)) {
      if (step === 'whole') continue
      if (step === 'broken') this.#search(this.#end + 1)
      else this.#finish(false)
      return
    }
  }

  /** Goes past one frame, or says why it cannot. */
  #step(header: SegmentHeader): 'whole' | 'loading' | 'broken' | 'end' {
    const offset = this.#end
    const left = this.#options.length - offset
    if (left === 0) return 'end'
    if (left < FRAME_BYTES) return 'broken'
    const window = this.#window
    const at = offset - window.start
    const bytes = window.holds(offset, FRAME_BYTES) ? frameLength(window.view, at) : FRAME_BYTES
    if (bytes > left) return 'broken'
    if (!window.holds(offset, bytes)) {
      this.#load(offset, bytes, () => this.#walk(header))
      return 'loading'
    }
    if (!this.#take(at, offset, header)) return 'broken'
    this.#end = offset + bytes
    return 'whole'
  }

  /** Whether the frame in the window at `at`, which lies at `offset` of the file, verifies. */
  #take(at: number, offset: number, header: SegmentHeader): boolean {
    const { bytes, view } = this.#window
    const frame = readRecord(bytes, view, at, recordSeed(header.checksum, offset))
    if (frame === undefined) {
      if (!isMark(bytes, view, at, { segment: this.#options.number, offset, identity: header.identity })) return false
      this.#lastGroup = offset
      return true
    }
    // A record without a mark before it was never written.
    if (this.#lastGroup === undefined) return false
    this.#options.recordSeen(bytes, frame, offset)
    return true
  }

  /** Looks for a mark at `from` or beyond, at any byte. */
  #search(from: number): void {
    const { number, length } = this.#options
    if (length - from < MARK_BYTES) {
      this.#finish(false)
      return
    }
    this.#load(from, MARK_BYTES, () => {
      const { bytes, view, start } = this.#window
      const identity = typeof this.#header === 'object' ? this.#header.identity : undefined
      const last = bytes.length - MARK_BYTES
      for (let at = 0; at <= last; at++) {
        if (isMark(bytes, view, at, { segment: number, offset: start + at, identity })) return this.#finish(true)
      }
      this.#search(start + last + 1)
    })
  }

  #finish(provenBeyond: boolean): void {
    this.#done(undefined, { header: this.#header, end: this.#end, lastGroup: this.#lastGroup, provenBeyond })
  }

  /** Loads a chunk from `offset`, longer than usual when `bytesWanted` asks for it. */
  #load(offset: number, bytesWanted: number, next: () => void): void {
    const range = {
      length: Math.max(bytesWanted, this.#options.chunkBytes),
      bytesMin: Math.min(bytesWanted, this.#options.length - offset),
    }
    this.#window.load(offset, range, (error) => {
      if (error === undefined) next()
      else this.#done(error)
    })
  }
}
