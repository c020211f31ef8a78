/**
 * Writes numbers and texts behind their tags into memory that grows. What has structure, and what is remembered from message
 * to message, is `message-writer.ts`'s.
 */
import { aligned, type TextBuffer } from './codec.ts'
import { SHORT_COUNT_MAX, Tag } from './message-format.ts'

/** Up to this length a loop over a text is cheaper than a call into the engine. */
const TEXT_LOOP_MAX = 128

/** Writes a number at `position`, where there is room for nine bytes; the position behind it. */
export function putNumber(writer: ByteWriter, bytes: Uint8Array, position: number, value: number): number {
  if ((value & 0x7f) === value && (value !== 0 || 1 / value > 0)) {
    bytes[position] = value
    return position + 1
  }
  writer.position = position
  writer.number(value)
  return writer.position
}

/** The memory of a writer, and what is written into it without a look at other values. */
export abstract class ByteWriter {
  bytes = Buffer.alloc(4_096) as TextBuffer
  position = 0
  #view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length)

  /** Writes a text, by the table of texts where it is short; its slot there. */
  abstract text(text: string): number

  number(value: number): void {
    this.reserve(9)
    const position = this.position
    if ((value | 0) === value) {
      if (value >= 0 && value < 0x80) {
        if (value === 0 && 1 / value < 0) this.bytes[position] = Tag.negativeZero
        else this.bytes[position] = value
        this.position = position + 1
      } else if (value >= -0x8000 && value < 0x8000) {
        this.bytes[position] = Tag.int16
        this.bytes[position + 1] = value
        this.bytes[position + 2] = value >> 8
        this.position = position + 3
      } else {
        this.bytes[position] = Tag.int32
        this.#view.setInt32(position + 1, value, true)
        this.position = position + 5
      }
    } else {
      this.bytes[position] = Tag.float64
      this.#view.setFloat64(position + 1, value, true)
      this.position = position + 9
    }
  }

  /** Writes one tag. */
  tag(tag: number): void {
    this.reserve(1)
    this.bytes[this.position++] = tag
  }

  count(count: number): void {
    this.reserve(5)
    if (count <= SHORT_COUNT_MAX) this.bytes[this.position++] = count
    else {
      this.bytes[this.position] = SHORT_COUNT_MAX + 1
      this.#view.setUint32(this.position + 1, count, true)
      this.position += 5
    }
  }

  /** Makes room for `length` bytes more. */
  reserve(length: number): void {
    if (this.position + length > this.bytes.length) this.#grow(length)
  }

  /** Writes a whole number of any size; its digits are a text. */
  protected bigInt(value: bigint): void {
    if (BigInt.asIntN(64, value) === value) {
      this.reserve(9)
      this.bytes[this.position] = Tag.bigInt64
      this.#view.setBigInt64(this.position + 1, value, true)
      this.position += 9
    } else {
      this.tag(Tag.bigInt)
      this.tag(value < 0n ? Tag.true : Tag.false)
      this.text((value < 0n ? -value : value).toString(16))
    }
  }

  /** Writes a date, by its milliseconds. */
  protected date(ms: number): void {
    this.reserve(9)
    this.bytes[this.position] = Tag.date
    this.#view.setFloat64(this.position + 1, ms, true)
    this.position += 9
  }

  /** Writes a text that is in no table. */
  protected longText(text: string): void {
    const { length } = text
    if (length <= TEXT_LOOP_MAX) {
      this.reserve(length + 6)
      const { bytes } = this
      const position = this.position + 2
      let index = 0
      for (; index < length; index++) {
        const unit = text.charCodeAt(index)
        if (unit > 0xff) break
        bytes[position + index] = unit
      }
      if (index === length) {
        bytes[position - 2] = Tag.latin1
        bytes[position - 1] = length
        this.position = position + length
        return
      }
    }
    if (text.isWellFormed()) {
      // The count comes first and is known last: it always has its five bytes.
      this.reserve(length * 3 + 6)
      const { bytes, position } = this
      const written = bytes.utf8Write(text, position + 6)
      bytes[position] = Tag.utf8
      bytes[position + 1] = SHORT_COUNT_MAX + 1
      this.#view.setUint32(position + 2, written, true)
      this.position = position + 6 + written
    } else {
      this.tag(Tag.utf16)
      this.count(length)
      this.reserve(length * 2)
      this.position += this.bytes.write(text, this.position, 'utf16le')
    }
  }

  #grow(length: number): void {
    const grown = Buffer.alloc(Math.max(this.bytes.length * 2, aligned(this.position + length)))
    grown.set(this.bytes.subarray(0, this.position))
    this.bytes = grown as TextBuffer
    this.#view = new DataView(grown.buffer, grown.byteOffset, grown.length)
  }
}
