/** What can go wrong with a journal. Each error has a `code`, and the facts that a person needs to act on it. */

/** Where in a journal something is wrong. */
export interface JournalPlace {
  readonly file: string
  /** Bytes from the start of the file. */
  readonly offset: number
}

/**
 * Data that had been synced does not verify any more. The journal does not open: cutting here would forget what the
 * world has been told. Restore the file, or the node's whole directory, from a copy.
 */
export class JournalCorruptError extends Error {
  override readonly name = 'JournalCorruptError'
  readonly code = 'ERR_TROUPE_JOURNAL_CORRUPT'
  readonly file: string
  readonly offset: number

  constructor(place: JournalPlace, reason: string) {
    super(`journal file ${place.file} is corrupt at byte ${place.offset}: ${reason}`)
    this.file = place.file
    this.offset = place.offset
  }
}

/** A file has the name of a journal segment but is not a segment of this journal. */
export class JournalForeignError extends Error {
  override readonly name = 'JournalForeignError'
  readonly code = 'ERR_TROUPE_JOURNAL_FOREIGN'
  readonly file: string

  constructor(file: string, reason: string) {
    super(`${file} does not belong to this journal: ${reason}`)
    this.file = file
  }
}

/** A segment was written by a version of the journal that this one cannot read. */
export class JournalVersionError extends Error {
  override readonly name = 'JournalVersionError'
  readonly code = 'ERR_TROUPE_JOURNAL_VERSION'
  readonly file: string
  readonly version: number

  constructor(file: string, version: number, versionKnown: number) {
    super(`journal file ${file} has format version ${version}; this program reads version ${versionKnown}`)
    this.file = file
    this.version = version
  }
}

/**
 * The disk refused an operation of the journal (`cause`), or the journal is closed. After a failed write, sync or
 * removal the journal takes nothing more: what had been handed to the disk may or may not be there, and only opening
 * it again can tell.
 */
export class JournalFailedError extends Error {
  override readonly name = 'JournalFailedError'
  readonly code = 'ERR_TROUPE_JOURNAL_FAILED'

  constructor(cause: Error) {
    super(`the journal failed: ${cause.message}`, { cause })
  }
}
