/**
 * The lock on a node's directory: one disk at a time, whoever asks: another thread, another system of this process, or
 * another process.
 *
 * The operating system keeps it: it is the exclusive lock of an empty SQLite database (`.lock`), which Node has built in.
 * So it ends with the thread or the process that holds it, whatever became of that, once its last write is done; there is
 * no age to guess, no process id to take for another's, and no moment in which two take over from one that died. A
 * second file (`.holder`) says who holds it, for people; nothing is decided by it.
 */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { threadId } from 'node:worker_threads'
import { type ErrorFacts, TroupeError } from '@troupe/core'
import { registerErrors } from '@troupe/core/host'

/** Who holds a directory. */
interface Holder {
  readonly pid: number
  /** The thread's id within the process; 0 is the main thread. */
  readonly thread: number
  readonly host: string
  /** When it was taken, in ISO 8601. */
  readonly since: string
}

/**
 * Another system, or another disk, has the directory: two that write one journal would destroy it. `facts` has the
 * `directory`, and of the holder `pid`, `thread`, `host` and `since`, as far as it has said so.
 */
export class DataDirectoryInUseError extends TroupeError {
  constructor(message: string, facts?: ErrorFacts, options?: ErrorOptions) {
    super('ERR_TROUPE_DATA_DIRECTORY_IN_USE', message, facts, options)
  }
}

registerErrors(DataDirectoryInUseError)

/** SQLite's code for a lock that another has. */
const sqliteBusy = 5

/** A directory that is held; by this object, so it is to be kept as long as the directory is used. */
export class DirectoryLock {
  readonly #directory: string
  readonly #database: DatabaseSync

  /** Takes the lock at once, or throws a `DataDirectoryInUseError`; or SQLite's error where there can be no lock. */
  constructor(directory: string) {
    this.#directory = directory
    this.#database = new DatabaseSync(join(directory, '.lock'), { timeout: 0 })
    try {
      this.#database.exec('BEGIN EXCLUSIVE')
    } catch (error) {
      this.#database.close()
      throw (error as { errcode?: number }).errcode === sqliteBusy ? inUse(directory) : error
    }
    this.#introduce()
  }

  /** Gives the directory back. */
  release(): void {
    if (!this.#database.isOpen) return
    rmSync(holderFile(this.#directory), { force: true })
    this.#database.close()
  }

  #introduce(): void {
    const holder: Holder = {
      pid: process.pid,
      thread: threadId,
      host: hostname(),
      since: new Date().toISOString(),
    }
    const written = join(this.#directory, '.holder-new')
    writeFileSync(written, JSON.stringify(holder))
    renameSync(written, holderFile(this.#directory))
  }
}

function inUse(directory: string): DataDirectoryInUseError {
  const holder = readHolder(directory)
  const { pid, thread, host, since } = holder ?? {}
  const who =
    holder === undefined
      ? 'by another disk that has not said who it is'
      : `by process ${pid}${pid === process.pid ? ' (this one)' : ''}, thread ${thread}, on host ${host} since ${since}`
  return new DataDirectoryInUseError(
    `${directory} is in use ${who}: a data directory belongs to one system at a time; stop that one or choose another directory`,
    { directory, ...holder },
  )
}

function readHolder(directory: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(holderFile(directory), 'utf8')) as Holder
  } catch {
    // It is about to be written, or its directory is not ours to read: the lock itself says enough.
    return undefined
  }
}

function holderFile(directory: string): string {
  return join(directory, '.holder')
}
