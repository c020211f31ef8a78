/**
 * A disk in memory, for the local host: it forgets everything with the process, but keeps the contract of the port, so
 * that durable actors can be tried without a file. Nothing fails, and a sync has nothing to do.
 */
import type { Disk, DiskCallback } from './ports/disk.ts'

/** What a {@link MemoryDisk} works with. */
export interface MemoryDiskOptions {
  /** Runs a completed operation's callback later, in the order of the calls; never before it has returned. */
  readonly schedule: (run: () => void) => void
}

/** A {@link Disk} in memory. Operations take effect at the call and call back through `schedule`. */
export class MemoryDisk implements Disk {
  readonly #schedule: (run: () => void) => void
  readonly #files = new Map<string, MemoryFile>()

  constructor(options: MemoryDiskOptions) {
    this.#schedule = options.schedule
  }

  list(done: DiskCallback<string[]>): void {
    this.#complete(done, [...this.#files.keys()])
  }

  size(file: string, done: DiskCallback<number | undefined>): void {
    this.#complete(done, this.#files.get(file)?.length)
  }

  read(file: string, offset: number, length: number, done: DiskCallback<Uint8Array>): void {
    this.#withFile(file, done, (content) => content.read(offset, length))
  }

  write(file: string, offset: number, bytes: Uint8Array, done: DiskCallback<void>): void {
    let content = this.#files.get(file)
    if (content === undefined) {
      content = new MemoryFile()
      this.#files.set(file, content)
    }
    content.write(offset, bytes)
    this.#complete(done, undefined)
  }

  sync(file: string, done: DiskCallback<void>): void {
    this.#withFile(file, done, () => {})
  }

  truncate(file: string, length: number, done: DiskCallback<void>): void {
    this.#withFile(file, done, (content) => content.truncate(length))
  }

  remove(file: string, done: DiskCallback<void>): void {
    this.#files.delete(file)
    this.#complete(done, undefined)
  }

  close(done: DiskCallback<void>): void {
    this.#complete(done, undefined)
  }

  #withFile<Result>(file: string, done: DiskCallback<Result>, operation: (content: MemoryFile) => Result): void {
    const content = this.#files.get(file)
    if (content === undefined) {
      const error = Object.assign(new Error(`there is no file ${file}`), { code: 'ENOENT' })
      this.#schedule(() => done(error))
    } else {
      this.#complete(done, operation(content))
    }
  }

  #complete<Result>(done: DiskCallback<Result>, result: Result): void {
    this.#schedule(() => done(undefined, result))
  }
}

/** A file's bytes, in a buffer that doubles. */
class MemoryFile {
  #bytes = new Uint8Array(1024)
  length = 0

  read(offset: number, length: number): Uint8Array {
    return this.#bytes.slice(Math.min(offset, this.length), Math.min(offset + length, this.length))
  }

  write(offset: number, bytes: Uint8Array): void {
    const end = offset + bytes.length
    if (end > this.#bytes.length) {
      const before = this.#bytes
      this.#bytes = new Uint8Array(Math.max(end, before.length * 2))
      this.#bytes.set(before)
    }
    this.#bytes.set(bytes, offset)
    this.length = Math.max(this.length, end)
  }

  truncate(length: number): void {
    if (length < this.length) this.#bytes.fill(0, length, this.length)
    else this.write(length, new Uint8Array(0))
    this.length = length
  }
}
