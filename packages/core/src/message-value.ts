/**
 * Messages are values. Within one thread a message can be shared only because nobody changes it; this module makes
 * sure (`frozen`, in development; what cannot be frozen, bytes and dates, is copied), takes a frozen copy (`copied`, as
 * crossing to another thread would), and finds what cannot be a value at all.
 */
import { Ref, ReplyToken } from './actor-ref.ts'
import { ConfigurationError, decodeError, encodeError, NotSendableError } from './errors.ts'

/** What a host does with a message that stays on its node. `shared` trusts the sender. */
export type MessageMode = 'shared' | 'frozen' | 'copied'

/** Prepares `value` for sending by `mode`; throws a {@link NotSendableError} that names the place in the value. */
export function prepareMessage(value: unknown, mode: MessageMode, describe: () => string): unknown {
  if (mode === 'shared' || typeof value !== 'object' || value === null) {
    if (typeof value === 'function' || typeof value === 'symbol') throw refuse(value, '', describe)
    return value
  }
  if (mode === 'frozen') {
    const walk: FreezeWalk = { seen: new Set(), describe, needsCopy: false }
    freeze(value, '', walk)
    if (!walk.needsCopy) return value
  }
  return copy(value, '', new Map(), describe)
}

/** One walk of {@link freeze} over a message. */
interface FreezeWalk {
  readonly seen: Set<object>
  readonly describe: () => string
  /** Set when something was met that cannot be frozen: bytes, dates. */
  needsCopy: boolean
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
 * be a message or a buffer cannot be moved.
 */
export function takeMessage(
  value: unknown,
  transfer: readonly ArrayBuffer[],
  describe: () => string,
  freezing = false,
): TakenMessage {
  if (transfer.length === 0) return { value: copy(value, '', new Map(), describe, freezing), moved: [] }
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
  copy(value, '', new Map(), describe, false, moves)
  for (const buffer of transfer) buffers.set(buffer, buffer.transfer())
  return { value: copy(value, '', new Map(), describe, freezing, moves), moved: [...buffers.values()] }
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
  return copy(value, '', new Map(), () => 'a value', false) as Value
}

function freeze(value: unknown, path: string, walk: FreezeWalk): void {
  if (typeof value !== 'object' || value === null) {
    if (typeof value === 'function' || typeof value === 'symbol') throw refuse(value, path, walk.describe)
    return
  }
  if (walk.seen.has(value) || value instanceof Ref || value instanceof ReplyToken) return
  walk.seen.add(value)
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) freeze(value[index], `${path}[${index}]`, walk)
    Object.freeze(value)
  } else if (value instanceof Map) {
    for (const [key, item] of value) {
      freeze(key, `${path}.key`, walk)
      freeze(item, pathOfItem(path, key), walk)
    }
    freezeCollection(value, ['set', 'delete', 'clear'])
  } else if (value instanceof Set) {
    for (const item of value) freeze(item, `${path}.item`, walk)
    freezeCollection(value, ['add', 'delete', 'clear'])
  } else if (isOpaque(value)) {
    if (!(value instanceof Error || value instanceof SharedArrayBuffer || isSharedView(value))) walk.needsCopy = true
  } else {
    if (!isPlain(value)) throw refuse(value, path, walk.describe)
    for (const key of Object.keys(value)) freeze((value as any)[key], `${path}.${key}`, walk)
    Object.freeze(value)
  }
}

function copy(
  value: unknown,
  path: string,
  copies: Map<object, object>,
  describe: () => string,
  freezing = true,
  moves?: Moves,
): unknown {
  if (typeof value !== 'object' || value === null) {
    if (typeof value === 'function' || typeof value === 'symbol') throw refuse(value, path, describe)
    return value
  }
  if (value instanceof Ref || value instanceof ReplyToken) return value
  const known = copies.get(value)
  if (known !== undefined) return known
  const remember = <Copy extends object>(made: Copy): Copy => {
    copies.set(value, made)
    return made
  }
  const inner = (item: unknown, at: string) => copy(item, at, copies, describe, freezing, moves)
  if (Array.isArray(value)) {
    const made = remember(new Array(value.length))
    for (const index of value.keys()) if (index in value) made[index] = inner(value[index], `${path}[${index}]`)
    return freezing ? Object.freeze(made) : made
  }
  if (value instanceof Map) {
    const made = remember(new Map())
    for (const [key, item] of value) made.set(inner(key, `${path}.key`), inner(item, pathOfItem(path, key)))
    return freezing ? freezeCollection(made, ['set', 'delete', 'clear']) : made
  }
  if (value instanceof Set) {
    const made = remember(new Set())
    for (const item of value) made.add(inner(item, `${path}.item`))
    return freezing ? freezeCollection(made, ['add', 'delete', 'clear']) : made
  }
  if (value instanceof SharedArrayBuffer || isSharedView(value)) return value
  if (moves !== undefined) {
    if (value instanceof ArrayBuffer && moves.buffers.has(value)) return moves.buffers.get(value)
    if (ArrayBuffer.isView(value) && moves.buffers.has(value.buffer as ArrayBuffer)) {
      return remember(moveView(value, moves))
    }
  }
  // Structured clone would lose an error's class and code.
  if (value instanceof Error) return remember(decodeError(encodeError(value)))
  if (isOpaque(value)) return remember(structuredClone(value))
  if (!isPlain(value)) throw refuse(value, path, describe)
  const made = remember({})
  for (const key of Object.keys(value)) {
    // `__proto__` is a key like any other: defined, never assigned.
    const item = inner((value as any)[key], `${path}.${key}`)
    if (key === '__proto__')
      Object.defineProperty(made, key, { value: item, enumerable: true, configurable: true, writable: true })
    else (made as any)[key] = item
  }
  return freezing ? Object.freeze(made) : made
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

function refuse(value: unknown, path: string, describe: () => string): NotSendableError {
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
