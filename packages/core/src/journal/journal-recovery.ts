/**
 * Reads one durable actor's records back: its latest snapshot, then the events after it, in order. Records that lie
 * near one another come in one read, and the thread is given back after each read, so that an actor with a long
 * history does not hold up its neighbours. Checksums are verified again: much may have happened to a disk since the
 * journal was opened.
 */
import type { Disk } from '../ports/disk.ts'
import { type JournalCorruptError, type JournalFailedError, journalCorrupt } from './journal-errors.ts'
import { RecordKind, readRecord, recordSeed, segmentFile } from './journal-format.ts'
import { type JournalEntry, type JournalIndex, POSITION_STRIDE } from './journal-index.ts'
import { SegmentWindow } from './segment-window.ts'

/** Takes what a recovery reads. The bytes are the visitor's to keep, not to change. Its functions must not throw. */
export interface RecoveryVisitor {
  /** The latest snapshot; called first, and only when there is one. */
  snapshot(payload: Uint8Array): void
  /** One event record, in the order of the appends. */
  event(payload: Uint8Array): void
  /** Called once, last. */
  done(error: JournalCorruptError | JournalFailedError | undefined, result?: RecoveryResult): void
}

/** What a recovery found. */
interface RecoveryResult {
  /** The sequence number of the last event, counted from 1; 0 when the journal has nothing of this id. */
  readonly lastSequence: number
  /** Event records that were read. */
  readonly events: number
}

/** Bytes of others that are read along rather than skipped by a read of its own. */
const GAP_BYTES_MAX = 32 * 1024

/** One recovery that is under way; {@link Recovery.step} begins it. */
export class Recovery {
  readonly #disk: Disk
  readonly #index: JournalIndex
  readonly #entry: JournalEntry
  readonly #visitor: RecoveryVisitor
  readonly #chunkBytes: number
  #next = 0
  #events = 0
  #sequence = 0
  #window: SegmentWindow | undefined
  #segment = 0

  constructor(
    entry: JournalEntry,
    visitor: RecoveryVisitor,
    from: { disk: Disk; index: JournalIndex; chunkBytes: number },
  ) {
    this.#disk = from.disk
    this.#index = from.index
    this.#chunkBytes = from.chunkBytes
    this.#entry = entry
    this.#visitor = visitor
    entry.recoveries++
  }

  /** Visits what the window holds, then moves it on. */
  step(): void {
    const { positions } = this.#entry
    while (this.#next < positions.length) {
      const segment = positions[this.#next]!
      const offset = positions[this.#next + 1]!
      const length = positions[this.#next + 2]!
      if (this.#segment !== segment || !this.#window?.holds(offset, length)) {
        this.#load(segment, offset)
        return
      }
      if (!this.#visit(this.#window, offset)) {
        const place = { file: segmentFile(segment), offset }
        this.#finish(journalCorrupt(place, `a record of ${this.#entry.durableId} does not verify`))
        return
      }
      this.#next += POSITION_STRIDE
    }
    this.#finish(undefined)
  }

  #visit(window: SegmentWindow, offset: number): boolean {
    const seed = recordSeed(this.#index.segment(this.#segment).checksum, offset)
    const { bytes, view } = window
    const frame = readRecord(bytes, view, offset - window.start, seed)
    const first = this.#next === 0
    const kind = first && this.#entry.hasSnapshot ? RecordKind.snapshot : RecordKind.event
    if (frame === undefined || frame.kind !== kind) return false
    if (kind === RecordKind.event && frame.sequence !== this.#sequence + 1) return false
    this.#sequence = frame.sequence
    const payload = bytes.subarray(frame.payloadStart, frame.end)
    if (kind === RecordKind.snapshot) {
      this.#visitor.snapshot(payload)
    } else {
      this.#events++
      this.#visitor.event(payload)
    }
    return true
  }

  /** Loads the record at `offset`, and those after it that lie near and end within a chunk. */
  #load(segment: number, offset: number): void {
    const { positions } = this.#entry
    let length = positions[this.#next + 2]!
    for (let at = this.#next + POSITION_STRIDE; at < positions.length; at += POSITION_STRIDE) {
      const gap = positions[at + 1]! - offset - length
      const reach = positions[at + 1]! + positions[at + 2]! - offset
      if (positions[at] !== segment || gap > GAP_BYTES_MAX || reach > this.#chunkBytes) break
      length = reach
    }
    if (this.#segment !== segment) this.#window = new SegmentWindow(this.#disk, segmentFile(segment))
    this.#segment = segment
    this.#window!.load(offset, { length, bytesMin: length }, (error) => {
      if (error === undefined) this.step()
      else this.#finish(error)
    })
  }

  #finish(error: JournalCorruptError | JournalFailedError | undefined): void {
    this.#entry.recoveries--
    if (error !== undefined) this.#visitor.done(error)
    else this.#visitor.done(undefined, { lastSequence: this.#sequence, events: this.#events })
  }
}
