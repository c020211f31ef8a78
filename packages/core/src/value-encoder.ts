/**
 * The values that most records hold (plain objects, lists, maps, numbers, booleans and ASCII texts, each object in one
 * place) as bytes, in one walk: the very bytes that msgpackr writes for them with the options of `value-codec.ts`. What is
 * anything else, or would be changed by it, is left to the general way, which begins anew.
 *
 *     object   0xd4 0x72 ID, list of its keys   the first of its keys in this value, IDs from 0x40
 *              ID                               each other one; then its fields
 *     rest     MessagePack, of each number and text the shortest form
 */

/** Objects of a value that are looked through to find one twice; beyond, a set is made. */
const listedMax = 16
/** Kinds of objects in one value for which there is an ID. */
const kindsMax = 32
/** Kinds of objects that are remembered, and their keys. */
const keptMax = 1_000
const keysMax = 64
/** Objects within objects; deeper ones are the general way's. */
const depthMax = 64
const chunkBytes = 16 * 1024
/** A value begins where so much of the chunk is left, at least. */
const roomMin = 1024
/** Texts below this length are written unit by unit. */
const shortText = 48

const texts = new TextEncoder()

/** Objects with exactly these keys in this order. */
class ObjectKind {
  readonly keys: readonly string[]
  /** The list of the keys, as it is written. */
  readonly list: Uint8Array
  /** The value in which the kind was last written, by its number, and the ID that it has there. */
  value = 0
  id = 0
  /** The kind that followed when this one was written last: most likely it does again. */
  follower: ObjectKind | undefined

  constructor(keys: readonly string[], list: Uint8Array) {
    this.keys = keys
    this.list = list
  }
}

/** Keys for which msgpackr or the general way does something of its own. */
export const oddKeys: ReadonlySet<string> = new Set([
  '__proto__',
  '__keys__',
  'constructor',
  'hasOwnProperty',
  'toJSON',
])

/** Writes the lists of keys. */
let keyWriter: ValueEncoder | undefined

/** Writes values one after the other, into chunks that are not written again. */
export class ValueEncoder {
  #target = new Uint8Array(chunkBytes)
  #view = new DataView(this.#target.buffer)
  #start = 0
  #position = 0
  /** Numbers the values. */
  #value = 0
  #nextId = 0x40
  readonly #kinds = new Map<string, ObjectKind>()
  /** The kind that was written last; the first of a value follows one of its own. */
  readonly #first = new ObjectKind([], new Uint8Array())
  #last = this.#first
  readonly #seen: object[] = []
  #seenSet: Set<object> | undefined

  /** The bytes of `value`, in a part of a chunk; `undefined` when they are to be made in the general way. */
  encode(value: unknown): Uint8Array | undefined {
    if (this.#target.length - this.#position < roomMin) this.#newChunk(chunkBytes)
    this.#start = this.#position
    this.#value++
    this.#nextId = 0x40
    this.#last = this.#first
    const isDone = this.#write(value, 0)
    if (this.#seen.length > 0) this.#seen.length = 0
    this.#seenSet = undefined
    if (!isDone) {
      this.#position = this.#start
      return undefined
    }
    return this.#target.subarray(this.#start, this.#position)
  }

  #newChunk(bytes: number): void {
    this.#target = new Uint8Array(bytes)
    this.#view = new DataView(this.#target.buffer)
    this.#position = 0
  }

  /** Makes room for so many bytes: the value moves to a chunk of its own size. */
  #makeRoom(bytes: number): void {
    const { length } = this.#target
    if (this.#position + bytes <= length) return
    const written = this.#target.subarray(this.#start, this.#position)
    this.#newChunk(Math.max(chunkBytes, 2 * (written.length + bytes)))
    this.#target.set(written)
    this.#start = 0
    this.#position = written.length
  }

  /** False when the value is not to be written in this way. */
  #write(value: unknown, depth: number): boolean {
    switch (typeof value) {
      case 'number':
        return this.#number(value)
      case 'string':
        return this.#text(value)
      case 'object':
        if (value !== null) return this.#object(value, depth)
        this.#byte(0xc0)
        return true
      case 'boolean':
        this.#byte(value ? 0xc3 : 0xc2)
        return true
      case 'undefined':
        this.#makeRoom(3)
        this.#target[this.#position++] = 0xd4
        this.#target[this.#position++] = 0
        this.#target[this.#position++] = 0
        return true
      default:
        return false
    }
  }

  #byte(byte: number): void {
    if (this.#position === this.#target.length) this.#makeRoom(1)
    this.#target[this.#position++] = byte
  }

  #number(value: number): boolean {
    if (this.#position + 9 > this.#target.length) this.#makeRoom(9)
    const target = this.#target
    const position = this.#position
    if (value >>> 0 === value) {
      if (value < 0x40) {
        if (value === 0 && Object.is(value, -0)) return false
        target[position] = value
        this.#position = position + 1
      } else if (value < 0x100) {
        target[position] = 0xcc
        target[position + 1] = value
        this.#position = position + 2
      } else if (value < 0x1_0000) {
        target[position] = 0xcd
        target[position + 1] = value >> 8
        target[position + 2] = value
        this.#position = position + 3
      } else {
        target[position] = 0xce
        this.#view.setUint32(position + 1, value)
        this.#position = position + 5
      }
    } else if (value >> 0 === value) this.#negative(value)
    else {
      target[position] = 0xcb
      this.#view.setFloat64(position + 1, value)
      this.#position = position + 9
    }
    return true
  }

  #negative(value: number): void {
    const target = this.#target
    const position = this.#position
    if (value >= -0x20) {
      target[position] = value
      this.#position = position + 1
    } else if (value >= -0x80) {
      target[position] = 0xd0
      target[position + 1] = value
      this.#position = position + 2
    } else if (value >= -0x8000) {
      target[position] = 0xd1
      this.#view.setInt16(position + 1, value)
      this.#position = position + 3
    } else {
      target[position] = 0xd2
      this.#view.setInt32(position + 1, value)
      this.#position = position + 5
    }
  }

  #text(text: string): boolean {
    const { length } = text
    if (this.#position + length + 5 > this.#target.length) this.#makeRoom(length + 5)
    const target = this.#target
    let position = this.#position
    if (length < 0x20) target[position++] = 0xa0 | length
    else if (length < 0x100) {
      target[position++] = 0xd9
      target[position++] = length
    } else if (length < 0x1_0000) {
      target[position++] = 0xda
      target[position++] = length >> 8
      target[position++] = length
    } else {
      target[position++] = 0xdb
      this.#view.setUint32(position, length)
      position += 4
    }
    this.#position = position + length
    if (length >= shortText) {
      // A text that is not ASCII has more bytes than units, and so not all of it is read.
      const { read, written } = texts.encodeInto(text, target.subarray(position, position + length))
      return read === length && written === length
    }
    let units = 0
    for (let index = 0; index < length; index++) {
      const unit = text.charCodeAt(index)
      units |= unit
      target[position + index] = unit
    }
    return units < 0x80
  }

  #object(value: object, depth: number): boolean {
    if (depth === depthMax || !this.#isNew(value)) return false
    if (Object.getPrototypeOf(value) === Object.prototype)
      return this.#fields(value as Record<string, unknown>, depth + 1)
    if (Array.isArray(value)) return value.constructor === Array && this.#list(value, depth + 1)
    return value.constructor === Map && this.#map(value as Map<unknown, unknown>, depth + 1)
  }

  /** True when the object was not met in this value before. */
  #isNew(value: object): boolean {
    const seen = this.#seen
    if (this.#seenSet !== undefined) {
      const { size } = this.#seenSet
      return this.#seenSet.add(value).size > size
    }
    for (let index = 0; index < seen.length; index++) if (seen[index] === value) return false
    seen.push(value)
    if (seen.length > listedMax) this.#seenSet = new Set(seen)
    return true
  }

  #length(length: number, short: number, long: number): void {
    if (this.#position + 5 > this.#target.length) this.#makeRoom(5)
    const target = this.#target
    if (length < 0x10) target[this.#position++] = short | length
    else if (length < 0x1_0000) {
      target[this.#position++] = long
      target[this.#position++] = length >> 8
      target[this.#position++] = length
    } else {
      target[this.#position++] = long + 1
      this.#view.setUint32(this.#position, length)
      this.#position += 4
    }
  }

  #list(items: readonly unknown[], depth: number): boolean {
    this.#length(items.length, 0x90, 0xdc)
    for (let index = 0; index < items.length; index++) if (!this.#write(items[index], depth)) return false
    return true
  }

  #map(map: ReadonlyMap<unknown, unknown>, depth: number): boolean {
    this.#length(map.size, 0x80, 0xde)
    for (const [key, item] of map) if (!this.#write(key, depth) || !this.#write(item, depth)) return false
    return true
  }

  #fields(value: Record<string, unknown>, depth: number): boolean {
    const kind = this.#kindOf(value)
    if (kind === undefined || !this.#head(kind)) return false
    for (const key in value) if (!this.#write(value[key], depth)) return false
    return true
  }

  /** Which kind of object follows. */
  #head(kind: ObjectKind): boolean {
    if (kind.value === this.#value) {
      this.#byte(kind.id)
      return true
    }
    if (this.#nextId === 0x40 + kindsMax) return false
    kind.value = this.#value
    kind.id = this.#nextId++
    const { list } = kind
    if (this.#position + 3 + list.length > this.#target.length) this.#makeRoom(3 + list.length)
    const target = this.#target
    let position = this.#position
    target[position++] = 0xd4
    target[position++] = 0x72
    target[position++] = kind.id
    for (let index = 0; index < list.length; index++) target[position++] = list[index] as number
    this.#position = position
    return true
  }

  /** The kind of a plain object; `undefined` when there is to be none. */
  #kindOf(value: object): ObjectKind | undefined {
    const last = this.#last
    let kind = last.follower
    if (kind === undefined || !hasKeys(value, kind.keys)) {
      kind = this.#search(value)
      // What the prototype of all objects was given is no field of this one.
      if (kind === undefined || !hasKeys(value, kind.keys)) return undefined
      last.follower = kind
    }
    this.#last = kind
    return kind
  }

  #search(value: object): ObjectKind | undefined {
    const keys = Object.keys(value)
    const name = `${keys.length} ${keys.join('\n')}`
    const known = this.#kinds.get(name)
    if (known !== undefined && known.keys.length === keys.length) return known
    if (known !== undefined || this.#kinds.size >= keptMax || keys.length > keysMax) return undefined
    if (keys.some((key) => oddKeys.has(key))) return undefined
    keyWriter ??= new ValueEncoder()
    const list = keyWriter.encode(keys)?.slice()
    if (list === undefined) return undefined
    const kind = new ObjectKind(keys, list)
    this.#kinds.set(name, kind)
    return kind
  }
}

function hasKeys(value: object, keys: readonly string[]): boolean {
  let index = 0
  for (const key in value) if (key !== keys[index++]) return false
  return index === keys.length
}
