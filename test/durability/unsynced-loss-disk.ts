/**
 * A disk that forgets what was not synced when its process is killed. The page cache of a machine survives a `kill -9`,
 * so files alone do not show that the journal waits for its syncs: here writes stay in the memory of the process, and
 * reach the disk below with the file's next sync.
 */
import type { Disk, DiskCallback } from '@troupe/core'

/** One file since its last sync. */
interface Pending {
  content: Uint8Array
  readonly changes: (
    | { readonly type: 'write'; readonly offset: number; readonly bytes: Uint8Array }
    | { readonly type: 'truncate'; readonly length: number }
  )[]
}

export class UnsyncedLossDisk implements Disk {
  readonly #disk: Disk
  readonly #pending = new Map<string, Pending>()
  /** Operations of each file that wait for one another. */
  readonly #queues = new Map<string, (() => void)[]>()

  readonly #lies: boolean

  /** A disk that `lies` says that it has synced and has not: what a journal over it acknowledges is lost. */
  constructor(disk: Disk, { lies = false }: { readonly lies?: boolean } = {}) {
    this.#disk = disk
    this.#lies = lies
  }

  list(done: DiskCallback<string[]>): void {
    this.#disk.list((error, files = []) => {
      if (error !== undefined) done(error)
      else done(undefined, [...new Set([...files, ...this.#pending.keys()])])
    })
  }

  size(file: string, done: DiskCallback<number | undefined>): void {
    this.#inOrder(file, done, (finish) => {
      const pending = this.#pending.get(file)
      if (pending === undefined) this.#disk.size(file, finish)
      else finish(undefined, pending.content.length)
    })
  }

  read(file: string, offset: number, length: number, done: DiskCallback<Uint8Array>): void {
    this.#inOrder(file, done, (finish) => {
      const pending = this.#pending.get(file)
      if (pending === undefined) this.#disk.read(file, offset, length, finish)
      else finish(undefined, pending.content.slice(offset, offset + length))
    })
  }

  write(file: string, offset: number, bytes: Uint8Array, done: DiskCallback<void>): void {
    this.#change(file, done, (pending) => {
      const content = new Uint8Array(Math.max(pending.content.length, offset + bytes.length))
      content.set(pending.content)
      content.set(bytes, offset)
      pending.content = content
      pending.changes.push({ type: 'write', offset, bytes: bytes.slice() })
    })
  }

  truncate(file: string, length: number, done: DiskCallback<void>): void {
    this.#change(file, done, (pending) => {
      pending.content = pending.content.slice(0, length)
      pending.changes.push({ type: 'truncate', length })
    })
  }

  sync(file: string, done: DiskCallback<void>): void {
    this.#inOrder(file, done, (finish) => {
      const changes = this.#pending.get(file)?.changes ?? []
      const applyNext = () => {
        const change = changes.shift()
        const next = (error?: Error) => (error === undefined ? applyNext() : finish(error))
        if (change === undefined) {
          this.#pending.delete(file)
          this.#disk.sync(file, finish)
        } else if (change.type === 'truncate') this.#disk.truncate(file, change.length, next)
        else this.#disk.write(file, change.offset, change.bytes, next)
      }
      if (this.#lies) finish(undefined)
      else applyNext()
    })
  }

  remove(file: string, done: DiskCallback<void>): void {
    this.#inOrder(file, done, (finish) => {
      this.#pending.delete(file)
      this.#disk.remove(file, finish)
    })
  }

  close(done: DiskCallback<void>): void {
    this.#disk.close(done)
  }

  /** Changes a file in memory, after reading what the disk below has of it. */
  #change(file: string, done: DiskCallback<void>, apply: (pending: Pending) => void): void {
    this.#inOrder(file, done, (finish) => {
      const changed = (pending: Pending) => {
        this.#pending.set(file, pending)
        apply(pending)
        finish(undefined)
      }
      const pending = this.#pending.get(file)
      if (pending !== undefined) {
        setImmediate(changed, pending)
        return
      }
      this.#disk.size(file, (sizeError, size = 0) => {
        if (sizeError !== undefined) finish(sizeError)
        else if (size === 0) changed({ content: new Uint8Array(0), changes: [] })
        else {
          this.#disk.read(file, 0, size, (readError, content = new Uint8Array(0)) => {
            if (readError !== undefined) finish(readError)
            else changed({ content, changes: [] })
          })
        }
      })
    })
  }

  #inOrder<Result>(file: string, done: DiskCallback<Result>, run: (finish: DiskCallback<Result>) => void): void {
    const start = () =>
      run((error, result) => {
        const next = queue.shift()
        if (next === undefined) this.#queues.delete(file)
        else next()
        if (error === undefined) done(undefined, result)
        else done(error)
      })
    let queue = this.#queues.get(file) as (() => void)[]
    if (queue === undefined) {
      queue = []
      this.#queues.set(file, queue)
      // A callback never comes before its operation's own call has returned.
      setImmediate(start)
    } else queue.push(start)
  }
}
