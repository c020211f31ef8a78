/**
 * The disk of the production hosts: one directory of the file system, through the callback functions of `node:fs`.
 *
 * Each file is opened once and its operations wait for one another, so that they take effect in the order of the calls
 * although Node's thread pool runs them. Making a file's existence durable takes a sync of the directory as well; that
 * is done with the first sync of a file, also of one that was there, since the process that created it may have died
 * in between. A directory belongs to one disk at a time, see `directory-lock.ts`. A thread that is terminated ends once
 * its operations have, and keeps the lock until then, so that nothing of it is written under its successor.
 *
 * On a file system in memory (`tmpfs`) writes and syncs are done at once: they take a microsecond, a thread of the pool
 * takes ten to begin.
 */
import {
  close,
  closeSync,
  constants,
  fdatasync,
  fsync,
  fsyncSync,
  ftruncate,
  mkdirSync,
  open,
  openSync,
  read,
  readdir,
  stat,
  statfsSync,
  unlink,
  write,
  writeSync,
} from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { ConfigurationError, type Disk, type DiskCallback } from '@troupe/core'
import { shownValue } from '@troupe/core/host'
import { DirectoryLock } from './directory-lock.ts'

/** What `statfs` says of a `tmpfs`. */
const tmpfs = 0x01021994

/** A {@link Disk} in a directory, which is made durably when it is absent. */
export class NodeDisk implements Disk {
  /** The directory's absolute path. */
  readonly directory: string
  readonly #lock: DirectoryLock
  readonly #directoryHandle: number
  readonly #inMemory: boolean
  readonly #files = new Map<string, OpenFile>()

  /**
   * Throws the file system's error when the directory cannot be made or opened, and a `DataDirectoryInUseError` when
   * another disk has it.
   */
  constructor(directory: string) {
    this.directory = resolve(directory)
    makeDirectory(this.directory)
    this.#lock = new DirectoryLock(this.directory)
    this.#directoryHandle = openSync(this.directory, 'r')
    this.#inMemory = statfsSync(this.directory).type === tmpfs
  }

  list(done: DiskCallback<string[]>): void {
    readdir(this.directory, { withFileTypes: true }, (error, entries) => {
      if (error !== null) done(error)
      else
        done(
          undefined,
          // Names that begin with a dot are the lock's.
          entries.filter((entry) => entry.isFile() && !entry.name.startsWith('.')).map((entry) => entry.name),
        )
    })
  }

  size(file: string, done: DiskCallback<number | undefined>): void {
    this.#run(file, done, (open, finish) => {
      stat(open.path, (error, found) => {
        if (error === null) finish(undefined, found.size)
        else if (error.code === 'ENOENT') finish(undefined, undefined)
        else finish(error)
      })
    })
  }

  read(file: string, offset: number, length: number, done: DiskCallback<Uint8Array>): void {
    this.#runOpen(file, false, done, (handle, _open, finish) => readAll(handle, new Uint8Array(length), offset, finish))
  }

  write(file: string, offset: number, bytes: Uint8Array, done: DiskCallback<void>): void {
    this.#runOpen(file, true, done, (handle, _open, finish) => {
      if (this.#inMemory) writeNow(handle, bytes, offset, finish)
      else writeAll(handle, bytes, offset, finish)
    })
  }

  sync(file: string, done: DiskCallback<void>): void {
    this.#runOpen(file, false, done, (handle, open, finish) => {
      // There is no medium.
      if (this.#inMemory) return queueMicrotask(() => finish(undefined))
      // fdatasync need not make it durable that a file became shorter.
      const syncContent = open.shortened ? fsync : fdatasync
      syncContent(handle, (error) => {
        if (error !== null) return finish(error)
        open.shortened = false
        if (open.existenceSynced) return finish(undefined)
        fsync(this.#directoryHandle, (directoryError) => {
          open.existenceSynced = directoryError === null
          finish(directoryError ?? undefined)
        })
      })
    })
  }

  truncate(file: string, length: number, done: DiskCallback<void>): void {
    this.#runOpen(file, false, done, (handle, open, finish) => {
      open.shortened = true
      ftruncate(handle, length, (error) => finish(error ?? undefined))
    })
  }

  remove(file: string, done: DiskCallback<void>): void {
    this.#run(file, done, (open, finish) => {
      open.close((closeError) => {
        if (closeError !== undefined) return finish(closeError)
        unlink(open.path, (error) => {
          if (error !== null && error.code !== 'ENOENT') return finish(error)
          fsync(this.#directoryHandle, (directoryError) => finish(directoryError ?? undefined))
        })
      })
    })
  }

  close(done: DiskCallback<void>): void {
    const files = [...this.#files.values()]
    let failure: Error | undefined
    const closeNext = () => {
      const file = files.pop()
      if (file === undefined) {
        close(this.#directoryHandle, (error) => {
          this.#lock.release()
          done(failure ?? error ?? undefined)
        })
        return
      }
      file.enqueue(() => {
        file.close((error) => {
          failure ??= error
          file.next()
          closeNext()
        })
      })
    }
    closeNext()
  }

  /** Runs an operation once those before it on this file are done. */
  #run<Result>(
    file: string,
    done: DiskCallback<Result>,
    operation: (open: OpenFile, finish: DiskCallback<Result>) => void,
  ): void {
    let open = this.#files.get(file)
    if (open === undefined) {
      checkName(file)
      open = new OpenFile(join(this.directory, file))
      this.#files.set(file, open)
    }
    const queued = open
    queued.enqueue(() => {
      operation(queued, (error, result) => {
        queued.next()
        if (queued.unused) this.#files.delete(file)
        if (error === undefined) done(undefined, result)
        else done(error)
      })
    })
  }

  #runOpen<Result>(
    file: string,
    create: boolean,
    done: DiskCallback<Result>,
    operation: (handle: number, open: OpenFile, finish: DiskCallback<Result>) => void,
  ): void {
    this.#run<Result>(file, done, (open, finish) => {
      open.withHandle(create, (error, handle) => {
        if (error === undefined) operation(handle!, open, finish)
        else finish(error)
      })
    })
  }
}

/** A file's handle, once it is needed, and the operations that wait for their turn. */
class OpenFile {
  readonly path: string
  existenceSynced = false
  shortened = false
  #handle: number | undefined
  #busy = false
  readonly #queue: (() => void)[] = []

  constructor(path: string) {
    this.path = path
  }

  /** Whether nothing is open and nothing waits. */
  get unused(): boolean {
    return !this.#busy && this.#handle === undefined
  }

  enqueue(operation: () => void): void {
    if (this.#busy) {
      this.#queue.push(operation)
    } else {
      this.#busy = true
      operation()
    }
  }

  /** The running operation is done: the next one begins. */
  next(): void {
    const operation = this.#queue.shift()
    if (operation === undefined) this.#busy = false
    else operation()
  }

  withHandle(create: boolean, done: DiskCallback<number>): void {
    if (this.#handle !== undefined) {
      done(undefined, this.#handle)
      return
    }
    open(this.path, constants.O_RDWR | (create ? constants.O_CREAT : 0), (error, handle) => {
      if (error !== null) return done(error)
      this.#handle = handle
      this.existenceSynced = false
      done(undefined, handle)
    })
  }

  close(done: (error?: Error) => void): void {
    const handle = this.#handle
    this.#handle = undefined
    if (handle === undefined) done()
    else close(handle, (error) => done(error ?? undefined))
  }
}

/** Fills `bytes` from `offset`, in as many reads as it takes; gives what there is when the file ends before. */
function readAll(handle: number, bytes: Uint8Array, offset: number, done: DiskCallback<Uint8Array>, from = 0): void {
  read(handle, bytes, from, bytes.length - from, offset + from, (error, count) => {
    if (error !== null) done(error)
    else if (from + count === bytes.length) done(undefined, bytes)
    else if (count === 0) done(undefined, bytes.subarray(0, from))
    else readAll(handle, bytes, offset, done, from + count)
  })
}

/** Writes all of `bytes`, in as many writes as it takes. */
function writeAll(handle: number, bytes: Uint8Array, offset: number, done: DiskCallback<void>, from = 0): void {
  write(handle, bytes, from, bytes.length - from, offset + from, (error, count) => {
    if (error !== null) done(error)
    else if (from + count === bytes.length) done(undefined)
    else writeAll(handle, bytes, offset, done, from + count)
  })
}

/** The same at once; `done` is called later all the same, since who asked is still at it. */
function writeNow(handle: number, bytes: Uint8Array, offset: number, done: DiskCallback<void>): void {
  let failure: Error | undefined
  try {
    for (let from = 0; from < bytes.length; ) from += writeSync(handle, bytes, from, bytes.length - from, offset + from)
  } catch (error) {
    failure = error as Error
  }
  queueMicrotask(() => done(failure))
}

/** Makes a directory and those above it, durably: each new one's entry is synced in the one that holds it. */
function makeDirectory(directory: string): void {
  const first = makeEach(directory)
  if (first === undefined) return
  for (let made = directory; made.length >= first.length; made = dirname(made)) {
    const handle = openSync(dirname(made), 'r')
    fsyncSync(handle)
    closeSync(handle)
  }
}

/** Makes a directory and those above it; gives the first that was not there. */
function makeEach(directory: string): string | undefined {
  try {
    return mkdirSync(directory, { recursive: true })
  } catch (error) {
    throw new ConfigurationError(
      `the data directory ${directory} cannot be made: ${(error as Error).message}; choose a folder that this program may write to`,
      { directory },
      { cause: error },
    )
  }
}

function checkName(file: string): void {
  if (!/^[\w-][\w.-]*$/.test(file)) {
    throw new RangeError(`a disk's file name has letters, digits, "_", "-" and ".", got ${shownValue(file)}`)
  }
}
