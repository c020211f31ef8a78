/** What a program that has a simulated disk open asks of it: operations, of which those on one file follow one another. */
import type { Disk, DiskCallback } from '@troupe/core'
import type { DiskOperation } from './simulated-disk.ts'
import type { SimulatedFile } from './simulated-file.ts'

/** What carries operations out. */
export interface OperatedDisk {
  /** A program asks for an operation, which waits for those that were asked for before it. */
  asked(queue: FileQueue, operation: Operation): void
  /** The operation of that queue that is in flight ends. */
  ended(queue: FileQueue): void
  /** The program has closed the disk. */
  closed(): void
}

/** One operation of a disk that a program has open. */
export class Operation {
  // All fields are set by the constructor, and none where it is declared, which would be one more call.
  declare readonly kind: DiskOperation
  /** Of a truncation, what is left of the file. */
  declare readonly offset: number
  declare readonly length: number
  declare readonly bytes: Uint8Array | undefined
  declare readonly done: DiskCallback<any>
  declare result: unknown

  constructor(
    kind: DiskOperation,
    offset: number,
    length: number,
    bytes: Uint8Array | undefined,
    done: DiskCallback<any>,
  ) {
    this.kind = kind
    this.offset = offset
    this.length = length
    this.bytes = bytes
    this.done = done
    this.result = undefined
  }

  /** True for what changes the cache, when it begins. */
  get changes(): boolean {
    return this.kind === 'write' || this.kind === 'truncate'
  }
}

/** The operations on one file of a view, or on none: they follow one another. */
export class FileQueue {
  readonly view: DiskView
  readonly file: string
  /** What the disk has of that name, once that was looked up. */
  found: SimulatedFile | undefined = undefined
  /** The one in flight. */
  current: Operation | undefined = undefined
  readonly waiting: Operation[] = []
  /** Ends the one in flight: the same function for all of them. */
  readonly end: () => void

  constructor(disk: OperatedDisk, view: DiskView, file: string) {
    this.view = view
    this.file = file
    this.end = () => disk.ended(this)
  }
}

/** The disk as one program has it open. */
export class DiskView implements Disk {
  readonly #disk: OperatedDisk
  readonly #queues = new Map<string, FileQueue>()
  /** The one that was asked for last: most operations are on the file of the one before. */
  #last: FileQueue

  constructor(disk: OperatedDisk) {
    this.#disk = disk
    this.#last = new FileQueue(disk, this, '')
  }

  list(done: DiskCallback<string[]>): void {
    this.#ask('list', '', 0, 0, undefined, done)
  }

  size(file: string, done: DiskCallback<number | undefined>): void {
    this.#ask('size', file, 0, 0, undefined, done)
  }

  read(file: string, offset: number, length: number, done: DiskCallback<Uint8Array>): void {
    this.#ask('read', file, offset, length, undefined, done)
  }

  write(file: string, offset: number, bytes: Uint8Array, done: DiskCallback<void>): void {
    this.#ask('write', file, offset, 0, bytes, done)
  }

  sync(file: string, done: DiskCallback<void>): void {
    this.#ask('sync', file, 0, 0, undefined, done)
  }

  truncate(file: string, length: number, done: DiskCallback<void>): void {
    this.#ask('truncate', file, length, 0, undefined, done)
  }

  remove(file: string, done: DiskCallback<void>): void {
    this.#ask('remove', file, 0, 0, undefined, done)
  }

  close(done: DiskCallback<void>): void {
    const closed: DiskCallback<void> = (error) => {
      this.#disk.closed()
      done(error)
    }
    this.#ask('close', '', 0, 0, undefined, closed)
  }

  #ask(
    kind: DiskOperation,
    file: string,
    offset: number,
    length: number,
    bytes: Uint8Array | undefined,
    done: DiskCallback<any>,
  ): void {
    const last = this.#last
    const queue = last.file === file ? last : this.#search(file)
    this.#disk.asked(queue, new Operation(kind, offset, length, bytes, done))
  }

  #search(file: string): FileQueue {
    const queue = this.#queues.get(file) ?? new FileQueue(this.#disk, this, file)
    this.#queues.set(this.#last.file, this.#last)
    this.#last = queue
    return queue
  }
}
