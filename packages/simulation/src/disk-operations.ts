/** What a program that has a simulated disk open asks of it: operations, of which those on one file follow one another. */
import type { DiskCallback } from '@troupe/core'
import type { DiskOperation, SimulatedDisk } from './simulated-disk.ts'

/** The operations on one file of a view, or on none: they follow one another. */
export class FileQueue {
  readonly view: DiskView
  readonly file: string
  /** Whether one is in flight. */
  isBusy = false
  readonly waiting: Operation[] = []

  constructor(view: DiskView, file: string) {
    this.view = view
    this.file = file
  }
}

/** The disk as one program has it open. */
export class DiskView {
  readonly #queues = new Map<string, FileQueue>()
  /** The one that was asked for last: most operations are on the file of the one before. */
  #last = new FileQueue(this, '')

  queueOf(file: string): FileQueue {
    const last = this.#last
    return last.file === file ? last : this.#search(file)
  }

  #search(file: string): FileQueue {
    const queue = this.#queues.get(file) ?? new FileQueue(this, file)
    this.#queues.set(this.#last.file, this.#last)
    this.#last = queue
    return queue
  }
}

/** One operation of a disk that a program has open. */
export class Operation {
  readonly kind: DiskOperation
  readonly file: string
  /** Of a truncation, what is left of the file. */
  readonly offset: number
  readonly length: number
  readonly bytes: Uint8Array | undefined
  readonly queue: FileQueue
  readonly done: DiskCallback<any>
  result: unknown
  readonly #disk: Pick<SimulatedDisk, 'ended'>

  constructor(
    disk: Pick<SimulatedDisk, 'ended'>,
    queue: FileQueue,
    kind: DiskOperation,
    offset: number,
    length: number,
    bytes: Uint8Array | undefined,
    done: DiskCallback<any>,
  ) {
    this.#disk = disk
    this.queue = queue
    this.kind = kind
    this.file = queue.file
    this.offset = offset
    this.length = length
    this.bytes = bytes
    this.done = done
  }

  /** True for what changes the cache, when it begins. */
  get changes(): boolean {
    return this.kind === 'write' || this.kind === 'truncate'
  }

  readonly end = (): void => this.#disk.ended(this)
}
