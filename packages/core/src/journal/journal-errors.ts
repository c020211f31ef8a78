/** What can go wrong with a journal. Each error's `facts` say where, so that a person or a program can act on it. */
import { type ErrorFacts, registerErrors, TroupeError, withoutStack } from '../errors.ts'

type ErrorArguments = [message: string, facts?: ErrorFacts, options?: ErrorOptions]

/** Where in a journal something is wrong: a file, and bytes from its start. */
export interface JournalPlace {
  readonly file: string
  readonly offset: number
}

/**
 * Data that had been synced does not verify any more, at `facts.offset` of `facts.file`. The journal does not open:
 * cutting here would forget what the world has been told. Restore the file, or the node's directory, from a copy.
 */
export class JournalCorruptError extends TroupeError {
  constructor(...[message, facts, options]: ErrorArguments) {
    super('ERR_TROUPE_JOURNAL_CORRUPT', message, facts, options)
  }
}

/** `facts.file` has the name of a journal segment but is not a segment of this journal. */
export class JournalForeignError extends TroupeError {
  constructor(...[message, facts, options]: ErrorArguments) {
    super('ERR_TROUPE_JOURNAL_FOREIGN', message, facts, options)
  }
}

/** The segment `facts.file` has the format `facts.version`, which this program cannot read. */
export class JournalVersionError extends TroupeError {
  constructor(...[message, facts, options]: ErrorArguments) {
    super('ERR_TROUPE_JOURNAL_VERSION', message, facts, options)
  }
}

/**
 * The disk refused an operation of the journal (`cause`), or the journal is closed. After a failed write, sync or
 * removal the journal takes nothing more: what had been handed to the disk may or may not be there, and only opening
 * it again can tell.
 */
export class JournalFailedError extends TroupeError {
  constructor(...[message, facts, options]: ErrorArguments) {
    super('ERR_TROUPE_JOURNAL_FAILED', message, facts, options)
  }
}

/**
 * The events of one turn, or a snapshot, are more bytes than a record of the journal holds: `facts.bytes`, and at most
 * `facts.bytesMax`. Nothing of it was stored. Persist less in one turn; keep a state that grows so large in several actors.
 */
export class JournalRecordSizeError extends TroupeError {
  constructor(...[message, facts, options]: ErrorArguments) {
    super('ERR_TROUPE_JOURNAL_RECORD_SIZE', message, facts, options)
  }
}

registerErrors(
  JournalCorruptError,
  JournalForeignError,
  JournalVersionError,
  JournalFailedError,
  JournalRecordSizeError,
)

export function journalCorrupt(place: JournalPlace, reason: string): JournalCorruptError {
  const { file, offset } = place
  return new JournalCorruptError(`journal file ${file} is corrupt at byte ${offset}: ${reason}`, { file, offset })
}

export function journalForeign(file: string, reason: string): JournalForeignError {
  return new JournalForeignError(`${file} does not belong to this journal: ${reason}`, { file })
}

export function journalVersion(file: string, version: number, versionKnown: number): JournalVersionError {
  const message = `journal file ${file} has format version ${version}; this program reads version ${versionKnown}`
  return new JournalVersionError(message, { file, version })
}

export function journalRecordSize(
  what: 'events of one turn' | 'a snapshot',
  { durableId, bytes, bytesMax }: { readonly durableId: string; readonly bytes: number; readonly bytesMax: number },
): JournalRecordSizeError {
  const message = `${what} of ${durableId}: ${bytes} bytes in one record of the journal, which holds ${bytesMax} at most`
  return new JournalRecordSizeError(message, { durableId, bytes, bytesMax })
}

/** `cause` says where. */
export function journalFailed(cause: Error): JournalFailedError {
  return withoutStack(() => new JournalFailedError(`the journal failed: ${cause.message}`, {}, { cause }))
}
