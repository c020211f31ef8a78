/**
 * Shapes of payloads: of each message the last one that was seen, with a copier and a hasher written for exactly its keys.
 * A payload of that shape that holds nothing but atoms, references, and one object of such, as most do, is copied without
 * going through a list of its keys, and the fields of each are hashed so; all others go the general way. Copies are the same on both.
 */
import { Ref } from '@troupe/core/host'
import { type TraceHash, textHash } from './trace-hash.ts'

/** Messages whose shape is remembered, and the keys of a payload up to which it has one. */
const messagesMax = 1_000
const keysMax = 16
/** Shapes that are kept beyond the run. */
const shapesMax = 10_000
/** Different shapes of one message after which none is looked for any more. */
const changesMax = 8

/** What is known of payloads with exactly these keys in this order. */
export class PayloadShape {
  /** True for a plain object with exactly the keys of the shape, in their order. */
  readonly fits: (payload: any) => boolean
  /**
   * A frozen copy; `undefined` when something in it is more than an atom, a reference, or one object of such. What is
   * there twice is to stay one, so that a second object is the general way's.
   */
  readonly copy: (payload: any) => object | undefined
  /** The same, of one that holds no object. */
  readonly copyFlat: (payload: any) => object | undefined
  /** Mixes the payload into the hash. */
  readonly hash: (payload: any, hash: TraceHash) => void
  /**
   * All three at once: mixes the payload into the hash and returns a frozen copy. Returns `undefined` when it does not fit,
   * and `null` when something in it is more than an atom or a reference; then nothing is in the hash.
   */
  readonly send: (payload: any, hash: TraceHash) => object | null | undefined
  /** The shapes that objects in its fields had last, and how often one had another. */
  readonly #inner: (PayloadShape | undefined)[] = []
  #innerChanges = 0

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
    this.copyFlat = written(`return ({ ${fields} }) => ${atoms} ? Object.freeze({ ${fields} }) : undefined`)
    const inner = keys.map(
      (_, index) => `
        if (typeof v${index} !== 'number' && !isAtom(v${index})) {
          if (hasInner || (v${index} = copyInner(v${index}, ${index})) === undefined) return undefined
          hasInner = true
        }`,
    )
    const copyWith = written(`return (copyInner) => (payload) => {
      let { ${fields} } = payload
      let hasInner = false
      ${inner.join('')}
      return Object.freeze({ ${fields} })
    }`)
    this.copy = copyWith((value: object, index: number) => this.#copyInner(value, index))
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

  #copyInner(value: unknown, index: number): object | undefined {
    if (typeof value !== 'object') return undefined
    const known = this.#inner[index]
    if (known?.fits(value) === true) return known.copyFlat(value)
    if (this.#innerChanges >= changesMax || Object.getPrototypeOf(value) !== Object.prototype) return undefined
    this.#innerChanges++
    this.#inner[index] = shapeOfKeys(Object.keys(value as object))
    return this.#inner[index]?.copyFlat(value)
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
  /** Which of its events somebody is to be told of, as the trace has it; and how many listened when that was found out. */
  wanted = 0
  wantedBy = -1
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
