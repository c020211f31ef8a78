/**
 * Messages are values. Within one thread a message can be shared only because nobody changes it; this module makes
 * sure (`frozen`, in development), takes a frozen copy (`copied`, as crossing to another thread would), and finds what
 * cannot be a value at all.
 */
import { Ref, ReplyToken } from './actor-ref.ts'
import { NotSendableError } from './errors.ts'

/** What a host does with a message that stays on its node. `shared` trusts the sender. */
export type MessageMode = 'shared' | 'frozen' | 'copied'

/** Prepares `value` for sending by `mode`; throws a {@link NotSendableError} that names the place in the value. */
export function prepareMessage(value: unknown, mode: MessageMode, describe: () => string): unknown {
  if (mode === 'shared' || typeof value !== 'object' || value === null) {
    if (typeof value === 'function' || typeof value === 'symbol') throw refuse(value, '', describe)
    return value
  }
  return mode === 'frozen' ? freeze(value, '', new Set(), describe) : copy(value, '', new Map(), describe)
}

/** A copy that shares nothing with `value` and can be changed: for state that came out of a snapshot or a message. */
export function cloneValue<Value>(value: Value): Value {
  return copy(value, '', new Map(), () => 'a value', false) as Value
}

function freeze(value: unknown, path: string, seen: Set<object>, describe: () => string): unknown {
  if (typeof value !== 'object' || value === null) {
    if (typeof value === 'function' || typeof value === 'symbol') throw refuse(value, path, describe)
    return value
  }
  if (seen.has(value) || value instanceof Ref || value instanceof ReplyToken) return value
  seen.add(value)
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) freeze(value[index], `${path}[${index}]`, seen, describe)
    return Object.freeze(value)
  }
  if (value instanceof Map) {
    for (const [key, item] of value) {
      freeze(key, `${path}.key`, seen, describe)
      freeze(item, `${path}.get(${String(key)})`, seen, describe)
    }
    return freezeCollection(value, ['set', 'delete', 'clear'])
  }
  if (value instanceof Set) {
    for (const item of value) freeze(item, `${path}.item`, seen, describe)
    return freezeCollection(value, ['add', 'delete', 'clear'])
  }
  if (isOpaque(value)) return value
  if (!isPlain(value)) throw refuse(value, path, describe)
  for (const key of Object.keys(value)) freeze((value as any)[key], `${path}.${key}`, seen, describe)
  return Object.freeze(value)
}

function copy(
  value: unknown,
  path: string,
  copies: Map<object, object>,
  describe: () => string,
  freezing = true,
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
  const inner = (item: unknown, at: string) => copy(item, at, copies, describe, freezing)
  if (Array.isArray(value)) {
    const made = remember(new Array(value.length))
    for (const index of value.keys()) if (index in value) made[index] = inner(value[index], `${path}[${index}]`)
    return freezing ? Object.freeze(made) : made
  }
  if (value instanceof Map) {
    const made = remember(new Map())
    for (const [key, item] of value) made.set(inner(key, `${path}.key`), inner(item, `${path}.get(${String(key)})`))
    return freezing ? freezeCollection(made, ['set', 'delete', 'clear']) : made
  }
  if (value instanceof Set) {
    const made = remember(new Set())
    for (const item of value) made.add(inner(item, `${path}.item`))
    return freezing ? freezeCollection(made, ['add', 'delete', 'clear']) : made
  }
  if (value instanceof SharedArrayBuffer) return value
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

/** Values that are copied whole and looked into by nobody. */
function isOpaque(value: object): boolean {
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
