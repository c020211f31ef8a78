/**
 * One group on its way to the disk: the bytes of its mark and records, ready to be written in one piece, and who waits
 * for them. The journal has two that take turns: one is being written and synced while the other gathers. Payloads are
 * copied once, into the bytes that are written.
 */
import type { JournalFailedError } from './journal-errors.ts'
import {
  FRAME_BYTES,
  HEADER_BYTES,
  type JournalIdentity,
  MARK_BYTES,
  type RecordKind,
  recordSeed,
  viewOf,
  writeHeader,
  writeMark,
  writeRecord,
} from './journal-format.ts'
import type { JournalEntry, JournalIndex } from './journal-index.ts'

/** Called once a record is durable, or with an error when that will never be known. It must not throw. */
export type OnSynced = (error?: JournalFailedError) => void

/** Where the next group goes. */
export interface GroupPlace {
  readonly segment: number
  readonly offset: number
  /** The checksum of the segment's header; `undefined` when the group opens the segment and brings the header along. */
  readonly checksum: number | undefined
  /** The length of the segment before. */
  readonly previousBytes: number
}

/** What a group starts with, and the most that it keeps when it is emptied. */
const BYTES_MIN = 4 * 1024
const BYTES_KEPT_MAX = 4 * 1024 * 1024
const PLACES_KEPT_MAX = 1024

/** The records of one write and one sync. */
export class RecordGroup {
  #buffer = new Uint8Array(BYTES_MIN)
  #view = viewOf(this.#buffer)
  #begun = false
  /** Records in the group. The lists below are used again for the next group, and may be longer. */
  #count = 0
  #entries: (JournalEntry | undefined)[] = []
  #waiting: (OnSynced | undefined)[] = []
  /** Three numbers a record: kind, sequence, offset in the group. */
  #records: number[] = []
  length = 0
  segment = 0
  /** The file offset of the group's first byte. */
  offset = 0
  checksum = 0
  opensSegment = false

  /** Whether there is anything to write. */
  get begun(): boolean {
    return this.#begun
  }

  get recordCount(): number {
    return this.#count
  }

  /** The bytes to write. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.length)
  }

  /** Begins the group at `place`, with the segment's header where it is the first one there, and the mark. */
  begin(place: GroupPlace, identity: JournalIdentity): void {
    this.#begun = true
    this.segment = place.segment
    this.offset = place.offset
    this.opensSegment = place.checksum === undefined
    this.checksum =
      place.checksum ??
      writeHeader(this.#buffer, { segment: place.segment, identity, previousBytes: place.previousBytes })
    this.length = this.opensSegment ? HEADER_BYTES : 0
    writeMark(this.#buffer, this.#view, this.length, {
      segment: place.segment,
      offset: this.offset + this.length,
      identity,
    })
    this.length += MARK_BYTES
  }

  /** Adds a record; the group has begun. */
  add(entry: JournalEntry, record: { kind: RecordKind; sequence: number; payload: Uint8Array }, wait: OnSynced): void {
    const { encodedId } = entry
    this.#reserve(FRAME_BYTES + encodedId.length + record.payload.length)
    const seed = recordSeed(this.checksum, this.offset + this.length)
    const { kind, sequence, payload } = record
    const place = this.#count++
    if (place === this.#entries.length) {
      this.#entries.push(entry)
      this.#waiting.push(wait)
      this.#records.push(kind, sequence, this.length)
    } else {
      this.#entries[place] = entry
      this.#waiting[place] = wait
      this.#records[3 * place] = kind
      this.#records[3 * place + 1] = sequence
      this.#records[3 * place + 2] = this.length
    }
    this.length = writeRecord(this.#buffer, this.#view, this.length, { kind, sequence, encodedId, payload, seed })
  }

  /** Tells the index of the group's records, which are durable now. */
  addTo(index: JournalIndex): void {
    const { segment } = this
    for (let at = 0; at < this.#count; at++) {
      const entry = this.#entries[at]!
      const start = this.#records[at * 3 + 2]!
      const end = at + 1 < this.#count ? this.#records[at * 3 + 5]! : this.length
      entry.pending--
      index.add(entry, {
        kind: this.#records[at * 3] as RecordKind,
        sequence: this.#records[at * 3 + 1]!,
        segment,
        offset: this.offset + start,
        length: end - start,
      })
    }
  }

  /** Tells everybody who waits, in the order of the records, and empties the group for its next use. */
  end(error?: JournalFailedError): void {
    const count = this.#count
    this.#begun = false
    this.#count = 0
    this.length = 0
    for (let at = 0; at < count; at++) {
      const wait = this.#waiting[at]!
      this.#waiting[at] = undefined
      this.#entries[at] = undefined
      wait(error)
    }
    if (this.#waiting.length > PLACES_KEPT_MAX) {
      this.#entries = []
      this.#waiting = []
      this.#records = []
    }
    if (this.#buffer.length > BYTES_KEPT_MAX) this.#resize(BYTES_MIN)
  }

  #reserve(bytes: number): void {
    const needed = this.length + bytes
    if (needed <= this.#buffer.length) return
    const before = this.#buffer
    this.#resize(Math.max(needed, before.length * 2))
    this.#buffer.set(before.subarray(0, this.length))
  }

  #resize(bytes: number): void {
    this.#buffer = new Uint8Array(bytes)
    this.#view = viewOf(this.#buffer)
  }
}
