/**
 * Messages are values. Within one thread a message can be shared only because nobody changes it; this module makes
 * sure (`frozen`, in development; what cannot be frozen, bytes and dates, is copied), takes a frozen copy (`copied`, as
 * crossing to another thread would), and finds what cannot be a value at all.
 */
import { Ref, ReplyToken } from './actor-ref.ts'
import { carriedKeys, carry, createError, errorHead, setCause } from './error-copy.ts'
import { ConfigurationError, NotSendableError } from './errors.ts'
import { freezeCollection, freezeMessage, isSharedView } from './frozen-value.ts'
import { refuse, refused, unsendable } from './not-sendable.ts'
import { lengthen, sparseIndices, sparseLengthMin } from './sparse-array.ts'
import { isDetached, isWhole, nestingMax, viewOn } from './value-kinds.ts'

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
    if (freezeMessage(value, describe)) return value
  }
  return copyAll(value, describe, new CopyWalk(true, undefined, nestingMax))
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

/** Objects up to which a list of them is looked through; beyond, a map is made. */
const listedMax = 8

/** Arrays above this length are not given room for all of it at once: most of it may be holes. */
const roomLengthMax = 4_096

/** One walk of {@link copy} over a value, and what it has copied so far. */
class CopyWalk {
  readonly freezing: boolean
  readonly moves: Moves | undefined
  readonly nestingMax: number
  // Most values are one object.
  #first: object | undefined
  #firstCopy: object | undefined
  #originals: object[] | undefined
  #copies: object[] | undefined
  #map: Map<object, object> | undefined

  constructor(freezing: boolean, moves?: Moves, nesting = Number.POSITIVE_INFINITY) {
    this.freezing = freezing
    this.moves = moves
    this.nestingMax = nesting
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
  if (transfer.length === 0) return { value: copyAll(value, describe, new CopyWalk(freezing)), moved: [] }
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
  copyAll(value, describe, new CopyWalk(false, moves))
  for (const [index, buffer] of transfer.entries()) buffers.set(buffer, move(buffer, index, buffers, describe))
  return { value: copyAll(value, describe, new CopyWalk(freezing, moves)), moved: [...buffers.values()] }
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
  return copyAll(value, () => 'a value', new CopyWalk(false)) as Value
}

function copyAll(value: unknown, describe: () => string, walk: CopyWalk): unknown {
  try {
    return copy(value, walk, 1)
  } catch (error) {
    throw error === refused ? refuse(value, describe) : error
  }
}

function copy(value: unknown, walk: CopyWalk, depth: number): unknown {
  if (typeof value !== 'object' || value === null) {
    if (typeof value === 'function' || typeof value === 'symbol') throw refused
    return value
  }
  if (value instanceof Ref || value instanceof ReplyToken) {
    if (depth >= walk.nestingMax) throw refused
    return value
  }
  const known = walk.known(value)
  if (known !== undefined) return known
  if (depth > walk.nestingMax) throw refused
  // Most are plain objects of this realm.
  const prototype: object | null = Object.getPrototypeOf(value)
  if (prototype === Object.prototype) return copyFields(value, walk, depth)
  const { freezing, moves } = walk
  if (prototype === Array.prototype && Array.isArray(value)) {
    const made = copyItems(value, walk, depth)
    return freezing ? Object.freeze(made) : made
  }
  if (prototype === Map.prototype) {
    const made = walk.remember(value, new Map())
    for (const [key, item] of value as ReadonlyMap<unknown, unknown>) {
      made.set(copy(key, walk, depth + 1), copy(item, walk, depth + 1))
    }
    return freezing ? freezeCollection(made, ['set', 'delete', 'clear']) : made
  }
  if (prototype === Set.prototype) {
    const made = walk.remember(value, new Set())
    for (const item of value as ReadonlySet<unknown>) made.add(copy(item, walk, depth + 1))
    return freezing ? freezeCollection(made, ['add', 'delete', 'clear']) : made
  }
  if (prototype === null) return copyFields(value, walk, depth)
  if (!isWhole(value, prototype)) throw refused
  if (value instanceof SharedArrayBuffer || isSharedView(value)) return value
  if (moves !== undefined) {
    if (value instanceof ArrayBuffer && moves.buffers.has(value)) return moves.buffers.get(value)
    if (ArrayBuffer.isView(value) && moves.buffers.has(value.buffer as ArrayBuffer)) {
      return walk.remember(value, moveView(value, moves))
    }
  }
  if (isDetached(value)) throw refused
  if (value instanceof Error) return copyError(value, walk, depth)
  return walk.remember(value, (ArrayBuffer.isView(value) ? copyOfBytes(value) : undefined) ?? structuredClone(value))
}

function copyItems(value: readonly unknown[], walk: CopyWalk, depth: number): unknown[] {
  const { length } = value
  const made: unknown[] = walk.remember(value, length > roomLengthMax ? [] : new Array(length))
  let mayBeSparse = length >= sparseLengthMin
  for (let index = 0; index < length; index++) {
    const item = value[index]
    if (typeof item === 'number' || typeof item === 'string') made[index] = item
    else if (item !== undefined || index in value) made[index] = copy(item, walk, depth + 1)
    else if (mayBeSparse) {
      const indices = sparseIndices(value)
      mayBeSparse = false
      if (indices === undefined) continue
      for (const place of indices) if (place > index) made[place] = copy(value[place], walk, depth + 1)
      break
    }
  }
  lengthen(made, length)
  return made
}

/** What an error carries never keeps it from travelling. */
function copyError(value: Error, walk: CopyWalk, depth: number): Error {
  const made = walk.remember(value, createError(errorHead(value)))
  const canTravel = (part: unknown) => unsendable(part) === undefined
  if (Object.hasOwn(value, 'cause')) {
    setCause(made, canTravel(value.cause) ? copy(value.cause, walk, depth + 1) : String(value.cause))
  }
  for (const key of carriedKeys(value)) {
    const item: unknown = (value as any)[key]
    if (canTravel(item)) carry(made, key, copy(item, walk, depth + 1))
  }
  return made
}

function copyFields(value: object, walk: CopyWalk, depth: number): object {
  const made = walk.remember(value, {})
  for (const key of Object.keys(value)) {
    const field: unknown = (value as any)[key]
    const item = typeof field === 'number' || typeof field === 'string' ? field : copy(field, walk, depth + 1)
    // `__proto__` is a key like any other: defined, never assigned.
    if (key === '__proto__')
      Object.defineProperty(made, key, { value: item, enumerable: true, configurable: true, writable: true })
    else (made as any)[key] = item
  }
  return walk.freezing ? Object.freeze(made) : made
}

/** The same view on the buffer that took the place of its own. A view on a detached buffer no longer knows its place. */
function moveView(view: ArrayBufferView, { buffers, views }: Moves): ArrayBufferView {
  let place = views.get(view)
  if (place === undefined) {
    const length = (view as { length?: number }).length ?? view.byteLength
    place = { byteOffset: view.byteOffset, length }
    views.set(view, place)
  }
  const buffer = buffers.get(view.buffer as ArrayBuffer) as ArrayBuffer
  return viewOn(buffer, view, place.byteOffset, place.length) as ArrayBufferView
}

/**
 * A copy of a view with a buffer of its own, of that part alone: structured clone is slower, and copies all that is in the
 * buffer. `undefined` for what is no view of the platform's, and for shared memory.
 */
export function copyOfBytes(view: ArrayBufferView): ArrayBufferView | undefined {
  const { byteOffset, byteLength } = view
  const buffer = view.buffer as ArrayBuffer
  if (isSharedView(view) || isDetached(view)) return undefined
  const length = (view as { length?: number }).length ?? byteLength
  return viewOn(buffer.slice(byteOffset, byteOffset + byteLength), view, 0, length)
}
