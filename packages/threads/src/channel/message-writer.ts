/**
 * Writes one message after the other as bytes, in one walk over each value: what can be sent is found out while it is
 * written, and what was written of a value that turns out not to be sendable is taken back. The bytes are described in
 * `message-format.ts`.
 *
 * Objects that were met are remembered for one message, so that cycles and repeated references arrive as such.
 */
import { isProxy } from 'node:util/types'
import { isDetached, sparseIndices, sparseLengthMin } from '@troupe/core/host'
import { copyOf } from './byte-copy.ts'
import { aligned, ENCODING_START, type Encoding } from './codec.ts'
import { writeError } from './error-format.ts'
import { Refused } from './errors.ts'
import { type Extension, extensionOf } from './extension.ts'
import {
  BULK_BYTES_MIN,
  clonedPrototypes,
  elementBytesOf,
  HAS_REPEATED,
  NESTING_MAX,
  Tag,
  viewTypeOf,
} from './message-format.ts'
import { SeenObjects } from './seen-objects.ts'
import { compileWriter, Depth, USES_BEFORE_CODE, Written } from './shape-compiler.ts'
import { type Fields, ShapeTable, TRUST, type WrittenShape } from './shape-table.ts'
import { TextWriter } from './text-writer.ts'

const { getPrototypeOf, prototype: objectPrototype } = Object
const arrayPrototype = Array.prototype
/** What is lost of the trust in a shape each time that it was in vain. */
const DISTRUST = 4

/** How far the writer was, to go back to. */
interface Mark {
  readonly position: number
  readonly seen: number
  readonly depth: number
  readonly bulk: number
  readonly bulkLength: number
  readonly handles: number
  readonly transfer: number
  readonly defined: number
}

/** The writer of one channel: it keeps in step with one {@link MessageReader}. */
export class MessageWriter extends TextWriter {
  readonly #shapes = new ShapeTable()
  readonly #seen = new SeenObjects()
  /** The flags of the message. */
  protected flags = 0
  #depth = 0
  /** The shape of the last message. */
  #expected: WrittenShape | undefined
  #encoding: Encoding | undefined
  #moved: ReadonlySet<ArrayBufferLike> | undefined

  /** Writes `value` from `ENCODING_START` on in `bytes`. Throws {@link Refused}, or what a getter threw, and has written nothing. */
  message(value: unknown, into: Encoding, moved: ReadonlySet<ArrayBufferLike> | undefined): void {
    this.#encoding = into
    this.#moved = moved
    this.flags = this.#depth = 0
    this.position = ENCODING_START + 1
    try {
      this.root(value)
      this.bytes[ENCODING_START] = this.flags
      this.settle()
    } catch (error) {
      this.undefine(0)
      throw error
    } finally {
      this.#seen.forget(0)
    }
    into.bytes = this.bytes
    into.end = this.position
  }

  /** Writes what the message is: a value, unless a derived writer knows better. */
  protected root(value: unknown): void {
    this.#expected = this.whole(value, this.#expected)
  }

  /**
   * Writes the first value of a message, the only one or the last. If it is an object it is expected to be of the shape
   * `expected`; returns the shape to expect of the next.
   */
  protected whole(value: unknown, expected: WrittenShape | undefined): WrittenShape | undefined {
    if (typeof value !== 'object' || value === null) {
      this.value(value)
      return expected
    }
    if (expected?.write !== undefined && expected.isSent && expected.trust > 0) {
      const { position, definitions } = this
      const written = expected.write(this, value as Fields, Depth.root)
      if (written === Written.yes) {
        if (expected.trust < TRUST) expected.trust++
        return expected
      }
      if (written === Written.taken) {
        expected.trust -= DISTRUST
        this.position = position
        this.undefine(definitions)
      }
    }
    return this.object(value, expected)
  }

  /** Writes any object. It is expected to be of the shape `expected`; returns the shape to expect in its place the next time. */
  object(value: object, expected: WrittenShape | undefined): WrittenShape | undefined {
    if (this.#writtenAs(expected, value as Fields)) return expected
    const prototype = getPrototypeOf(value) as object | null
    if (prototype === objectPrototype || prototype === null) {
      const shape = this.#shapes.find(value)
      if (shape !== expected && this.#writtenAs(shape, value as Fields)) return shape
      return this.isNew(value) ? this.#fields(value as Fields, shape) : expected
    }
    if (prototype === arrayPrototype && Array.isArray(value)) {
      if (this.isNew(value)) this.#array(value)
    } else {
      // Registered instances are values without identity, such as references: meeting one twice means nothing.
      const extension = extensionOf(prototype)
      if (extension !== undefined) this.#extension(extension, value)
      else if (this.isNew(value)) this.#other(value, prototype)
    }
    return expected
  }

  /** Takes note of an object; false when it was met before, and its number is written. */
  isNew(value: object): boolean {
    const number = this.#seen.add(value)
    if (number < 0) return true
    this.flags |= HAS_REPEATED
    this.tag(Tag.again)
    this.count(number)
    return false
  }

  /** One level of nesting begins. */
  enter(): void {
    if (++this.#depth > NESTING_MAX) throw new RangeError(`it is nested deeper than ${NESTING_MAX}`)
  }

  /** One level of nesting ends. */
  leave(): void {
    this.#depth--
  }

  /** Writes any value. */
  value(value: unknown): void {
    switch (typeof value) {
      case 'number':
        this.number(value)
        break
      case 'string':
        this.text(value)
        break
      case 'undefined':
        this.tag(Tag.undefined)
        break
      case 'boolean':
        this.tag(value ? Tag.true : Tag.false)
        break
      case 'object':
        if (value === null) this.tag(Tag.null)
        else this.object(value, undefined)
        break
      case 'bigint':
        this.bigInt(value)
        break
      default:
        throw new Refused()
    }
  }

  /** Writes `value`, or nothing when it cannot be sent; true when it was written. */
  attempt(value: unknown): boolean {
    const mark = this.#mark()
    try {
      this.value(value)
      return true
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      this.#back(mark)
      return false
    }
  }

  /** True when the code of `shape` wrote the object. */
  #writtenAs(shape: WrittenShape | undefined, value: Fields): boolean {
    if (shape?.write === undefined || !shape.isSent) return false
    return shape.write(this, value, Depth.any) === Written.yes
  }

  /** Writes a plain object without code of its own; `found` is its shape, when it is in the table. */
  #fields(value: Fields, found: WrittenShape | undefined): WrittenShape | undefined {
    this.enter()
    const shape = found ?? this.#shapes.take(Object.keys(value))
    if (shape === undefined) {
      const keys = Object.keys(value)
      this.tag(Tag.record)
      this.count(keys.length)
      for (const key of keys) {
        this.text(key)
        this.value(value[key])
      }
    } else this.#shaped(shape, value)
    this.leave()
    return shape
  }

  /** Writes an object of a known shape, field by field; from a certain number of times on, code of its own does that. */
  #shaped(shape: WrittenShape, value: Fields): void {
    this.reserve(3)
    const { bytes, position } = this
    bytes[position + 1] = shape.number
    shape.isUsed = true
    if (shape.isSent) {
      bytes[position] = Tag.shaped
      this.position = position + 2
    } else {
      bytes[position] = Tag.newShape
      bytes[position + 2] = shape.keys.length
      this.position = position + 3
      for (const key of shape.keys) this.text(key)
      this.defines(shape)
    }
    if (++shape.uses === USES_BEFORE_CODE) shape.write = compileWriter(shape)
    for (const key of shape.keys) this.value(value[key])
  }

  #array(value: readonly unknown[]): void {
    this.enter()
    const { length } = value
    let shape: WrittenShape | undefined
    let mark = length < sparseLengthMin ? undefined : this.#mark()
    if (length < 16) this.tag(Tag.shortArray | length)
    else {
      this.tag(Tag.array)
      this.count(length)
    }
    for (let index = 0; index < length; index++) {
      const item = value[index]
      if (typeof item === 'number') this.number(item)
      else if (typeof item === 'object' && item !== null) shape = this.object(item, shape)
      else if (item !== undefined || Object.hasOwn(value, index)) this.value(item)
      else {
        const indices: readonly number[] | undefined = mark === undefined ? undefined : sparseIndices(value)
        if (indices !== undefined) {
          this.#back(mark as Mark)
          this.#sparse(value, indices)
          break
        }
        mark = undefined
        this.tag(Tag.hole)
      }
    }
    this.leave()
  }

  #sparse(value: readonly unknown[], indices: readonly number[]): void {
    this.tag(Tag.sparseArray)
    this.number(value.length)
    this.count(indices.length)
    for (const index of indices) {
      this.number(index)
      this.value(value[index])
    }
  }

  #extension(extension: Extension, value: object): void {
    this.enter()
    this.tag(Tag.extension)
    this.tag(extension.type)
    this.value(extension.write(value))
    this.leave()
  }

  /** An object that is neither plain nor an array nor of a registered class. */
  #other(value: object, prototype: object): void {
    this.enter()
    const viewType = viewTypeOf.get(prototype)
    if (prototype === Map.prototype) {
      const map = value as ReadonlyMap<unknown, unknown>
      this.tag(Tag.map)
      this.count(map.size)
      for (const [key, item] of map) {
        this.value(key)
        this.value(item)
      }
    } else if (prototype === Set.prototype) {
      const set = value as ReadonlySet<unknown>
      this.tag(Tag.set)
      this.count(set.size)
      for (const item of set) this.value(item)
    } else if (prototype === Date.prototype) {
      this.date(Date.prototype.getTime.call(value))
    } else if (viewType !== undefined) this.#binary(value as ArrayBuffer | ArrayBufferView, viewType)
    else if (isProxy(value)) throw new Refused()
    else if (clonedPrototypes.has(prototype)) this.#handle(value)
    // What an error carries never keeps it from travelling.
    else if (value instanceof Error) writeError(this, value)
    else throw new Refused()
    this.leave()
  }

  #binary(value: ArrayBuffer | ArrayBufferView, type: number): void {
    if (isDetached(value)) throw new Refused()
    const { byteLength } = value
    if (ArrayBuffer.isView(value)) {
      const { buffer } = value
      if (buffer instanceof SharedArrayBuffer || this.#moved?.has(buffer) === true) {
        this.tag(Tag.view)
        this.tag(type)
        this.number(value.byteOffset)
        this.number(byteLength / elementBytesOf(type))
        this.value(buffer)
        return
      }
    } else if (this.#moved?.has(value) === true) {
      ;(this.#encoding as Encoding).transfer.push(value)
      this.#handle(value)
      return
    } else if (value.resizable) {
      this.#handle(value)
      return
    }
    const source = bytesOf(value)
    const encoding = this.#encoding as Encoding
    if (byteLength < BULK_BYTES_MIN) {
      this.tag(Tag.binary)
      this.tag(type)
      this.count(byteLength)
      this.reserve(byteLength)
      this.bytes.set(source, this.position)
      this.position += byteLength
    } else if (encoding.bulkLength + aligned(byteLength) <= encoding.bulkRoom()) {
      this.tag(Tag.bulk)
      this.tag(type)
      this.count(byteLength)
      encoding.bulk.push(source)
      encoding.bulkLength += aligned(byteLength)
    } else this.#copied(source, type)
  }

  /** Binary data that is too much for the ring: one copy, which is transferred. */
  #copied(source: Uint8Array, type: number): void {
    const copy = copyOf(source)
    ;(this.#encoding as Encoding).transfer.push(copy)
    if (type !== 0) {
      this.tag(Tag.view)
      this.tag(type)
      this.number(0)
      this.number(source.byteLength / elementBytesOf(type))
      // The buffer of a view has a number of its own.
      this.isNew(copy)
    }
    this.#handle(copy)
  }

  #handle(value: object): void {
    ;(this.#encoding as Encoding).handles.push(value)
    this.tag(Tag.handle)
  }

  #mark(): Mark {
    const { bulk, bulkLength, handles, transfer } = this.#encoding as Encoding
    return {
      position: this.position,
      seen: this.#seen.count,
      depth: this.#depth,
      bulk: bulk.length,
      bulkLength,
      handles: handles.length,
      transfer: transfer.length,
      defined: this.definitions,
    }
  }

  #back(mark: Mark): void {
    const encoding = this.#encoding as Encoding
    this.position = mark.position
    this.#depth = mark.depth
    encoding.bulk.length = mark.bulk
    encoding.bulkLength = mark.bulkLength
    encoding.handles.length = mark.handles
    encoding.transfer.length = mark.transfer
    this.#seen.forget(mark.seen)
    this.undefine(mark.defined)
  }
}

function bytesOf(value: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (value instanceof Uint8Array) return value
  return ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : new Uint8Array(value)
}
