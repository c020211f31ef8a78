/**
 * The message scan: a look at a message's bytes before they are decoded, which lets through only what the msgpack codec
 * writes. msgpackr is made for bytes that it can trust: from others it makes values that nobody sent (a record of an
 * unknown shape is a number to it, broken UTF-8 is other text, what lies behind the message is read into it), and it runs
 * what belongs to other uses of it (errors, regular expressions, bundled strings, pointers). So structure is checked
 * here, once, without making anything: lengths, nesting, shapes, extension types, text.
 *
 * What it cannot see is content: bytes that are another message as well formed as the one that was sent. Against those
 * stands the checksum of the ring's frames.
 */
import { isUtf8 } from 'node:buffer'
import { FrameError } from './errors.ts'
import { extensionOfType } from './extension.ts'

/** Levels of nesting: those that a plain message may have, and those that references and the like add. */
const nestingMax = 256
/** Record shapes that are known at a time, and the keys of one. */
const shapesMax = 64
/** Up to this length a loop over text is cheaper than a call. */
const shortTextMax = 32

/** Extension types of msgpackr's own. */
const undefinedType = 0x00
const bigIntType = 0x42
const recordType = 0x72
const setType = 0x73
const typedArrayType = 0x74
const dateType = 0xff

/** Bytes of an element of each kind of typed array; 16 is an `ArrayBuffer`, 17 a `DataView`. */
const elementBytes = [1, 1, 1, 2, 2, 4, 4, 4, 8, 8, 8, undefined, undefined, undefined, undefined, undefined, 1, 1]
/** Keys that msgpackr confuses with its own; the codec never writes them. */
const refusedKeys = new Set(['__proto__', '__keys__'])

/** The scan of one channel's messages: it knows the record shapes that were defined so far. */
export class MessageScan {
  /** The number of keys of each shape, -1 when there is no such shape. */
  readonly #keyCounts = new Int8Array(shapesMax).fill(-1)
  /** Values still to come on each level that is open. */
  readonly #open = new Int32Array(nestingMax)
  #bytes: Uint8Array = new Uint8Array(0)
  #position = 0
  #length = 0

  /** Throws a `FrameError` when the first `length` of `bytes` are not exactly one message. */
  check(bytes: Uint8Array, length: number): void {
    if (length > bytes.length) throw new FrameError(`a message of ${length} bytes in ${bytes.length}`)
    this.#bytes = bytes
    this.#length = length
    const open = this.#open
    const keyCounts = this.#keyCounts
    let depth = 0
    let left = 1
    let position = 0
    for (;;) {
      while (left === 0) {
        if (depth === 0) {
          this.#position = position
          if (position !== length) throw this.#malformed('goes on after its value')
          return
        }
        left = open[--depth]!
      }
      left--
      // What small messages are made of, without a call; anything odd among it is left to `#value`.
      const token = position < length ? bytes[position]! : -1
      let inside = -1
      if (token >= 0) {
        if (token < 0x40 || token >= 0xe0) {
          position++
          continue
        }
        if (token < 0x80) inside = keyCounts[token & 0x3f]!
        else if (token >= 0x90 && token < 0xa0) inside = token & 0x0f
        else if (token >= 0xa0 && token < 0xc0) {
          const end = position + 1 + (token & 0x1f)
          let at = position + 1
          if (end <= length) while (at < end && bytes[at]! < 0x80) at++
          if (at === end) {
            position = end
            continue
          }
        } else if (
          token === 0xd4 &&
          position + 2 < length &&
          bytes[position + 1] === undefinedType &&
          bytes[position + 2] === 0
        ) {
          position += 3
          continue
        }
      }
      if (inside >= 0) position++
      else {
        this.#position = position
        inside = this.#value()
        position = this.#position
      }
      if (inside === 0) continue
      if (depth === nestingMax) {
        this.#position = position
        throw this.#malformed(`is nested deeper than ${nestingMax}`)
      }
      open[depth++] = left
      left = inside
    }
  }

  /** Goes past the head of one value, or past all of it; how many values are inside. */
  #value(): number {
    const token = this.#byte()
    if (token < 0x40 || token >= 0xe0) return 0
    if (token < 0x80) return this.#record(token & 0x3f)
    if (token < 0x90) return (token & 0x0f) * 2
    if (token < 0xa0) return token & 0x0f
    if (token < 0xc0) return this.#text(token & 0x1f)
    switch (token) {
      case 0xc0:
      case 0xc2:
      case 0xc3:
        return 0
      case 0xcc:
      case 0xd0:
        return this.#skip(1)
      case 0xcd:
      case 0xd1:
        return this.#skip(2)
      case 0xca:
      case 0xce:
      case 0xd2:
        return this.#skip(4)
      case 0xcb:
      case 0xcf:
      case 0xd3:
        return this.#skip(8)
      case 0xc4:
        return this.#skip(this.#byte())
      case 0xc5:
        return this.#skip(this.#number(2))
      case 0xc6:
        return this.#skip(this.#number(4))
      case 0xd9:
        return this.#text(this.#byte())
      case 0xda:
        return this.#text(this.#number(2))
      case 0xdb:
        return this.#text(this.#number(4))
      case 0xdc:
        return this.#count(this.#number(2), 1)
      case 0xdd:
        return this.#count(this.#number(4), 1)
      case 0xde:
        return this.#count(this.#number(2), 2)
      case 0xdf:
        return this.#count(this.#number(4), 2)
      case 0xd4:
        return this.#marked()
      case 0xd5:
        return this.#extension(2)
      case 0xd6:
        return this.#extension(4)
      case 0xd7:
        return this.#extension(8)
      case 0xd8:
        return this.#extension(16)
      case 0xc7:
        return this.#extension(this.#byte())
      case 0xc8:
        return this.#extension(this.#number(2))
      case 0xc9:
        return this.#extension(this.#number(4))
      default:
        throw this.#malformed(`has the unused token 0x${token.toString(16)}`)
    }
  }

  #record(shape: number): number {
    const keyCount = this.#keyCounts[shape]!
    if (keyCount < 0) throw this.#malformed(`has a record of shape ${shape}, which was not defined`)
    return keyCount
  }

  /** An extension of one byte, which often says only what the next value is. */
  #marked(): number {
    const type = this.#byte()
    const data = this.#byte()
    if (type === recordType) return this.#definition(data)
    if (type === bigIntType) return 0
    if (type === dateType) {
      if (data === 0xff) return 0
    } else if (data === 0) {
      if (type === undefinedType) return 0
      if (type === setType) {
        if (this.#atArray()) return 1
      } else if (extensionOfType(type) !== undefined) return 1
    }
    throw this.#malformed(`has an extension of type ${type} that is none`)
  }

  #extension(length: number): number {
    const type = this.#byte()
    const start = this.#position
    this.#skip(length)
    if (type === bigIntType && length > 0) return 0
    if (type === dateType && (length === 4 || length === 8 || length === 12)) return 0
    if (type === typedArrayType && length > 0) {
      const size = elementBytes[this.#bytes[start]!]
      if (size !== undefined && (length - 1) % size === 0) return 0
    }
    throw this.#malformed(`has an extension of type ${type} and ${length} bytes that is none`)
  }

  /** The definition of a shape: its keys. The values follow, as those of a record do. */
  #definition(token: number): number {
    if (token < 0x40 || token >= 0x80) throw this.#malformed(`defines shape ${token}, which is no shape's number`)
    if (!this.#atArray()) throw this.#malformed('defines a shape without keys')
    const count = this.#value()
    if (count > shapesMax) throw this.#malformed(`defines a shape of ${count} keys`)
    const keys = new Set<string>()
    for (let key = 0; key < count; key++) keys.add(this.#key())
    if (keys.size !== count) throw this.#malformed('defines a shape with the same key twice')
    this.#keyCounts[token & 0x3f] = count
    return count
  }

  #key(): string {
    const token = this.#peek()
    if (!((token >= 0xa0 && token < 0xc0) || (token >= 0xd9 && token <= 0xdb))) {
      throw this.#malformed('defines a shape with a key that is no text')
    }
    const head = this.#position + (token < 0xc0 ? 1 : 1 + 2 ** (token - 0xd9))
    this.#value()
    const key = Buffer.from(this.#bytes.buffer, this.#bytes.byteOffset + head, this.#position - head).toString()
    if (refusedKeys.has(key)) throw this.#malformed(`defines a shape with the key ${key}`)
    return key
  }

  #atArray(): boolean {
    const token = this.#peek()
    return (token >= 0x90 && token < 0xa0) || token === 0xdc || token === 0xdd
  }

  #text(length: number): number {
    const bytes = this.#bytes
    const start = this.#position
    this.#skip(length)
    if (length <= shortTextMax) {
      let position = start
      while (position < this.#position && bytes[position]! < 0x80) position++
      if (position === this.#position) return 0
    }
    if (!isUtf8(bytes.subarray(start, this.#position))) throw this.#malformed('has text that is not UTF-8')
    return 0
  }

  /** The values in a container of `count` entries; none takes less than a byte. */
  #count(count: number, valuesEach: number): number {
    if (count * valuesEach > this.#length - this.#position) throw this.#malformed('ends too early')
    return count * valuesEach
  }

  #skip(length: number): 0 {
    this.#position += length
    if (this.#position > this.#length) throw this.#malformed('ends too early')
    return 0
  }

  #byte(): number {
    if (this.#position >= this.#length) throw this.#malformed('ends too early')
    return this.#bytes[this.#position++]!
  }

  #peek(): number {
    return this.#position < this.#length ? this.#bytes[this.#position]! : -1
  }

  #number(length: number): number {
    let value = 0
    for (let index = 0; index < length; index++) value = value * 256 + this.#byte()
    return value
  }

  #malformed(problem: string): FrameError {
    return new FrameError(`the message ${problem} (byte ${this.#position} of ${this.#length})`)
  }
}
