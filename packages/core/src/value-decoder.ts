/**
 * The bytes of most records as values again: of all that `value-encoder.ts` writes, and what msgpackr makes of the same
 * bytes. What is anything else, or no whole value, is left to the general way, which begins anew. Objects of one kind are
 * made by a function that is written for its keys, and texts that come again and again are made once.
 */
import { refExtension, replyTokenExtension } from './value-extensions.ts'

/** What {@link ValueDecoder.decode} returns for bytes that are to be read in the general way. */
export const unusual = Symbol('unusual')

/** Objects within objects; deeper ones are the general way's. */
const depthMax = 128
/** Kinds of objects that are remembered, and their keys. */
const keptMax = 1_000
const keysMax = 64
const keyBytesMax = 4_096
/** Kinds that are looked through after another one. */
const followersMax = 8
/** Objects of a kind that are made key by key before a function is written for it. */
const plainMax = 8
/** Places for texts that come again, and their length. */
const textsMax = 512
const keptTextMax = 32
/** Texts from this length on are decoded by the platform. */
const longText = 256

const texts = new TextDecoder()
const double = new Float64Array(1)
const doubleBytes = new Uint8Array(double.buffer)
/** Whether the first byte of a number is its lowest. */
const isLowFirst = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1

/** Objects with exactly these keys in this order. */
class ObjectKind {
  readonly keys: readonly string[]
  /** The list of the keys, as it is written. */
  readonly list: Uint8Array
  /** Kinds that followed this one: most likely one of them does again. */
  readonly followers: ObjectKind[] = []
  #plain = 0
  #make: ((decoder: ValueDecoder) => unknown) | undefined

  constructor(keys: readonly string[], list: Uint8Array) {
    this.keys = keys
    this.list = list
  }

  /** Reads the fields. */
  read(decoder: ValueDecoder): unknown {
    if (this.#make !== undefined) return this.#make(decoder)
    if (this.#plain++ === plainMax) this.#make = this.#written()
    const object: Record<string, unknown> = {}
    for (const key of this.keys) object[key] = decoder.value()
    return object
  }

  /** `undefined` where code must not be made at run time. */
  #written(): ((decoder: ValueDecoder) => unknown) | undefined {
    const fields = this.keys.map((key) => `${JSON.stringify(key)}: decoder.value()`)
    try {
      return new Function('decoder', `return { ${fields.join(', ')} }`) as (decoder: ValueDecoder) => unknown
    } catch {
      return undefined
    }
  }
}

/** Reads values, each from bytes of its own. */
export class ValueDecoder {
  #bytes = new Uint8Array(0)
  #position = 0
  #depth = 0
  #isUnusual = false
  readonly #known = new Map<string, ObjectKind>()
  /** The kinds of this value by their IDs. */
  readonly #kinds: (ObjectKind | undefined)[] = new Array(0x40).fill(undefined)
  /** Above those that this value has. */
  #kindsEnd = 0
  /** The kind that was read last; the first of a value follows one of its own. */
  readonly #first = new ObjectKind([], new Uint8Array())
  #last = this.#first
  /** The objects of this value that are there more than once, by their IDs, as far as they are read. */
  #repeated: Map<number, unknown> | undefined
  readonly #texts: string[] = new Array(textsMax).fill('')

  /** The value that `bytes` are, or {@link unusual}. Throws what the classes of Troupe refuse. */
  decode(bytes: Uint8Array): unknown {
    this.#bytes = bytes as Uint8Array<ArrayBuffer>
    this.#position = 0
    this.#depth = 0
    this.#isUnusual = false
    const kinds = this.#kinds
    for (let id = this.#kindsEnd - 1; id >= 0; id--) kinds[id] = undefined
    this.#kindsEnd = 0
    this.#last = this.#first
    this.#repeated = undefined
    const value = this.value()
    return this.#isUnusual || this.#position !== bytes.length ? unusual : value
  }

  /** The next value; for the functions that are written for kinds of objects. */
  value(): unknown {
    const position = this.#position
    if (position >= this.#bytes.length) return this.#leave()
    const token = this.#bytes[position] as number
    this.#position = position + 1
    if (token < 0x40) return token
    if (token < 0x80) return this.#object(this.#kinds[token & 0x3f])
    if (token < 0x90) return this.#map(token & 0x0f)
    if (token < 0xa0) return this.#list(token & 0x0f)
    if (token < 0xc0) return this.#text(token & 0x1f)
    if (token >= 0xe0) return token - 0x100
    return this.#other(token)
  }

  /** Nothing more is read. */
  #leave(): undefined {
    this.#isUnusual = true
    this.#position = this.#bytes.length
  }

  #other(token: number): unknown {
    switch (token) {
      case 0xc0:
        return null
      case 0xc2:
        return false
      case 0xc3:
        return true
      case 0xc7:
        return this.#byteList(this.#unsigned(1))
      case 0xc8:
        return this.#byteList(this.#unsigned(2))
      case 0xcb:
        return this.#double()
      case 0xcc:
        return this.#unsigned(1)
      case 0xcd:
        return this.#unsigned(2)
      case 0xce:
        return this.#unsigned(4)
      case 0xd0:
        return (this.#unsigned(1) << 24) >> 24
      case 0xd1:
        return (this.#unsigned(2) << 16) >> 16
      case 0xd2:
        return this.#unsigned(4) | 0
      case 0xd4:
        return this.#marked(this.#unsigned(1))
      case 0xd6:
        return this.#identified(this.#unsigned(1))
      case 0xd9:
        return this.#text(this.#unsigned(1))
      case 0xda:
        return this.#text(this.#unsigned(2))
      case 0xdb:
        return this.#text(this.#unsigned(4))
      case 0xdc:
        return this.#list(this.#unsigned(2))
      case 0xdd:
        return this.#list(this.#unsigned(4))
      case 0xde:
        return this.#map(this.#unsigned(2))
      case 0xdf:
        return this.#map(this.#unsigned(4))
      default:
        return this.#leave()
    }
  }

  /** False when that many bytes are not there. */
  #has(bytes: number): boolean {
    if (bytes <= this.#bytes.length - this.#position) return true
    this.#leave()
    return false
  }

  #unsigned(length: 1 | 2 | 4): number {
    if (!this.#has(length)) return 0
    let number = 0
    for (let index = 0; index < length; index++) number = (number << 8) | (this.#bytes[this.#position++] as number)
    return number >>> 0
  }

  #double(): number {
    if (!this.#has(8)) return 0
    for (let index = 0; index < 8; index++) {
      doubleBytes[isLowFirst ? 7 - index : index] = this.#bytes[this.#position++] as number
    }
    return double[0] as number
  }

  /** Bytes, of an extension that is that long. */
  #byteList(length: number): unknown {
    if (!this.#has(length + 1) || this.#unsigned(1) !== 0x74 || length === 0 || this.#unsigned(1) !== 1) {
      return this.#leave()
    }
    const from = this.#position
    this.#position += length - 1
    return new Uint8Array(this.#bytes.subarray(from, this.#position))
  }

  /** What has a type of its own. */
  #marked(type: number): unknown {
    if (type === 0x72) return this.#firstOfKind(this.#unsigned(1) & 0x3f)
    this.#unsigned(1)
    if (type === 0) return undefined
    const extension = type === refExtension.type ? refExtension : replyTokenExtension
    if (type !== extension.type) return this.#leave()
    const parts = this.value()
    return this.#isUnusual ? undefined : extension.read(parts)
  }

  /** What is there more than once. Within itself it is the general way's. */
  #identified(type: number): unknown {
    const id = this.#unsigned(4)
    if (type === 0x69) {
      const value = this.value()
      this.#repeated ??= new Map()
      this.#repeated.set(id, value)
      return value
    }
    return type === 0x70 && this.#repeated?.has(id) === true ? this.#repeated.get(id) : this.#leave()
  }

  #list(length: number): unknown {
    // Each item has a byte at least.
    if (!this.#has(length) || this.#depth === depthMax) return this.#leave()
    this.#depth++
    const list = new Array(length)
    for (let index = 0; index < length; index++) list[index] = this.value()
    this.#depth--
    return list
  }

  #map(size: number): unknown {
    if (!this.#has(2 * size) || this.#depth === depthMax) return this.#leave()
    this.#depth++
    const map = new Map()
    for (let index = 0; index < size; index++) {
      const key = this.value()
      map.set(key, this.value())
    }
    this.#depth--
    return map
  }

  #object(kind: ObjectKind | undefined): unknown {
    if (kind === undefined || this.#depth === depthMax) return this.#leave()
    this.#depth++
    const object = kind.read(this)
    this.#depth--
    return object
  }

  /** An object with the list of its keys before it. */
  #firstOfKind(id: number): unknown {
    const kind = this.#nextKind(this.#last.followers)
    if (kind === undefined) return this.#leave()
    this.#last = kind
    this.#kinds[id] = kind
    if (id >= this.#kindsEnd) this.#kindsEnd = id + 1
    return this.#object(kind)
  }

  #nextKind(followers: ObjectKind[]): ObjectKind | undefined {
    for (let place = 0; place < followers.length; place++) {
      const kind = followers[place] as ObjectKind
      if (this.#isNext(kind.list)) {
        this.#position += kind.list.length
        return kind
      }
    }
    const kind = this.#search()
    if (kind !== undefined && followers.length < followersMax) followers.push(kind)
    return kind
  }

  #isNext(list: Uint8Array): boolean {
    const bytes = this.#bytes
    const from = this.#position
    if (list.length > bytes.length - from) return false
    for (let index = 0; index < list.length; index++) if (list[index] !== bytes[from + index]) return false
    return true
  }

  /** The kind of the object whose keys are next; `undefined` when there is to be none. */
  #search(): ObjectKind | undefined {
    const from = this.#position
    const keys = this.value()
    if (this.#isUnusual || !Array.isArray(keys) || keys.length > keysMax) return undefined
    // That name would be a prototype.
    if (!keys.every((key) => typeof key === 'string' && key !== '__proto__')) return undefined
    if (this.#position - from > keyBytesMax) return undefined
    const list = this.#bytes.slice(from, this.#position)
    const name = String.fromCharCode(...list)
    const known = this.#known.get(name)
    if (known !== undefined) return known
    const kind = new ObjectKind(keys, list)
    if (this.#known.size < keptMax) this.#known.set(name, kind)
    return kind
  }

  #text(length: number): unknown {
    if (!this.#has(length)) return undefined
    const bytes = this.#bytes
    const from = this.#position
    const end = from + length
    let units = 0
    let hash = length
    for (let index = from; index < end; index++) {
      const byte = bytes[index] as number
      units |= byte
      hash = Math.imul(hash ^ byte, 0x9e3779b1 | 0)
    }
    if (units >= 0x80) return this.#leave()
    this.#position = end
    if (length >= longText) return texts.decode(bytes.subarray(from, end))
    if (length > keptTextMax) return asciiText(bytes, from, end)
    const place = (hash ^ (hash >>> 15)) & (textsMax - 1)
    const known = this.#texts[place] as string
    if (isText(known, bytes, from, end)) return known
    const text = asciiText(bytes, from, end)
    this.#texts[place] = text
    return text
  }
}

function asciiText(bytes: Uint8Array, from: number, end: number): string {
  const units: number[] = []
  for (let index = from; index < end; index++) units.push(bytes[index] as number)
  return String.fromCharCode.apply(undefined, units)
}

function isText(text: string, bytes: Uint8Array, from: number, end: number): boolean {
  if (text.length !== end - from) return false
  for (let index = from; index < end; index++) if (text.charCodeAt(index - from) !== bytes[index]) return false
  return true
}
