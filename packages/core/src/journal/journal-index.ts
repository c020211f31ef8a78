/**
 * The journal in memory: for each durable id where its latest snapshot and the events after it lie, and for each
 * segment what keeps it from being removed. Opening fills it from the scan, committing keeps it up to date; both call
 * `add` for records that are durable, in journal order.
 *
 * A segment may go when it holds no live record. A record is live until a later snapshot or removal of its id is
 * durable. A removal's own record must outlive every older segment that still holds records of the id, or these would
 * come back to life; segments in the middle may go before older ones.
 */
import { type JournalPlace, journalCorrupt } from './journal-errors.ts'
import { ID_BYTES_MAX, RecordKind, segmentFile } from './journal-format.ts'

/** One durable actor's part of the journal. */
export class JournalEntry {
  readonly durableId: string
  readonly encodedId: Uint8Array
  /** Whether a record can name it. */
  readonly isNameable: boolean
  /** The sequence number given out last; `sequence` follows once that record is durable. */
  sequenceAssigned = 0
  /** The sequence number of the last durable event. */
  sequence = 0
  /** Records that were appended and are not durable yet. */
  pending = 0
  /** Recoveries that are going on. */
  recoveries = 0
  /** Live records in order, three numbers each: segment, offset, length. */
  positions: number[] = []
  /** Whether the first of `positions` is a snapshot. */
  hasSnapshot = false
  /** The last segment that lists this id among those of its records. */
  listedIn: SegmentState | undefined
  /** Where an event was found whose predecessor is missing. */
  gap: JournalPlace | undefined

  constructor(durableId: string, encodedId: Uint8Array) {
    this.durableId = durableId
    this.encodedId = encodedId
    this.isNameable = encodedId.length <= ID_BYTES_MAX && durableId.isWellFormed()
  }
}

/** A segment that exists on the disk. */
export interface SegmentState {
  readonly number: number
  /** The checksum of its header. */
  readonly checksum: number
  /** Live events and snapshots in it. */
  live: number
  /** Ids of all events and snapshots in it, live or not. */
  readonly ids: Set<string>
  /** Ids that a record in it removed. */
  readonly removals: Set<string>
}

/** A durable record. */
export interface RecordPosition {
  readonly kind: RecordKind
  readonly sequence: number
  readonly segment: number
  readonly offset: number
  readonly length: number
}

const encoder = new TextEncoder()

/** Numbers that one record takes in {@link JournalEntry.positions}. */
export const POSITION_STRIDE = 3

/** The index over all ids and segments. */
export class JournalIndex {
  readonly #entries = new Map<string, JournalEntry>()
  readonly #segments = new Map<number, SegmentState>()
  /** The entry that was asked for last: many records are of the same actor as the one before. */
  #last: JournalEntry | undefined

  /** The entry of an id, made when it is new. */
  entry(durableId: string): JournalEntry {
    const last = this.#last
    if (last !== undefined && last.durableId === durableId) return last
    let entry = this.#entries.get(durableId)
    if (entry === undefined) {
      entry = new JournalEntry(durableId, encoder.encode(durableId))
      this.#entries.set(durableId, entry)
    }
    this.#last = entry
    return entry
  }

  /** The entry of an id that the journal knows. */
  find(durableId: string): JournalEntry | undefined {
    return this.#entries.get(durableId)
  }

  /** Takes note of a new segment. Segments are added in ascending order. */
  addSegment(number: number, checksum: number): void {
    this.#segments.set(number, { number, checksum, live: 0, ids: new Set(), removals: new Set() })
  }

  segment(number: number): SegmentState {
    return this.#segments.get(number)!
  }

  get segmentCount(): number {
    return this.#segments.size
  }

  dropSegment(number: number): void {
    this.#segments.delete(number)
  }

  /** Takes note of a record that is durable. */
  add(entry: JournalEntry, record: RecordPosition): void {
    const listed = entry.listedIn
    const segment = listed !== undefined && listed.number === record.segment ? listed : this.segment(record.segment)
    if (record.kind === RecordKind.event) {
      if (record.sequence !== entry.sequence + 1) entry.gap ??= placeOf(record)
    } else {
      this.#supersede(entry)
      entry.hasSnapshot = record.kind === RecordKind.snapshot
    }
    entry.sequence = record.sequence
    if (record.kind === RecordKind.removal) {
      segment.removals.add(entry.durableId)
      this.#forget(entry)
      return
    }
    entry.positions.push(record.segment, record.offset, record.length)
    segment.live++
    if (entry.listedIn !== segment) {
      segment.ids.add(entry.durableId)
      entry.listedIn = segment
    }
  }

  /** To be called once all segments were scanned: throws when a live event's predecessor is missing. */
  finishScan(): void {
    for (const entry of this.#entries.values()) {
      if (entry.gap !== undefined) {
        throw journalCorrupt(entry.gap, `an event of ${entry.durableId} before this one is missing`)
      }
      entry.sequenceAssigned = entry.sequence
    }
  }

  /** A segment numbered below `below` that may be removed. */
  removable(below: number): SegmentState | undefined {
    for (const segment of this.#segments.values()) {
      if (segment.number >= below) return undefined
      if (segment.live === 0 && !this.#removalsMatter(segment)) return segment
    }
    return undefined
  }

  #removalsMatter(segment: SegmentState): boolean {
    if (segment.removals.size === 0) return false
    for (const older of this.#segments.values()) {
      if (older === segment) return false
      for (const durableId of segment.removals) if (older.ids.has(durableId)) return true
    }
    return false
  }

  #supersede(entry: JournalEntry): void {
    const { positions } = entry
    let segment: SegmentState | undefined
    for (let at = 0; at < positions.length; at += POSITION_STRIDE) {
      const number = positions[at]!
      if (segment === undefined || segment.number !== number) segment = this.segment(number)
      segment.live--
    }
    entry.positions = []
    entry.gap = undefined
  }

  /** Drops the entry of a removed id, unless the id was taken into use again meanwhile. */
  #forget(entry: JournalEntry): void {
    if (entry.pending > 0 || this.#entries.get(entry.durableId) !== entry) return
    this.#entries.delete(entry.durableId)
    if (this.#last === entry) this.#last = undefined
  }
}

function placeOf(record: RecordPosition): JournalPlace {
  return { file: segmentFile(record.segment), offset: record.offset }
}
