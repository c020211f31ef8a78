/**
 * Reads numbers and texts from the bytes of a message, and never outside of them. What has structure, and what is
 * remembered from message to message, is `message-reader.ts`'s.
 */
import { isUtf8 } from 'node:buffer'
import type { TextBuffer } from './codec.ts'
import { FrameError } from './errors.ts'
import { SHORT_COUNT_MAX } from './message-format.ts'

/** The bytes of one message, and how far they were read. */
export class ByteReader {
  protected bytes: Uint8Array = new Uint8Array(0)
  /** The same memory, as what texts are read from, and as what numbers are. */
  protected text = Buffer.from(this.bytes.buffer) as TextBuffer
  protected view = new DataView(this.bytes.buffer)
  protected position = 0
  protected end = 0

  /** Begins with the message from `start` to `end`. */
  protected openBytes(bytes: Uint8Array, start: number, end: number): void {
    if (start >= end || end > bytes.length) throw new FrameError(`a message of ${end - start} bytes`)
    if (bytes !== this.bytes) {
      this.bytes = bytes
      this.text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length) as TextBuffer
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    }
    this.position = start
    this.end = end
  }

  /** The next byte. */
  protected byte(): number {
    return this.bytes[this.position++] as number
  }

  malformed(problem: string): FrameError {
    return new FrameError(`the message ${problem} (byte ${this.position} of ${this.end})`)
  }

  /** A text as UTF-8 behind its count. */
  protected utf8(): string {
    const length = this.count(1)
    const start = this.skip(length)
    if (!isUtf8(this.bytes.subarray(start, start + length))) throw this.malformed('has text that is not UTF-8')
    return this.text.utf8Slice(start, start + length)
  }

  /** A count of things that take at least `bytesEach` bytes of what is left. */
  protected count(bytesEach: number): number {
    let count = this.bytes[this.position++] as number
    if (count > SHORT_COUNT_MAX) {
      if (count !== SHORT_COUNT_MAX + 1) throw this.malformed(`has a count that begins with ${count}`)
      count = this.view.getUint32(this.skip(4), true)
    }
    if (count * bytesEach > this.end - this.position) throw this.malformed('ends too early')
    return count
  }

  /** Goes past `length` bytes; where they begin. */
  protected skip(length: number): number {
    const start = this.position
    this.position = start + length
    if (this.position > this.end) throw this.malformed('ends too early')
    return start
  }
}
