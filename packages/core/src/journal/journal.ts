/**
 * The journal: what a node's durable actors must not forget. There is one per node, shared by its durable actors, so
 * that one sync covers what many of them persisted.
 *
 *     append, snapshot, remove ──> gathering group ──┐ when the group before is synced
 *                                                    v
 *                               committing group: one write, one sync ──> index, then onSynced in append order
 *
 * While a group is being written and synced, everything appended gathers in the next one: the slower the disk, the
 * bigger the groups. `onSynced` runs before the next group is sent off, so that what it appends joins that group. When
 * a write, a sync or the removal of a segment fails, the journal has failed for good: what the disk then holds is
 * unknown, and a sync that succeeds after one that failed proves nothing (Rebello et al., "Can applications recover
 * from fsync failures?", 2020).
 *
 * `journal-format.ts` has the bytes, `open-journal.ts` the way back from a disk.
 */
import type { Disk } from '../ports/disk.ts'
import { type JournalFailedError, journalFailed, journalRecordSize } from './journal-errors.ts'
import { ID_BYTES_MAX, type JournalIdentity, RecordKind, SEGMENT_NUMBER_MAX, segmentFile } from './journal-format.ts'
import type { JournalEntry, JournalIndex } from './journal-index.ts'
import { Recovery, type RecoveryVisitor } from './journal-recovery.ts'
import { type GroupPlace, type OnSynced, RecordGroup } from './record-group.ts'

/** What a journal has done since it was opened. */
export interface JournalStatistics {
  /** Records appended: events, snapshots and removals. */
  readonly appends: number
  /** Groups made durable. */
  readonly groups: number
  /** Syncs called, failed ones too. */
  readonly syncs: number
  /** Bytes written. */
  readonly bytes: number
  /** Segments on the disk now. */
  readonly segments: number
}

/** Where a journal that was opened goes on. */
export interface JournalTail {
  readonly place: GroupPlace
  readonly identity: JournalIdentity
  /** Whether no mark stands behind the last record yet. */
  readonly unmarked: boolean
}

/** What a journal works with. */
export interface JournalSettings {
  readonly disk: Disk
  readonly segmentBytesMax: number
  readonly recordBytesMax: number
  readonly chunkBytes: number
}

/** A journal that is open. Made by `openJournal`. */
export class Journal {
  readonly #settings: JournalSettings
  readonly #index: JournalIndex
  readonly #identity: JournalIdentity
  /** Where the group after the committing one goes. */
  #place: GroupPlace
  /** The name of the segment that was written to last. */
  #file = ''
  #fileOf = 0
  /** The newest segment that a synced group lies in; it and those after it are never removed. */
  #segmentSynced: number
  #gathering = new RecordGroup()
  #committing = new RecordGroup()
  #committingNow = false
  #removing = false
  /** Whether the disk refused something; unlike `#failure`, not set by closing. */
  #halted = false
  #unmarked: boolean
  #failure: JournalFailedError | undefined
  #closed: ((error?: JournalFailedError) => void) | undefined
  readonly #counts = { appends: 0, groups: 0, syncs: 0, bytes: 0 }

  constructor(settings: JournalSettings, index: JournalIndex, tail: JournalTail) {
    this.#settings = settings
    this.#index = index
    this.#identity = tail.identity
    this.#place = tail.place
    this.#segmentSynced = tail.place.checksum === undefined ? tail.place.segment - 1 : tail.place.segment
    this.#unmarked = tail.unmarked
    this.#removeSegments()
  }

  /** Bytes that were appended and are not synced yet. The caller holds back when there are too many. */
  get pendingBytes(): number {
    return this.#gathering.length + this.#committing.length
  }

  /** Why the journal takes nothing more; `undefined` while it does. */
  get failure(): JournalFailedError | undefined {
    return this.#failure
  }

  get statistics(): JournalStatistics {
    return { ...this.#counts, segments: this.#index.segmentCount }
  }

  /**
   * Appends one event record, the events of one turn of `durableId`. `payload` is copied. `onSynced` is called once
   * the record and all before it are durable, in the order of the appends over all ids; with an error when the journal
   * failed (before this returns, when it already has). Throws a `JournalRecordSizeError` for a payload that is
   * too long, a `RangeError` for such an id.
   */
  append(durableId: string, payload: Uint8Array, onSynced: OnSynced): void {
    this.#add(RecordKind.event, durableId, payload, onSynced)
  }

  /** Like {@link append}, but for a snapshot, which takes the place of everything appended for this id before. */
  snapshot(durableId: string, payload: Uint8Array, onSynced: OnSynced): void {
    this.#add(RecordKind.snapshot, durableId, payload, onSynced)
  }

  /** Like {@link append}, but forgets everything appended for this id before. The id may be used anew. */
  remove(durableId: string, onSynced: OnSynced): void {
    this.#add(RecordKind.removal, durableId, new Uint8Array(0), onSynced)
  }

  /**
   * Reads back what the journal has of an id. Other ids go on appending meanwhile; this one must have nothing that
   * waits for a sync, and nothing may be appended for it before the visitor's `done`: both throw an `Error`. `done` is
   * called before this returns when there is nothing to read.
   */
  recover(durableId: string, visitor: RecoveryVisitor): void {
    const entry = this.#index.find(durableId)
    if (entry === undefined) {
      visitor.done(undefined, { lastSequence: 0, events: 0 })
      return
    }
    if (entry.pending > 0) throw new Error(`journal: ${durableId} is recovered while records of it wait for a sync`)
    const { disk, chunkBytes } = this.#settings
    new Recovery(entry, visitor, { disk, index: this.#index, chunkBytes }).step()
  }

  /**
   * Syncs what was appended, then marks the end of the journal as synced, so that damage to its last group is known
   * for what it is. Later appends get an error. The disk stays open.
   */
  close(done: (error?: JournalFailedError) => void): void {
    if (this.#failure !== undefined) {
      done(this.#failure)
      return
    }
    this.#failure = journalFailed(new Error('it is closed'))
    this.#closed = done
    this.#proceed()
  }

  #add(kind: RecordKind, durableId: string, payload: Uint8Array, onSynced: OnSynced): void {
    if (this.#failure !== undefined) {
      onSynced(this.#failure)
      return
    }
    const entry = this.#index.entry(durableId)
    this.#checkRecord(kind, entry, payload)
    if (kind === RecordKind.event) entry.sequenceAssigned++
    else if (kind === RecordKind.removal) entry.sequenceAssigned = 0
    entry.pending++
    this.#counts.appends++
    const group = this.#gathering
    if (!group.begun) group.begin(this.#place, this.#identity)
    group.add(entry, { kind, sequence: entry.sequenceAssigned, payload }, onSynced)
    if (!this.#committingNow) this.#commit()
  }

  #checkRecord(kind: RecordKind, entry: JournalEntry, payload: Uint8Array): void {
    if (entry.recoveries > 0) throw new Error(`journal: ${entry.durableId} is appended to while it is recovered`)
    const { recordBytesMax: bytesMax } = this.#settings
    if (payload.length > bytesMax) {
      const what = kind === RecordKind.snapshot ? 'a snapshot' : 'events of one turn'
      throw journalRecordSize(what, { durableId: entry.durableId, bytes: payload.length, bytesMax })
    }
    if (!entry.isNameable) {
      throw new RangeError(`journal: a durable id is well-formed Unicode of at most ${ID_BYTES_MAX} bytes in UTF-8`)
    }
  }

  /** Sends the gathered group off. */
  #commit(): void {
    const group = this.#gathering
    this.#gathering = this.#committing
    this.#committing = group
    this.#committingNow = true
    const { disk, segmentBytesMax } = this.#settings
    this.#place = placeAfter(group, group.offset + group.length, segmentBytesMax)
    if (group.segment !== this.#fileOf) {
      this.#fileOf = group.segment
      this.#file = segmentFile(group.segment)
    }
    disk.write(this.#file, group.offset, group.bytes, this.#written)
  }

  /** The committing group is written. */
  readonly #written = (error: Error | undefined): void => {
    if (error !== undefined || this.#halted) {
      this.#fail(error)
      return
    }
    this.#counts.bytes += this.#committing.length
    this.#counts.syncs++
    this.#settings.disk.sync(this.#file, this.#synced)
  }

  readonly #synced = (error: Error | undefined): void => {
    if (error !== undefined || this.#halted) {
      this.#fail(error)
      return
    }
    const group = this.#committing
    if (group.opensSegment) this.#index.addSegment(group.segment, group.checksum)
    this.#segmentSynced = group.segment
    this.#unmarked = group.recordCount > 0
    this.#counts.groups++
    group.addTo(this.#index)
    group.end()
    this.#committingNow = false
    this.#removeSegments()
    this.#proceed()
  }

  /** Commits what has gathered; ends closing when there is nothing left. */
  #proceed(): void {
    if (this.#committingNow || this.#halted) return
    if (this.#gathering.begun) {
      this.#commit()
      return
    }
    if (this.#closed === undefined || this.#removing) return
    if (this.#unmarked) {
      this.#gathering.begin(this.#place, this.#identity)
      this.#commit()
      return
    }
    const done = this.#closed
    this.#closed = undefined
    done()
  }

  /** Removes segments that hold nothing live, one after the other, never the newest. */
  #removeSegments(): void {
    if (this.#removing || this.#halted) return
    const segment = this.#index.removable(this.#segmentSynced)
    if (segment === undefined) return
    this.#removing = true
    this.#settings.disk.remove(segmentFile(segment.number), (error) => {
      this.#removing = false
      if (error !== undefined) return this.#fail(error)
      this.#index.dropSegment(segment.number)
      this.#removeSegments()
      this.#proceed()
    })
  }

  /** Takes nothing more, and tells everyone who waits; once. */
  #fail(cause: Error | undefined): void {
    if (this.#halted || cause === undefined) return
    const failure = journalFailed(cause)
    this.#halted = true
    this.#failure = failure
    this.#committing.end(failure)
    this.#gathering.end(failure)
    const done = this.#closed
    this.#closed = undefined
    done?.(failure)
  }
}

/** Where the group after `end` of a segment goes: into a segment of its own when this one is full. */
export function placeAfter(
  last: { readonly segment: number; readonly checksum: number },
  end: number,
  segmentBytesMax: number,
): GroupPlace {
  const { segment, checksum } = last
  if (end < segmentBytesMax || segment === SEGMENT_NUMBER_MAX) {
    return { segment, offset: end, checksum, previousBytes: 0 }
  }
  return { segment: segment + 1, offset: 0, checksum: undefined, previousBytes: end }
}
