/**
 * Messages are values. Within one thread a message can be shared only because nobody changes it; this module makes
 * sure (`frozen`, in development; what cannot be frozen, bytes and dates, is copied), takes a frozen copy (`copied`, as
 * crossing to another thread would), and finds what cannot be a value at all.
 */
import { Ref, ReplyToken } from './actor-ref.ts'
import { ConfigurationError, decodeError, encodeError, NotSendableError } from './errors.ts'

/** What a host does with a message that stays on its node. `shared` trusts the sender. */
export type MessageMode = 'shared' | 'frozen' | 'copied'

/** What is being let out, see {@link lettingOut}. */
let preparedNow: unknown

/** Prepares `value` for sending by `mode`; throws a {@link NotSendableError} that names the place in the value. */
export function prepareMessage(value: unknown, mode: MessageMode, describe: () => string): unknown {
  if (isPrepared(value)) return value
  if (mode === 'shared' || typeof value !== 'object' || value === null) {
    if (typeof value === 'function' || typeof value === 'symbol') throw refuse(value, describe)
    return value
  }
  if (mode === 'frozen') {
    const walk: FreezeWalk = { root: value, seen: new Set(), describe, needsCopy: false }
    freeze(value, walk)
    if (!walk.needsCopy) return value
  }
  return copy(value, new CopyWalk(value, describe))
}

/**
 * Until it is called with `undefined`: `value` was prepared when it was held back, frozen or as a copy that nobody else has,
 * and need not be prepared once more on its way out.
 */
export function lettingOut(value: unknown): void {
  preparedNow = value
}

/** True for a value that is as {@link prepareMessage} would make it. */
export function isPrepared(value: unknown): boolean {
  return value === preparedNow && typeof value === 'object' && value !== null
}

/** One walk of {@link freeze} over a message. */
interface FreezeWalk {
  readonly root: unknown
  readonly seen: Set<object>
  readonly describe: () => string
  /** Set when something was met that cannot be frozen: bytes, dates. */
  needsCopy: boolean
}

/** Objects up to which a list of them is looked through; beyond, a map is made. */
const listedMax = 8

/** One walk of {@link copy} over a value, and what it has copied so far. */
class CopyWalk {
  readonly root: unknown
  readonly describe: () => string
  readonly freezing: boolean
  readonly moves: Moves | undefined
  // Most values are one object.
  #first: object | undefined
  #firstCopy: object | undefined
  #originals: object[] | undefined
  #copies: object[] | undefined
  #map: Map<object, object> | undefined

  constructor(root: unknown, describe: () => string, freezing = true, moves?: Moves) {
    this.root = root
    this.describe = describe
    this.freezing = freezing
    this.moves = moves
  }

  /** The copy of `original`, if there is one already: what comes twice stays one, and a cycle a cycle. */
  known(original: object): object | undefined {
    if (this.#first === undefined) return undefined
    if (this.#first === original) return this.#firstCopy
    if (this.#map !== undefined) return this.#map.get(original)
    const index = this.#originals === undefined ? -1 : this.#originals.indexOf(original)
    return index < 0 ? undefined : this.#copies?.[index]
  }

  remember<Copy extends object>(original: object, made: Copy): Copy {
    if (this.#first === undefined) {
      this.#first = original
      this.#firstCopy = made
    } else if (this.#map !== undefined) this.#map.set(original, made)
    else this.#list(original, made)
    return made
  }

  #list(original: object, made: object): void {
    this.#originals ??= []
    this.#copies ??= []
    this.#originals.push(original)
    this.#copies.push(made)
    if (this.#originals.length <= listedMax) return
    this.#map = new Map()
    for (const [index, one] of this.#originals.entries()) this.#map.set(one, this.#copies[index] as object)
  }
}

/** What {@link takeMessage} made of a value. */
interface TakenMessage {
  readonly value: unknown
  /** The moved buffers, in the order of `transfer`. */
  readonly moved: readonly ArrayBuffer[]
}

/** What is moved by one {@link takeMessage}: buffers, and the views on them as they were. */
interface Moves {
  readonly buffers: Map<ArrayBuffer, ArrayBuffer>
  readonly views: Map<ArrayBufferView, { readonly byteOffset: number; readonly length: number }>
}

/**
 * A copy of `value`, in which the buffers of `transfer` are moved instead of copied: the originals are detached. It can
 * be changed unless `freezing`. Throws a {@link NotSendableError}, and then nothing is detached, when the value cannot
 * be a message or a buffer cannot be moved; where only the platform knows that it cannot, `facts.moved` has those before it.
 */
export function takeMessage(
  value: unknown,
  transfer: readonly ArrayBuffer[],
  describe: () => string,
  freezing = false,
): TakenMessage {
  if (transfer.length === 0) return { value: copy(value, new CopyWalk(value, describe, freezing)), moved: [] }
  const moves: Moves = { buffers: new Map(), views: new Map() }
  const { buffers } = moves
  for (const [index, buffer] of transfer.entries()) {
    if (!(buffer instanceof ArrayBuffer) || buffer.detached || buffers.has(buffer)) {
      const what = !(buffer instanceof ArrayBuffer) ? 'no ArrayBuffer' : buffer.detached ? 'detached' : 'there twice'
      throw new NotSendableError(`${describe()}: transfer[${index}] is ${what}`, { path: `transfer[${index}]` })
    }
    buffers.set(buffer, buffer)
  }
  // Once without moving anything: it finds what cannot be sent while nothing is lost yet, and notes the views.
  copy(value, new CopyWalk(value, describe, false, moves))
  for (const [index, buffer] of transfer.entries()) buffers.set(buffer, move(buffer, index, buffers, describe))
  return { value: copy(value, new CopyWalk(value, describe, freezing, moves)), moved: [...buffers.values()] }
}

/** Nobody can tell before that the platform does not move a buffer. What was moved by then is in the error. */
function move(
  buffer: ArrayBuffer,
  index: number,
  moves: ReadonlyMap<ArrayBuffer, ArrayBuffer>,
  describe: () => string,
): ArrayBuffer {
  try {
    return buffer.transfer()
  } catch (cause) {
    const path = `transfer[${index}]`
    const what = `${path} cannot be moved: it is the memory that Node's small Buffers share, or that of a WebAssembly module; copy it first`
    const moved = [...moves.values()].slice(0, index)
    throw new NotSendableError(`${describe()}: ${what}`, { path, moved }, { cause })
  }
}

/** The buffers that were moved into the message that is being sent; see {@link buffersMoved}. */
let movedNow: ReadonlySet<ArrayBuffer> | undefined

/**
 * Calls `send` with `payload` as it is, or with a copy into which the buffers of `transfer` are moved, as
 * {@link takeMessage} does.
 */
export function sendMoved<Result>(
  payload: unknown,
  transfer: readonly ArrayBuffer[] | undefined,
  name: string,
  send: (payload: unknown) => Result,
): Result {
  if (transfer === undefined) return send(payload)
  if (!Array.isArray(transfer)) {
    throw new ConfigurationError(`message ${name}: transfer must be a list of ArrayBuffers, got ${typeof transfer}`)
  }
  if (transfer.length === 0) return send(payload)
  const { value, moved } = takeMessage(payload, transfer, () => `message ${name}`)
  movedNow = new Set(moved)
  try {
    return send(value)
  } finally {
    movedNow = undefined
  }
}

/**
 * While a message goes out, the buffers that were moved into it: nobody on this thread has them but the message, so a
 * transport may hand them over instead of copying them. Held back and sent later, it is a message like any other.
 */
export function buffersMoved(): ReadonlySet<ArrayBuffer> | undefined {
  return movedNow
}

/** A copy that shares nothing with `value` and can be changed: for state that came out of a snapshot or a message. */
export function cloneValue<Value>(value: Value): Value {
  return copy(value, new CopyWalk(value, () => 'a value', false)) as Value
}

function freeze(value: unknown, walk: FreezeWalk): void {
  if (typeof value !== 'object' || value === null) {
    if (typeof value === 'function' || typeof value === 'symbol') throw refuse(walk.root, walk.describe)
    return
  }
  if (walk.seen.has(value) || value instanceof Ref || value instanceof ReplyToken) return
  walk.seen.add(value)
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) freeze(value[index], walk)
    Object.freeze(value)
  } else if (value instanceof Map) {
    for (const [key, item] of value) {
      freeze(key, walk)
      freeze(item, walk)
    }
    freezeCollection(value, ['set', 'delete', 'clear'])
  } else if (value instanceof Set) {
    for (const item of value) freeze(item, walk)
    freezeCollection(value, ['add', 'delete', 'clear'])
  } else if (isOpaque(value)) {
    if (!(value instanceof Error || value instanceof SharedArrayBuffer || isSharedView(value))) walk.needsCopy = true
  } else {
    if (!isPlain(value)) throw refuse(walk.root, walk.describe)
    for (const key of Object.keys(value)) freeze((value as any)[key], walk)
    Object.freeze(value)
  }
}

function copy(value: unknown, walk: CopyWalk): unknown {
  if (typeof value !== 'object' || value === null) {
    if (typeof value === 'function' || typeof value === 'symbol') throw refuse(walk.root, walk.describe)
    return value
  }
  if (value instanceof Ref || value instanceof ReplyToken) return value
  const known = walk.known(value)
  if (known !== undefined) return known
  // Most are plain objects of this realm.
  if (Object.getPrototypeOf(value) === Object.prototype) return copyFields(value, walk)
  const { freezing, moves } = walk
  if (Array.isArray(value)) {
    const made = walk.remember(value, new Array(value.length))
    for (let index = 0; index < value.length; index++) if (index in value) made[index] = copy(value[index], walk)
    return freezing ? Object.freeze(made) : made
  }
  if (value instanceof Map) {
    const made = walk.remember(value, new Map())
    for (const [key, item] of value) made.set(copy(key, walk), copy(item, walk))
    return freezing ? freezeCollection(made, ['set', 'delete', 'clear']) : made
  }
  if (value instanceof Set) {
    const made = walk.remember(value, new Set())
    for (const item of value) made.add(copy(item, walk))
    return freezing ? freezeCollection(made, ['add', 'delete', 'clear']) : made
  }
  if (value instanceof SharedArrayBuffer || isSharedView(value)) return value
  if (moves !== undefined) {
    if (value instanceof ArrayBuffer && moves.buffers.has(value)) return moves.buffers.get(value)
    if (ArrayBuffer.isView(value) && moves.buffers.has(value.buffer as ArrayBuffer)) {
      return walk.remember(value, moveView(value, moves))
    }
  }
  // Structured clone would lose an error's class and code.
  if (value instanceof Error) return walk.remember(value, decodeError(encodeError(value)))
  if (isOpaque(value)) {
    return walk.remember(value, (ArrayBuffer.isView(value) ? copyOfBytes(value) : undefined) ?? structuredClone(value))
  }
  if (!isPlain(value)) throw refuse(walk.root, walk.describe)
  return copyFields(value, walk)
}

function copyFields(value: object, walk: CopyWalk): object {
  const made = walk.remember(value, {})
  for (const key of Object.keys(value)) {
    const field: unknown = (value as any)[key]
    const item = typeof field === 'number' || typeof field === 'string' ? field : copy(field, walk)
    // `__proto__` is a key like any other: defined, never assigned.
    if (key === '__proto__')
      Object.defineProperty(made, key, { value: item, enumerable: true, configurable: true, writable: true })
    else (made as any)[key] = item
  }
  return walk.freezing ? Object.freeze(made) : made
}

/** What in `value` is no data, and its place; `undefined` when all of it is. */
function unsendable(
  value: unknown,
  path: string,
  seen = new Set<object>(),
): { readonly what: unknown; readonly path: string } | undefined {
  if (typeof value !== 'object' || value === null) {
    return typeof value === 'function' || typeof value === 'symbol' ? { what: value, path } : undefined
  }
  if (seen.has(value) || value instanceof Ref || value instanceof ReplyToken) return undefined
  seen.add(value)
  if (value instanceof Map) {
    for (const [key, item] of value) {
      const found = unsendable(key, `${path}.key`, seen) ?? unsendable(item, pathOfItem(path, key), seen)
      if (found !== undefined) return found
    }
  } else if (value instanceof Set) {
    for (const item of value) {
      const found = unsendable(item, `${path}.item`, seen)
      if (found !== undefined) return found
    }
  } else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      const found = unsendable(item, `${path}[${index}]`, seen)
      if (found !== undefined) return found
    }
  } else if (!isOpaque(value)) {
    if (!isPlain(value)) return { what: value, path }
    for (const key of Object.keys(value)) {
      const found = unsendable((value as any)[key], `${path}.${key}`, seen)
      if (found !== undefined) return found
    }
  }
  return undefined
}

function pathOfItem(path: string, key: unknown): string {
  return `${path}.get(${typeof key === 'object' ? '...' : String(key)})`
}

/** True for a view on shared memory, which stays shared. */
function isSharedView(value: object): boolean {
  return ArrayBuffer.isView(value) && value.buffer instanceof SharedArrayBuffer
}

/** The same view on the buffer that took the place of its own. A view on a detached buffer no longer knows its place. */
function moveView(view: ArrayBufferView, { buffers, views }: Moves): ArrayBufferView {
  let place = views.get(view)
  if (place === undefined) {
    const length = (view as { length?: number }).length ?? view.byteLength
    place = { byteOffset: view.byteOffset, length }
    views.set(view, place)
  }
  const type = view.constructor as new (...parameters: unknown[]) => ArrayBufferView
  return new type(buffers.get(view.buffer as ArrayBuffer), place.byteOffset, place.length)
}

/**
 * A copy of plain bytes, with a buffer of their own: structured clone, which others need, is slower, and copies all that is in
 * their buffer. `undefined` for other views, and for shared memory.
 */
export function copyOfBytes(value: ArrayBufferView): Uint8Array | undefined {
  const isPlainBytes = Object.getPrototypeOf(value) === Uint8Array.prototype
  return isPlainBytes && !isSharedView(value) ? (value as Uint8Array).slice() : undefined
}

/** Values that are copied whole and looked into by nobody. */
export function isOpaque(value: object): boolean {
  return (
    ArrayBuffer.isView(value) ||
    value instanceof ArrayBuffer ||
    value instanceof SharedArrayBuffer ||
    value instanceof Date ||
    value instanceof RegExp ||
    value instanceof Error
  )
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null
}

function freezeCollection<Collection extends object>(collection: Collection, methods: string[]): Collection {
  if (Object.isFrozen(collection)) return collection
  for (const method of methods) {
    Object.defineProperty(collection, method, {
      value: () => {
        throw new TypeError(`a ${collection.constructor.name} in a message is immutable: copy it before you change it`)
      },
    })
  }
  return Object.freeze(collection)
}

/** The error for `root`, which has something in it that is no data. Its place is looked for only now. */
function refuse(root: unknown, describe: () => string): NotSendableError {
  const { what: value, path } = unsendable(root, '') ?? { what: root, path: '' }
  const what =
    typeof value === 'object'
      ? `an instance of class ${(value as object).constructor?.name ?? 'unknown'}`
      : `a ${typeof value}`
  const where = path === '' ? 'the payload' : `payload${path}`
  return new NotSendableError(
    `${describe()}: ${where} is ${what}; messages carry plain data, Map, Set, Date, errors, buffers and references`,
    { path: `payload${path}`, type: typeof value },
  )
}
