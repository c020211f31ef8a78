/**
 * The disk port: the few file operations that the journal needs, so that the same journal code runs over `node:fs`,
 * over memory and over the simulated disk that loses and tears what was not synced.
 *
 * Operations complete by callback, not by promise: a host with virtual time completes them as ordinary events, and
 * the commit path allocates no promise. A callback is never called before the operation's own call has returned.
 *
 * Ordering: operations on one file take effect in the order of the calls. Nothing is durable before a `sync` of the
 * file that was called after the write has called back without an error.
 */
export interface Disk {
  /** Names of all files of this disk, in no particular order. */
  list(done: DiskCallback<string[]>): void
  /** The file's length in bytes; `undefined` when there is no such file. */
  size(file: string, done: DiskCallback<number | undefined>): void
  /** Up to `length` bytes from `offset`; fewer at the end of the file. */
  read(file: string, offset: number, length: number, done: DiskCallback<Uint8Array>): void
  /** Writes all of `bytes` at `offset`, creating the file when it is absent. The caller leaves `bytes` alone until `done`. */
  write(file: string, offset: number, bytes: Uint8Array, done: DiskCallback<void>): void
  /** Makes the file's content, length and existence durable. */
  sync(file: string, done: DiskCallback<void>): void
  /** Cuts the file to `length` bytes; durable after the next `sync`. */
  truncate(file: string, length: number, done: DiskCallback<void>): void
  /** Removes the file durably; a file that is absent is not an error. */
  remove(file: string, done: DiskCallback<void>): void
  /** Releases what the disk holds open. The disk is not used afterwards. */
  close(done: DiskCallback<void>): void
}

/** Called exactly once: with an error and nothing else, or with `undefined` and the result. */
export type DiskCallback<Result> = (error: Error | undefined, result?: Result) => void
