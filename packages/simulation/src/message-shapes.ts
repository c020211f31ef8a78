/**
 * Shapes of payloads: of each message the last one that was seen, with a copier and a hasher written for exactly its keys.
 * A payload of that shape that holds nothing but atoms, references, and plain objects and lists of such, each in one place, as
 * most do, is copied without going through a list of its keys, and the fields of each are hashed so; all others go the general
 * way. Copies are the same on both.
 */
import { Ref } from '@troupe/core/host'
import { type TraceHash, textHash } from './trace-hash.ts'
import type { MessageListeners } from './trace-listeners.ts'

/** Messages whose shape is remembered, and the keys of a payload up to which it has one. */
const messagesMax = 1_000
const keysMax = 16
/** Shapes that are kept beyond the run. */
const shapesMax = 10_000
/** Different shapes of one message, or of the objects in one of its fields, after which none is looked for any more. */
const changesMax = 8
/** Objects within one payload that are looked through to find one twice; beyond, a set is made. */
const listedMax = 16

/** The objects in a payload that is being copied: what is there twice is to stay one, which is the general way's. */
class MetObjects {
  #root: object | undefined
  readonly #list: object[] = []
  #set: Set<object> | undefined

  /** False while another payload is being copied. */
  begin(root: object): boolean {
    if (this.#root !== undefined) return false
    this.#root = root
    return true
  }

  end(): void {
    this.#root = undefined
    if (this.#list.length > 0) this.#list.length = 0
    this.#set = undefined
  }

  isNew(value: object): boolean {
    if (this.#set !== undefined) {
      const { size } = this.#set
      return this.#set.add(value).size > size
    }
    if (value === this.#root) return false
    const list = this.#list
    for (let index = 0; index < list.length; index++) if (list[index] === value) return false
    list.push(value)
    if (list.length > listedMax) this.#set = new Set([this.#root as object, ...list])
    return true
  }
}

/** Of the one copy that is made at a time. */
const met = new MetObjects()

/** What is known of payloads with exactly these keys in this order. */
export class PayloadShape {
  /** True for a plain object with exactly the keys of the shape, in their order. */
  readonly fits: (payload: any) => boolean
  /** {@link copy} of an object within a payload. */
  readonly #copyFields: (payload: any) => object | undefined
  /** Mixes the payload into the hash. */
  readonly hash: (payload: any, hash: TraceHash) => void
  /**
   * All three at once: mixes the payload into the hash and returns a frozen copy. Returns `undefined` when it does not fit,
   * and `null` when something in it is more than an atom or a reference; then nothing is in the hash.
   */
  readonly send: (payload: any, hash: TraceHash) => object | null | undefined
  /** Of each field, the shapes of objects in it. */
  readonly #inner: (PayloadShape[] | undefined)[] = []

  constructor(keys: readonly string[]) {
    const fields = keys.map((key, index) => `${JSON.stringify(key)}: v${index}`).join(', ')
    const atoms = keys.map((_, index) => `(typeof v${index} === 'number' || isAtom(v${index}))`).join(' && ') || 'true'
    // A field is read first: who has read one knows what the object is, and need not ask for its prototype.
    const first = keys.length === 0 ? '' : `payload[${JSON.stringify(keys[0])}]`
    const fits = (otherwise: string) => `
      ${first}
      if (Object.getPrototypeOf(payload) !== Object.prototype) return ${otherwise}
      let index = 0
      for (const key in payload) if (keys[index++] !== key) return ${otherwise}
      if (index !== ${keys.length}) return ${otherwise}`
    const keyList = `const keys = ${JSON.stringify(keys)}`
    this.fits = written(`${keyList}
      return (payload) => {
        ${fits('false')}
        return true
      }`)
    const inner = keys.map(
      (_, index) => `
        if (typeof v${index} !== 'number' && !isAtom(v${index}) && (v${index} = copyInner(v${index}, ${index})) === undefined) {
          return undefined
        }`,
    )
    const copyWith = written(`return (copyInner) => (payload) => {
      let { ${fields} } = payload
      ${inner.join('')}
      return Object.freeze({ ${fields} })
    }`)
    this.#copyFields = copyWith((value: unknown, index: number) => this.#copyInner(value, index))
    // What is no whole number goes in by the general walk, which may leave no room.
    const puts = keys.map(
      (_, index) => `
        if (typeof v${index} === 'number' && (v${index} | 0) === v${index}) words[length++] = v${index}
        else {
          hash.length = length
          if (typeof v${index} === 'string') hash.text(v${index})
          else hash.value(v${index})
          hash.makeRoom()
          length = hash.length
        }`,
    )
    const hashes = `
      hash.makeRoom()
      const { words } = hash
      let { length } = hash
      words[length++] = ${textHash(JSON.stringify(keys))}
      ${puts.join('')}
      hash.length = length`
    this.hash = written(`return ({ ${fields} }, hash) => {${hashes}
    }`)
    this.send = written(`${keyList}
      return (payload, hash) => {
        ${fits('undefined')}
        const { ${fields} } = payload
        if (!(${atoms})) return null
        ${hashes}
        return Object.freeze({ ${fields} })
      }`)
  }

  /**
   * A frozen copy; `undefined` when something in it is more than an atom, a reference, or a plain object or list of such that is
   * there once.
   */
  copy(payload: any): object | undefined {
    // A field that is a getter may have something sent.
    if (!met.begin(payload)) return undefined
    try {
      return this.#copyFields(payload)
    } finally {
      met.end()
    }
  }

  /** A copy of what is no atom, in the field with that number. */
  #copyInner(value: unknown, index: number): object | undefined {
    if (typeof value !== 'object' || value === null || !met.isNew(value)) return undefined
    const shapes = this.#inner[index]
    if (shapes !== undefined) {
      for (let place = 0; place < shapes.length; place++) {
        const shape = shapes[place] as PayloadShape
        if (shape.fits(value)) return shape.#copyFields(value)
      }
    }
    const prototype = Object.getPrototypeOf(value)
    if (prototype === Array.prototype) return this.#copyList(value as unknown[], index)
    return prototype === Object.prototype ? this.#copyAnother(value, index) : undefined
  }

  #copyList(list: readonly unknown[], index: number): object | undefined {
    const { length } = list
    const copied = new Array(length)
    for (let place = 0; place < length; place++) {
      const item = list[place]
      if (typeof item === 'number' || (item !== undefined && isAtom(item))) copied[place] = item
      else {
        // What is not there is not to be there in the copy.
        const own = item === undefined ? undefined : this.#copyInner(item, index)
        if (own === undefined) return undefined
        copied[place] = own
      }
    }
    return Object.freeze(copied)
  }

  /** Of a shape that no object in this field had. */
  #copyAnother(value: object, index: number): object | undefined {
    const shapes = this.#inner[index] ?? []
    if (shapes.length >= changesMax) return undefined
    const shape = shapeOfKeys(Object.keys(value))
    if (shape === undefined) return undefined
    this.#inner[index] = shapes
    shapes.push(shape)
    return shape.#copyFields(value)
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
function shapeOfKeys(keys: readonly string[]): PayloadShape | undefined {
  return keys.length > keysMax || keys.includes('__proto__') ? undefined : shapeWith(keys)
}

/** What is known of one message. */
export class MessageKind {
  readonly name: string
  /** The hash of the name. */
  readonly word: number
  /** Who is told of its events, as the trace has it; and how many listened when that was found out. */
  listeners: MessageListeners | undefined = undefined
  listenedBy = -1
  #shape: PayloadShape | undefined
  #changes: number

  constructor(name: string, changes = 0) {
    this.name = name
    this.word = textHash(name)
    this.#changes = changes
  }

  /** The shape of this payload of the message; `undefined` when it has none. */
  shapeOf(payload: unknown): PayloadShape | undefined {
    if (typeof payload !== 'object' || payload === null) return undefined
    return this.#shape?.fits(payload) === true ? this.#shape : this.#another(payload)
  }

  /** {@link PayloadShape.send} of the shape that the payload before it had; `undefined` without one. */
  send(payload: unknown, hash: TraceHash): object | null | undefined {
    if (typeof payload !== 'object' || payload === null) return undefined
    return this.#shape?.send(payload, hash)
  }

  #another(payload: object): PayloadShape | undefined {
    if (this.#changes >= changesMax || Object.getPrototypeOf(payload) !== Object.prototype) return undefined
    this.#changes++
    this.#shape = shapeOfKeys(Object.keys(payload))
    return this.#shape
  }
}

/** The messages of a run by name. */
export class MessageKinds {
  readonly #kinds = new Map<string, MessageKind>()
  #last = new MessageKind('')

  of(name: string): MessageKind {
    const last = this.#last
    return last.name === name ? last : this.#search(name)
  }

  #search(name: string): MessageKind {
    const kind = this.#kinds.get(name) ?? this.#another(name)
    this.#last = kind
    return kind
  }

  #another(name: string): MessageKind {
    if (this.#kinds.size >= messagesMax) return new MessageKind(name, changesMax)
    const kind = new MessageKind(name)
    this.#kinds.set(name, kind)
    return kind
  }
}

/** The functions of a shape are written for it, so that each reads and makes objects of one kind only. */
function written(body: string): any {
  return new Function('isAtom', body)(isAtom)
}

function isAtom(value: unknown): boolean {
  const type = typeof value
  if (type === 'string') return true
  if (type === 'object') return value === null || value instanceof Ref
  return type !== 'function' && type !== 'symbol'
}
