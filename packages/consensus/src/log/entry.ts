/** What a replicated log holds, and the part of it that a replica has. */
import { type LogConfiguration, ownConfiguration } from './configuration.ts'

/** One entry. Plain data, immutable. */
export type Entry =
  /** The first entry of a leader's own ballot: once it is decided the leader knows all that was decided before it. */
  | { readonly kind: 'empty' }
  /** Opens a client's session, whose number is the index of this entry. `nonce` is the client's own word for it. */
  | { readonly kind: 'open'; readonly nonce: string }
  /**
   * A client's commands, numbered from `first` on, as they came in one message; `ackedUpTo`: up to there the client has its
   * results and will not ask for them again.
   */
  | {
      readonly kind: 'commands'
      readonly session: number
      readonly first: number
      readonly ackedUpTo: number
      readonly operations: readonly unknown[]
      /** How many commands they count as, when some are large; see {@link operationWeight}. */
      readonly weight?: number
    }
  /** The last entry of a configuration: those after it belong to this one. */
  | { readonly kind: 'configuration'; readonly configuration: LogConfiguration }

export type CommandsEntry = Extract<Entry, { readonly kind: 'commands' }>

/** The entries from index `trimmed` on; those before were decided, applied and dropped. Each was made here: see {@link ownEntry}. */
export interface LogEntries {
  trimmed: number
  readonly entries: Entry[]
}

/**
 * The same entry, made here, as the configuration that it may bring. Entries are read again and again: those out of messages,
 * journals and snapshots are objects of so many kinds to the engine that it looks their fields up by name.
 */
export function ownEntry(entry: Entry): Entry {
  switch (entry.kind) {
    case 'empty':
      return { kind: 'empty' }
    case 'open':
      return { kind: 'open', nonce: entry.nonce }
    case 'commands': {
      const { session, first, ackedUpTo, operations, weight } = entry
      return weight === undefined
        ? { kind: 'commands', session, first, ackedUpTo, operations }
        : { kind: 'commands', session, first, ackedUpTo, operations, weight }
    }
    case 'configuration':
      return { kind: 'configuration', configuration: ownConfiguration(entry.configuration) }
  }
}

/** Bytes of an operation that count as one command, so that limits on commands are limits on bytes too. */
const commandBytes = 1_024

/** How many commands an operation of about so many bytes counts as. */
export function operationWeight(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / commandBytes))
}

/** How many commands it counts as; one that carries none counts as one. */
export function weightOf(entry: Entry): number {
  return entry.kind === 'commands' ? (entry.weight ?? entry.operations.length) : 1
}

/** {@link weightOf} the entries from index `from` up to `to`, exclusive. */
export function weightBetween(log: LogEntries, from: number, to: number): number {
  let weight = 0
  for (let index = from; index < to; index++) weight += weightOf(entryAt(log, index))
  return weight
}

/** Index of the next entry to be appended: also the number of entries there ever were. */
export function lengthOf({ trimmed, entries }: LogEntries): number {
  return trimmed + entries.length
}

/** The entry at `index`, which is not trimmed. */
export function entryAt({ trimmed, entries }: LogEntries, index: number): Entry {
  return entries[index - trimmed] as Entry
}

/** The entries from index `from` (not trimmed) up to `to`, exclusive; default: all. */
export function entriesFrom(log: LogEntries, from: number, to: number = lengthOf(log)): Entry[] {
  return log.entries.slice(from - log.trimmed, to - log.trimmed)
}

/** The entries from index `from` (not trimmed) on, of `weightMax` together or the one that exceeds it alone. */
export function batchFrom(log: LogEntries, from: number, weightMax: number, length: number = lengthOf(log)): Entry[] {
  let to = from
  for (let weight = 0; to < length && (weight < weightMax || to === from); to++) {
    weight += weightOf(entryAt(log, to))
    if (weight > weightMax && to > from) break
  }
  return entriesFrom(log, from, to)
}

/** Drops all from `at` on, then appends. What is trimmed already is left out. */
export function replaceFrom(log: LogEntries, at: number, entries: readonly Entry[]): void {
  const start = Math.max(at, log.trimmed)
  const kept = start - log.trimmed
  // Seldom: to set the length of a list is slow, whether it changes or not.
  if (log.entries.length > kept) log.entries.length = kept
  for (let index = start - at; index < entries.length; index++) log.entries.push(ownEntry(entries[index] as Entry))
}

/** Puts `entries` at `at` and keeps what stands behind them. */
export function overwrite(log: LogEntries, at: number, entries: readonly Entry[]): void {
  for (let index = Math.max(0, log.trimmed - at); index < entries.length; index++)
    log.entries[at + index - log.trimmed] = ownEntry(entries[index] as Entry)
}

/** Forgets the entries below `index`, which are applied. */
export function trimBelow(log: LogEntries, index: number): void {
  const drop = Math.min(log.entries.length, index - log.trimmed)
  if (drop > 0) log.entries.splice(0, drop)
  log.trimmed = Math.max(log.trimmed, index)
}
