/**
 * Reads messages that a `MessageWriter` wrote, and checks them while it reads: each tag, count, place and definition
 * must be one that a writer writes, no count promises more than the bytes can hold, and a message ends where its value
 * ends. It never reads outside of its own memory, whatever the bytes are. What it cannot see is content: bytes that are
 * another message as well formed as the one that was sent. Against those stands the checksum of the ring's frames.
 *
 * A message in which objects repeat is read by loops that give each object its number before its content comes; in all
 * others no object needs one, and shapes are read by code of their own.
 */
import { lengthen } from '@troupe/core/host'
import { copyOfShared } from './byte-copy.ts'
import { ByteReader } from './byte-reader.ts'
import { aligned, type Encoded } from './codec.ts'
import { readError } from './error-format.ts'
import { FrameError } from './errors.ts'
import { extensionOfType } from './extension.ts'
import {
  define,
  elementBytesOf,
  HAS_REPEATED,
  NESTING_MAX,
  SHAPE_KEYS_MAX,
  SHAPES_MAX,
  TABLE_TEXT_MAX,
  Tag,
  TEXT_SLOTS,
  viewTypes,
} from './message-format.ts'
import { noteReceivedBytes } from './received-bytes.ts'
import { compileReader, type ShapeReader, USES_BEFORE_CODE } from './shape-compiler.ts'
import { latin1Of } from './short-text.ts'

/** A shape at the reader's end. */
interface ReadShape {
  readonly keys: readonly string[]
  uses: number
  read: ShapeReader | undefined
}

/** What a handle may be. A clone carries more than messages may hold: ports, blobs, keys. */
const handleTypes = [ArrayBuffer, SharedArrayBuffer, RegExp, Boolean, Number, String, BigInt]

/** The reader of one channel: it keeps in step with one {@link MessageWriter}. */
export class MessageReader extends ByteReader {
  /** The flags that a message may have. */
  protected readonly flagsKnown: number = HAS_REPEATED
  #depth = 0
  readonly #texts: (string | undefined)[] = new Array(TEXT_SLOTS).fill(undefined)
  readonly #shapes: (ReadShape | undefined)[] = new Array(SHAPES_MAX).fill(undefined)
  /** The objects so far, by number, in a message where some repeat. */
  #objects: unknown[] | undefined
  #from: Encoded | undefined
  #bulkPosition = 0
  #handlesTaken = 0

  /** The message in `from`. Throws a `FrameError` when it is none. */
  message(from: Encoded): unknown {
    this.#open(from)
    const flags = this.bytes[this.position++]
    if (flags === undefined || (flags & ~this.flagsKnown) !== 0) throw this.malformed(`begins with ${flags}`)
    this.#objects = (flags & HAS_REPEATED) === 0 ? undefined : []
    const value = this.root(flags)
    if (this.position !== this.end) throw this.malformed('does not end with its value')
    if (this.#bulkPosition !== from.bulkEnd) throw this.malformed('does not use all bytes behind it')
    if (this.#handlesTaken !== from.handles.length) throw this.malformed('does not use all that came beside it')
    this.#objects = undefined
    return value
  }

  /** What the message is: a value, unless a derived reader knows better. */
  protected root(_flags: number): unknown {
    return this.value()
  }

  /** The next value. */
  value(): unknown {
    const tag = this.bytes[this.position++] as number
    if (tag < 0x80) return tag
    if (tag < Tag.newText) {
      const text = this.#texts[((tag & 3) << 8) | (this.bytes[this.position++] as number)]
      if (text !== undefined) return text
      throw this.malformed('has a text of the table that was not defined')
    }
    return this.#tagged(tag)
  }

  /** The next value, which must be a text. */
  textValue(): string {
    const value = this.value()
    if (typeof value !== 'string') throw this.malformed('has something else where a text should be')
    return value
  }

  /** True when the next value is missing; it is passed then. */
  takeHole(): boolean {
    if (this.bytes[this.position] !== Tag.hole) return false
    this.position++
    return true
  }

  #open(from: Encoded): void {
    const { bytes, start, end, bulkStart, bulkEnd } = from
    this.openBytes(bytes, start, end)
    this.#from = from
    this.#depth = 0
    this.#bulkPosition = bulkStart
    this.#handlesTaken = 0
    if (bulkEnd > from.bulk.length) throw new FrameError('the bytes behind a message end too early')
  }

  #tagged(tag: number): unknown {
    switch (tag) {
      case Tag.int16: {
        const position = this.skip(2)
        return this.view.getInt16(position, true)
      }
      case Tag.int32:
        return this.view.getInt32(this.skip(4), true)
      case Tag.float64:
        return this.view.getFloat64(this.skip(8), true)
      case Tag.shaped:
        return this.#shaped(this.#shapes[this.bytes[this.position++] as number])
      case Tag.newText:
      case Tag.newText + 1:
      case Tag.newText + 2:
      case Tag.newText + 3:
        return this.#newText(tag & 3)
      case Tag.undefined:
        return undefined
      case Tag.null:
        return null
      case Tag.false:
        return false
      case Tag.true:
        return true
      case Tag.negativeZero:
        return -0
      case Tag.latin1: {
        const length = this.count(1)
        return latin1Of(this.bytes, this.text, this.skip(length), length)
      }
      case Tag.utf8:
        return this.utf8()
      case Tag.utf16: {
        const length = this.count(2) * 2
        const start = this.skip(length)
        return this.text.ucs2Slice(start, start + length)
      }
      case Tag.newShape:
        return this.#newShape()
      case Tag.record:
        return this.#record()
      case Tag.array:
        return this.#array(this.count(1))
      case Tag.sparseArray:
        return this.#sparseArray()
      case Tag.map:
        return this.#map()
      case Tag.set:
        return this.#set()
      case Tag.date:
        return this.#made(new Date(this.view.getFloat64(this.skip(8), true)))
      case Tag.bigInt64:
        return this.view.getBigInt64(this.skip(8), true)
      case Tag.bigInt:
        return this.#bigInt()
      case Tag.binary:
      case Tag.bulk:
        return this.#binary(tag)
      case Tag.view:
        return this.#viewOf()
      case Tag.handle:
        return this.#made(this.#handle())
      case Tag.error:
        return this.#error()
      case Tag.extension:
        return this.#extension()
      case Tag.again:
        return this.#again()
      default:
        if (tag >= Tag.shortArray && tag < Tag.array) return this.#array(tag & 0x0f)
        throw this.malformed(
          `has ${tag === undefined ? 'no tag' : `the tag 0x${tag.toString(16)}`} where a value should be`,
        )
    }
  }

  #shaped(shape: ReadShape | undefined): object {
    if (shape === undefined) throw this.malformed('has an object of a shape that was not defined')
    this.#enter()
    let object: object
    if (shape.read !== undefined && this.#objects === undefined) object = shape.read(this)
    else {
      if (++shape.uses === USES_BEFORE_CODE) shape.read = compileReader(shape.keys)
      object = this.#made({})
      for (const key of shape.keys) define(object, key, this.value())
    }
    this.#depth--
    return object
  }

  #newShape(): object {
    const number = this.bytes[this.position++] as number
    const count = this.bytes[this.position++] as number
    if (!(count <= SHAPE_KEYS_MAX)) throw this.malformed(`defines a shape of ${count} keys`)
    const keys: string[] = []
    for (let index = 0; index < count; index++) keys.push(this.textValue())
    if (new Set(keys).size !== count) throw this.malformed('defines a shape with the same key twice')
    const shape = { keys, uses: 0, read: undefined }
    this.#shapes[number] = shape
    return this.#shaped(shape)
  }

  #record(): object {
    this.#enter()
    const object = this.#made({})
    for (let left = this.count(2); left > 0; left--) define(object, this.textValue(), this.value())
    this.#depth--
    return object
  }

  #array(length: number): unknown[] {
    if (length > this.end - this.position) throw this.malformed('ends too early')
    this.#enter()
    const array: unknown[] = this.#made([])
    for (let index = 0; index < length; index++) {
      if (this.takeHole()) array.length = index + 1
      else array.push(this.value())
    }
    this.#depth--
    return array
  }

  #sparseArray(): unknown[] {
    this.#enter()
    const length = this.value()
    if (!Number.isInteger(length) || (length as number) < 0 || (length as number) >= 2 ** 32) {
      throw this.malformed('has an array of no length')
    }
    const array: unknown[] = this.#made([])
    for (let left = this.count(2); left > 0; left--) {
      const index = this.value()
      if (!Number.isInteger(index) || (index as number) < array.length || (index as number) >= (length as number)) {
        throw this.malformed(`has an array of ${length} with an item at ${String(index)}`)
      }
      array[index as number] = this.value()
    }
    lengthen(array, length as number)
    this.#depth--
    return array
  }

  #map(): Map<unknown, unknown> {
    this.#enter()
    const map = this.#made(new Map<unknown, unknown>())
    for (let left = this.count(2); left > 0; left--) map.set(this.value(), this.value())
    this.#depth--
    return map
  }

  #set(): Set<unknown> {
    this.#enter()
    const set = this.#made(new Set<unknown>())
    for (let left = this.count(1); left > 0; left--) set.add(this.value())
    this.#depth--
    return set
  }

  #error(): Error {
    this.#enter()
    const error = readError(this, (made) => this.#made(made))
    this.#depth--
    return error
  }

  #extension(): unknown {
    this.#enter()
    const type = this.bytes[this.position++] as number
    const extension = extensionOfType(type)
    if (extension === undefined) throw this.malformed(`has an instance of class ${type}, which is not registered here`)
    const value = extension.read(this.value())
    this.#depth--
    return value
  }

  #again(): unknown {
    const objects = this.#objects
    const number = this.count(0)
    if (objects === undefined || number >= objects.length || objects[number] === undefined) {
      throw this.malformed(`means its object ${number}, which is not there`)
    }
    return objects[number]
  }

  #binary(tag: number): unknown {
    const type = this.#viewType()
    const length = this.count(0)
    if (length % elementBytesOf(type) !== 0) throw this.malformed(`has ${length} bytes of elements that are larger`)
    let copy: ArrayBufferLike
    if (tag === Tag.binary) {
      const start = this.skip(length)
      copy = this.bytes.slice(start, start + length).buffer
    } else {
      const { bulk, bulkEnd } = this.#from as Encoded
      const start = this.#bulkPosition
      if (start + length > bulkEnd) throw this.malformed('has binary data that ends too early')
      copy = copyOfShared(bulk, start, length)
      noteReceivedBytes(length)
      this.#bulkPosition = start + aligned(length)
    }
    return this.#made(viewOf(type, copy, 0, length / elementBytesOf(type)))
  }

  #viewOf(): unknown {
    const type = this.#viewType()
    const offset = this.value()
    const length = this.value()
    // Its number is before that of its buffer.
    const number = this.#objects?.push(undefined)
    const buffer = this.value()
    if (!(buffer instanceof ArrayBuffer || buffer instanceof SharedArrayBuffer))
      throw this.malformed('has a view on no buffer')
    let view: unknown
    try {
      view = viewOf(type, buffer, offset as number, length as number)
    } catch (cause) {
      throw this.malformed(`has a view that is none: ${cause}`)
    }
    if (number !== undefined) (this.#objects as unknown[])[number - 1] = view
    return view
  }

  #viewType(): number {
    const type = this.bytes[this.position++] as number
    if (!(type < viewTypes.length)) throw this.malformed(`has binary data of type ${type}`)
    return type
  }

  #handle(): unknown {
    const handle = (this.#from as Encoded).handles[this.#handlesTaken++]
    if (typeof handle !== 'object' || handle === null || !handleTypes.some((type) => handle instanceof type)) {
      throw this.malformed('means something beside it that is missing, or no data')
    }
    if (handle instanceof ArrayBuffer) noteReceivedBytes(handle.byteLength)
    return handle
  }

  #bigInt(): bigint {
    const isNegative = this.value()
    const digits = this.textValue()
    if (typeof isNegative !== 'boolean' || !/^[0-9a-f]+$/.test(digits))
      throw this.malformed('has a number without digits')
    const value = BigInt(`0x${digits}`)
    return isNegative ? -value : value
  }

  #newText(high: number): string {
    const slot = (high << 8) | (this.bytes[this.position++] as number)
    const length = this.bytes[this.position++] as number
    if (!(length <= TABLE_TEXT_MAX)) throw this.malformed(`has a text of ${length} letters for the table`)
    const text = latin1Of(this.bytes, this.text, this.skip(length), length)
    this.#texts[slot] = text
    return text
  }

  #enter(): void {
    if (++this.#depth > NESTING_MAX) throw this.malformed(`is nested deeper than ${NESTING_MAX}`)
  }

  /** Gives an object its number, where numbers are needed. */
  #made<Made>(object: Made): Made {
    this.#objects?.push(object)
    return object
  }
}

function viewOf(type: number, buffer: ArrayBufferLike, offset: number, length: number): unknown {
  const View = viewTypes[type]
  return View === undefined ? buffer : new View(buffer, offset, length)
}
