/**
 * A window on one segment file: the chunk that was read last, and what offset of the file it begins at. Scanning and
 * recovery walk a file through it, so that memory stays bounded and the thread is given back between chunks.
 */
import type { Disk } from '../ports/disk.ts'
import { type JournalFailedError, journalFailed } from './journal-errors.ts'
import { viewOf } from './journal-format.ts'

/** The chunk of one segment that was read last. */
export class SegmentWindow {
  readonly #disk: Disk
  readonly #file: string
  /** The chunk. It is never written to again, so that views of it may be kept. */
  bytes = new Uint8Array(0)
  view = viewOf(this.bytes)
  /** The file offset of the chunk's first byte. */
  start = 0

  constructor(disk: Disk, file: string) {
    this.#disk = disk
    this.#file = file
  }

  /** Whether the chunk has all of `length` bytes from `offset`. */
  holds(offset: number, length: number): boolean {
    return offset >= this.start && offset + length <= this.start + this.bytes.length
  }

  /**
   * Moves the window to `length` bytes from `offset`; fewer at the end of the file. Fewer than `bytesMin` are an error:
   * the file has become shorter than it was.
   */
  load(offset: number, range: { length: number; bytesMin: number }, done: (error?: JournalFailedError) => void): void {
    this.#disk.read(this.#file, offset, range.length, (error, bytes) => {
      if (error !== undefined) return done(journalFailed(error))
      this.bytes = bytes as Uint8Array<ArrayBuffer>
      this.view = viewOf(this.bytes)
      this.start = offset
      if (this.bytes.length >= range.bytesMin) return done()
      done(
        journalFailed(
          new Error(`${this.#file} has only ${this.bytes.length} of ${range.bytesMin} bytes at byte ${offset}`),
        ),
      )
    })
  }
}
