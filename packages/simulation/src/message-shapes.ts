/**
 * Shapes of payloads, each with a copier and a hasher written for exactly its keys: see `message-kinds.ts`.
 * A payload of that shape that holds nothing but atoms, references, reply tokens, bytes, and plain objects and lists of such,
 * each in one place, as most do, is copied without going through a list of its keys, and all of each that is of a known shape is
 * hashed so; all others go the general way. Copies are the same on both, and so is what goes into the hash of an object
 * within a payload.
 */
import { ReplyToken } from '@troupe/core'
import { copyOfBytes, nestingMax, Ref, sparseLengthMin } from '@troupe/core/host'
import type { TraceHash } from './trace-hash.ts'
import { fieldsWord, listWord, textHash } from './trace-words.ts'

/** The keys of a payload up to which it has a shape. */
const keysMax = 16
/** Shapes that are kept beyond the run. */
const shapesMax = 10_000
/** Different shapes of the objects in one field of a message after which none is looked for any more. */
const innerShapesMax = 8
/** Levels of objects beyond which the general way says whether there are too many: a reference is two itself. */
const levelsMax = nestingMax - 2
/** Lists above this length are not given room for all of it at once. */
const roomLengthMax = 4_096
/** Objects within one payload that are looked through to find one twice; beyond, a set is made. */
const listedMax = 16

/**
 * The objects in a payload that is being copied: what is there twice is to stay one, which is the general way's. Made for each
 * payload that has some: what is new is put into what is new, which the garbage collector need not be told of.
 */
class MetObjects {
  /** The level of the object that is being copied. */
  depth = 1
  readonly #root: object
  #first: object | undefined = undefined
  #second: object | undefined = undefined
  #list: object[] | undefined = undefined
  #set: Set<object> | undefined = undefined

  constructor(root: object) {
    this.#root = root
  }

  /** True at the first call for each. */
  isNew(value: object): boolean {
    if (value === this.#root || value === this.#first || value === this.#second) return false
    if (this.#first === undefined) this.#first = value
    else if (this.#second === undefined) this.#second = value
    else return this.#isNewInList(value)
    return true
  }

  #isNewInList(value: object): boolean {
    if (this.#set !== undefined) {
      const { size } = this.#set
      return this.#set.add(value).size > size
    }
    this.#list ??= []
    const list = this.#list
    for (let index = 0; index < list.length; index++) if (list[index] === value) return false
    list.push(value)
    if (list.length > listedMax) this.#set = new Set(list)
    return true
  }
}

/** What is written for payloads with exactly these keys in this order. Each part says what it does where it is used. */
interface ShapeCode {
  fits(payload: any): boolean
  copy(payload: any, met: MetObjects | undefined): object | undefined
  copyFitting(payload: any, met: MetObjects): object | null | undefined
  hash(payload: any, hash: TraceHash): void
  hashFitting(payload: any, hash: TraceHash): boolean
  isCopy(payload: any, copied: any): boolean
  send(payload: any, hash: TraceHash): object | null | undefined
}

/** What is known of payloads with exactly these keys in this order. */
export class PayloadShape {
  /** True for a plain object with exactly the keys of the shape, in their order. */
  readonly fits: (payload: any) => boolean
  /** {@link copy} of an object that fits; `met` is of the payload that it is in, if it is in one. */
  readonly #copyFields: (payload: any, met: MetObjects | undefined) => object | undefined
  /** The same of an object within a payload that may not fit: then `null`. */
  readonly #copyFitting: (payload: any, met: MetObjects) => object | null | undefined
  /** Mixes the payload, which fits, into the hash. */
  readonly hash: (payload: any, hash: TraceHash) => void
  /** Mixes an object within a payload into it, by the words of the general walk; false when it does not fit. */
  readonly #hashFitting: (payload: any, hash: TraceHash) => boolean
  /**
   * All three at once: mixes the payload into the hash and returns a frozen copy. Returns `undefined` when it does not fit,
   * and `null` when something in it is more than atoms and references; then nothing is in the hash.
   */
  readonly send: (payload: any, hash: TraceHash) => object | null | undefined
  /** True when `copied`, a copy by this shape, is still what a copy of `payload` would be; never with bytes in it, which change. */
  readonly isCopy: (payload: any, copied: any) => boolean
  /** Of each field, the shapes of objects in it. */
  readonly #inner: (PayloadShape[] | undefined)[] = []

  constructor(keys: readonly string[]) {
    const code = written(keys, this)
    this.fits = code.fits
    this.#copyFields = code.copy
    this.#copyFitting = code.copyFitting
    this.hash = code.hash
    this.#hashFitting = code.hashFitting
    this.isCopy = code.isCopy
    this.send = code.send
  }

  /**
   * A frozen copy; `undefined` when something in it is more than atoms, references, bytes, and plain objects and lists of such
   * that are there once.
   */
  copy(payload: any): object | undefined {
    return this.#copyFields(payload, undefined)
  }

  /** A copy of what is no atom, in the field with that number; for what is written for shapes. */
  copyInner(value: unknown, index: number, met: MetObjects): object | undefined {
    if (typeof value !== 'object' || value === null || met.depth >= levelsMax || !met.isNew(value)) return undefined
    met.depth++
    const copied = this.#copyObject(value, index, met)
    met.depth--
    return copied
  }

  #copyObject(value: object, index: number, met: MetObjects): object | undefined {
    if (Array.isArray(value)) return this.#copyList(value, index, met)
    const shapes = this.#inner[index]
    if (shapes !== undefined && !ArrayBuffer.isView(value)) {
      for (let place = 0; place < shapes.length; place++) {
        const copied = (shapes[place] as PayloadShape).#copyFitting(value, met)
        if (copied !== null) return copied
      }
    }
    return ArrayBuffer.isView(value) ? copyOfBytes(value) : this.#copyAnother(value, index, met)
  }

  #copyList(list: readonly unknown[], index: number, met: MetObjects): object | undefined {
    if (Object.getPrototypeOf(list) !== Array.prototype) return undefined
    const { length } = list
    // A longer one may be mostly holes.
    const copied: unknown[] = length > roomLengthMax ? [] : new Array(length)
    for (let place = 0; place < length; place++) {
      const item = list[place]
      if (typeof item === 'number' || (item !== undefined && isAtom(item))) copied[place] = item
      else if (item === undefined) {
        // What is not there is not to be there in the copy.
        if (!(place in list)) return undefined
        copied[place] = undefined
      } else {
        const own = this.copyInner(item, index, met)
        if (own === undefined) return undefined
        copied[place] = own
      }
    }
    return Object.freeze(copied)
  }

  /** {@link isCopy} of what is no atom, in the field with that number; for what is written for shapes. */
  isInnerCopy(value: unknown, copied: unknown, index: number): boolean {
    if (typeof value !== 'object' || value === null || typeof copied !== 'object' || copied === null) return false
    if (Array.isArray(value)) return Array.isArray(copied) && this.#isCopyOfList(value, copied, index)
    const shapes = this.#inner[index]
    if (shapes === undefined || ArrayBuffer.isView(value)) return false
    for (let place = 0; place < shapes.length; place++) {
      const shape = shapes[place] as PayloadShape
      if (shape.fits(copied)) return shape.isCopy(value, copied)
    }
    return false
  }

  #isCopyOfList(list: readonly unknown[], copied: readonly unknown[], index: number): boolean {
    if (list.length !== copied.length) return false
    for (let place = 0; place < list.length; place++) {
      const item = list[place]
      if (item !== undefined && Object.is(item, copied[place])) continue
      if (!this.isInnerCopy(item, copied[place], index)) return false
    }
    return true
  }

  /** Mixes in an object in the field with that number; for what is written for shapes. */
  hashInner(value: object, index: number, hash: TraceHash): void {
    if (!hash.takesObject()) return
    if (Array.isArray(value)) {
      this.#hashList(value, index, hash)
      return
    }
    const shapes = this.#inner[index]
    if (shapes !== undefined && !ArrayBuffer.isView(value)) {
      for (let place = 0; place < shapes.length; place++) {
        if ((shapes[place] as PayloadShape).#hashFitting(value, hash)) return
      }
    }
    hash.object(value)
  }

  #hashList(list: readonly unknown[], index: number, hash: TraceHash): void {
    hash.word(listWord(list.length))
    let mayBeSparse = list.length >= sparseLengthMin
    for (let place = 0; place < list.length; place++) {
      const item = list[place]
      if (item === undefined && mayBeSparse && !(place in list)) {
        if (hash.holes(list, place)) return
        mayBeSparse = false
      }
      if (typeof item === 'object' && item !== null) this.hashInner(item, index, hash)
      else hash.value(item)
    }
  }

  /** Of a shape that no object in this field had. */
  #copyAnother(value: object, index: number, met: MetObjects): object | undefined {
    if (Object.getPrototypeOf(value) !== Object.prototype) return undefined
    const shapes = this.#inner[index] ?? []
    if (shapes.length >= innerShapesMax) return undefined
    const shape = shapeOfKeys(Object.keys(value))
    if (shape === undefined) return undefined
    this.#inner[index] = shapes
    shapes.push(shape)
    return shape.#copyFields(value, met)
  }
}

/** Shapes that were written, for all runs of the process: a short run would spend much of its time on writing its own. */
const shapes = new Map<string, PayloadShape>()

function shapeWith(keys: readonly string[]): PayloadShape {
  const name = JSON.stringify(keys)
  const known = shapes.get(name)
  if (known !== undefined) return known
  const shape = new PayloadShape(keys)
  if (shapes.size < shapesMax) shapes.set(name, shape)
  return shape
}

/** The shape of an object with these keys, if one is written for it. */
export function shapeOfKeys(keys: readonly string[]): PayloadShape | undefined {
  return keys.length > keysMax || keys.includes('__proto__') ? undefined : shapeWith(keys)
}

/** The functions of a shape are written for it, so that each reads and makes objects of one kind only. */
function written(keys: readonly string[], shape: PayloadShape): ShapeCode {
  const fields = keys.map((key, index) => `${JSON.stringify(key)}: v${index}`).join(', ')
  const atoms = keys.map((_, index) => `(typeof v${index} === 'number' || isAtom(v${index}))`).join(' && ') || 'true'
  // The keys first: what has others is told by them, and nothing is read beyond those of the shape, which is slow. Then a
  // field is read: who has read one knows what the object is, and need not ask the engine for its prototype.
  const first = keys.length === 0 ? '' : `payload[${JSON.stringify(keys[0])}]`
  const fits = (otherwise: string) => `
    let index = 0
    for (const key in payload) if (index === ${keys.length} || keys[index++] !== key) return ${otherwise}
    if (index !== ${keys.length}) return ${otherwise}
    ${first}
    if (Object.getPrototypeOf(payload) !== Object.prototype) return ${otherwise}`
  const inner = keys.map(
    (_, index) => `
    if (typeof v${index} !== 'number' && !isAtom(v${index})) {
      v${index} = shape.copyInner(v${index}, ${index}, met ??= new MetObjects(payload))
      if (v${index} === undefined) return undefined
    }`,
  )
  // What is 0 may be -0 in the other.
  const compares = keys.map(
    (key, index) => `
    const c${index} = copied[${JSON.stringify(key)}]
    if (v${index} !== c${index} || v${index} === 0) {
      if (!Object.is(v${index}, c${index}) && !shape.isInnerCopy(v${index}, c${index}, ${index})) return false
    }`,
  )
  const copies = `
    let { ${fields} } = payload
    ${inner.join('')}
    return Object.freeze({ ${fields} })`
  // There is room for each field's name and two words. What is no whole number and no text goes in by a walk of its own, which
  // may leave no room.
  const puts = keys.map(
    (_, index) => `
    if (typeof v${index} === 'number' && (v${index} | 0) === v${index}) words[length++] = v${index}
    else if (typeof v${index} === 'string') {
      words[length++] = v${index}.length
      words[length++] = hash.textWord(v${index})
    } else {
      hash.length = length
      if (typeof v${index} === 'object' && v${index} !== null) shape.hashInner(v${index}, ${index}, hash)
      else hash.value(v${index})
      hash.makeRoom()
      length = hash.length
    }`,
  )
  const intoWords = (walk: string) => `
    hash.makeRoom()
    const { words } = hash
    let { length } = hash
    ${walk}
    hash.length = length`
  const hashes = intoWords(`words[length++] = ${textHash(JSON.stringify(keys))}${puts.join('')}`)
  const keyed = keys.map((key, index) => `words[length++] = ${textHash(key)}${puts[index]}`)
  const hashesKeyed = intoWords(`${keyed.join('\n')}
    words[length++] = ${fieldsWord(keys.length)}`)
  const code = new Function(
    'isAtom',
    'MetObjects',
    'shape',
    `const keys = ${JSON.stringify(keys)}
  return {
    fits(payload) {${fits('false')}
      return true
    },
    copy(payload, met) {${copies}
    },
    copyFitting(payload, met) {${fits('null')}${copies}
    },
    hash({ ${fields} }, hash) {${hashes}
    },
    hashFitting(payload, hash) {${fits('false')}
      const { ${fields} } = payload
      ${hashesKeyed}
      return true
    },
    isCopy(payload, copied) {${fits('false')}
      const { ${fields} } = payload
      ${compares.join('')}
      return true
    },
    send(payload, hash) {${fits('undefined')}
      const { ${fields} } = payload
      if (!(${atoms})) return null
      ${hashes}
      return Object.freeze({ ${fields} })
    },
  }`,
  )
  return code(isAtom, MetObjects, shape)
}

/** True for what is the same in a copy. */
function isAtom(value: unknown): boolean {
  if (typeof value === 'string' || value === null) return true
  if (typeof value === 'object') return value instanceof Ref || value instanceof ReplyToken
  return typeof value !== 'function' && typeof value !== 'symbol'
}
