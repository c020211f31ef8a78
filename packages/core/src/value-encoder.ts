/**
 * The values that most records hold (plain objects, lists, maps, numbers, booleans, ASCII texts, bytes, references) as
 * bytes, in one walk: the very bytes that msgpackr writes for them with the options of `value-codec.ts`. What is anything
 * else, or would be changed by it, is left to the general way, which begins anew.
 *
 *     object      0xd4 0x72 ID, list of its keys   the first of its keys in this value, IDs from 0x40
 *                 ID                               each other one; then its fields
 *     reference   0xd4 TYPE 0, list of its parts   so are reply tokens
 *     twice       0xd6 0x69 ID32, then the object  where an object is first that is there more than once, IDs from 1
 *                 0xd6 0x70 ID32                   where it is again
 *     rest        MessagePack, of each number and text the shortest form
 */
import { Ref, ReplyToken } from './actor-ref.ts'
import { type ObjectKind, ObjectKinds } from './object-kinds.ts'
import { refExtension, replyTokenExtension, type ValueExtension } from './value-extensions.ts'

/** Objects of a value that are looked through to find one twice; beyond, a map is made. */
const listedMax = 192
/** Objects that are more than once in one value. */
const repeatedMax = 64
/** Bytes of a list of bytes that is written here. */
const listBytesMax = 0xfffe
/** Bytes of an ID of an object. */
const idBytes = 6
/** Kinds of objects in one value for which there is an ID. */
const kindsMax = 32
/** Objects within objects; deeper ones are the general way's. */
const depthMax = 64
const chunkBytes = 16 * 1024
/** A value begins where so much of the chunk is left, at least. */
const roomMin = 1024
/** Texts below this length are written unit by unit. */
const shortText = 48

const texts = new TextEncoder()

/** Writes the lists of keys. */
let keyWriter: ValueEncoder | undefined

/** Writes values one after the other, into chunks that are not written again. */
export class ValueEncoder {
  #target = new Uint8Array(chunkBytes)
  #view = new DataView(this.#target.buffer)
  #isBusy = false
  #start = 0
  #position = 0
  /** Numbers the values. */
  #value = 0
  #nextId = 0x40
  readonly #kinds = new ObjectKinds(keyList)
  /**
   * The objects of the value in the order in which they were met, and where each begins. The lists are not made shorter
   * after each value, which is a call into the engine.
   */
  #seen: (object | undefined)[] = []
  #seenAt: number[] = []
  #seenCount = 0
  #seenPlaces: Map<object, number> | undefined
  /** Places in `#seen` of the objects that were met again, in the order of that. */
  #repeated: number[] = []

  /** The bytes of `value`, in a part of a chunk; `undefined` when they are to be made in the general way. */
  encode(value: unknown): Uint8Array | undefined {
    // A field that is a getter may have another value written.
    if (this.#isBusy) return undefined
    if (this.#target.length - this.#position < roomMin) this.#newChunk(chunkBytes)
    this.#start = this.#position
    this.#value++
    this.#nextId = 0x40
    this.#kinds.begin()
    this.#isBusy = true
    let isDone = false
    try {
      isDone = this.#write(value, 0)
      if (isDone && this.#repeated.length > 0) this.#insertIds()
    } finally {
      this.#isBusy = false
      if (this.#seenCount > 0) this.#forget()
      if (!isDone) this.#position = this.#start
    }
    return isDone ? this.#target.subarray(this.#start, this.#position) : undefined
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
    if (typeof value === 'number') return this.#number(value)
    if (typeof value === 'string') return this.#text(value)
    if (value === null) this.#byte(0xc0)
    else if (typeof value === 'object') return this.#object(value, depth)
    else if (typeof value === 'boolean') this.#byte(value ? 0xc3 : 0xc2)
    else if (value === undefined) this.#mark(0)
    else return false
    return true
  }

  /** An extension of that type; what it is of follows, if anything. */
  #mark(type: number): void {
    this.#makeRoom(3)
    this.#target[this.#position++] = 0xd4
    this.#target[this.#position++] = type
    this.#target[this.#position++] = 0
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
    if (depth === depthMax) return false
    const place = this.#placeOf(value)
    if (place >= 0) return this.#again(place)
    if (Array.isArray(value)) return value.constructor === Array && this.#list(value, depth + 1)
    const maker: unknown = value.constructor
    if (maker === Object) return this.#fields(value as Record<string, unknown>, depth + 1)
    if (maker === Map) return value instanceof Map && this.#map(value, depth + 1)
    if (value instanceof Ref) return this.#parts(refExtension, value, depth)
    if (value instanceof ReplyToken) return this.#parts(replyTokenExtension, value, depth)
    return maker === Uint8Array && ArrayBuffer.isView(value) && this.#bytes(value as Uint8Array)
  }

  /** The place among the objects of this value where one was met before; below 0 when it is new. */
  #placeOf(value: object): number {
    const seen = this.#seen
    const count = this.#seenCount
    if (this.#seenPlaces === undefined) {
      for (let index = 0; index < count; index++) if (seen[index] === value) return index
      if (count === listedMax) this.#seenPlaces = placesIn(seen, count)
    } else {
      const place = this.#seenPlaces.get(value)
      if (place !== undefined) return place
    }
    this.#seenPlaces?.set(value, count)
    this.#seenAt[count] = this.#position - this.#start
    seen[count] = value
    this.#seenCount = count + 1
    return -1
  }

  #again(place: number): boolean {
    let index = this.#repeated.indexOf(place)
    if (index < 0) {
      index = this.#repeated.push(place) - 1
      if (index === repeatedMax) return false
    }
    this.#makeRoom(idBytes)
    this.#id(0x70, index + 1, this.#position)
    this.#position += idBytes
    return true
  }

  #id(type: number, id: number, position: number): void {
    this.#target[position] = 0xd6
    this.#target[position + 1] = type
    this.#view.setUint32(position + 2, id)
  }

  /** The value is written: what is there more than once gets its ID, the last one first. */
  #insertIds(): void {
    const ids = this.#repeated.map((place, index) => ({ at: this.#seenAt[place] as number, id: index + 1 }))
    ids.sort((left, right) => right.at - left.at)
    this.#makeRoom(ids.length * idBytes)
    let distance = ids.length * idBytes
    let end = this.#position
    this.#position += distance
    for (const { at, id } of ids) {
      const from = this.#start + at
      this.#target.copyWithin(from + distance, from, end)
      distance -= idBytes
      this.#id(0x69, id, from + distance)
      end = from
    }
  }

  #forget(): void {
    if (this.#seenPlaces === undefined) {
      for (let index = 0; index < this.#seenCount; index++) this.#seen[index] = undefined
    } else {
      this.#seenPlaces = undefined
      this.#seen = []
      this.#seenAt = []
    }
    this.#seenCount = 0
    if (this.#repeated.length > 0) this.#repeated = []
  }

  #parts<Instance>({ type, write }: ValueExtension<Instance>, value: Instance, depth: number): boolean {
    this.#mark(type)
    return this.#list(write(value) as unknown[], depth + 1)
  }

  #bytes(bytes: Uint8Array): boolean {
    if (bytes.length > listBytesMax) return false
    const length = bytes.length + 1
    this.#makeRoom(4 + length)
    const target = this.#target
    if (length < 0x100) target[this.#position++] = 0xc7
    else {
      target[this.#position++] = 0xc8
      target[this.#position++] = length >> 8
    }
    target[this.#position++] = length
    target[this.#position++] = 0x74
    target[this.#position++] = 1
    target.set(bytes, this.#position)
    this.#position += bytes.length
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
    for (let index = 0; index < items.length; index++) {
      const item = items[index]
      if (item === undefined && !(index in items)) return false
      if (!this.#write(item, depth)) return false
    }
    return true
  }

  #map(map: ReadonlyMap<unknown, unknown>, depth: number): boolean {
    this.#length(map.size, 0x80, 0xde)
    for (const [key, item] of map) if (!this.#write(key, depth) || !this.#write(item, depth)) return false
    return true
  }

  #fields(value: Record<string, unknown>, depth: number): boolean {
    const kind = this.#kinds.of(value)
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
    const { words } = kind
    // The last word may reach beyond the list: what follows is written over it.
    const bytes = 3 + 4 * words.length
    if (this.#position + bytes > this.#target.length) this.#makeRoom(bytes)
    const target = this.#target
    const view = this.#view
    const position = this.#position
    target[position] = 0xd4
    target[position + 1] = 0x72
    target[position + 2] = kind.id
    const from = position + 3
    for (let index = 0; index < words.length; index++) view.setInt32(from + 4 * index, words[index] as number, true)
    this.#position = from + kind.list.length
    return true
  }
}

function keyList(keys: readonly string[]): Uint8Array | undefined {
  keyWriter ??= new ValueEncoder()
  return keyWriter.encode(keys)?.slice()
}

function placesIn(list: readonly (object | undefined)[], count: number): Map<object, number> {
  const places = new Map<object, number>()
  for (let index = 0; index < count; index++) places.set(list[index] as object, index)
  return places
}
