/**
 * What may travel, and by which way: one walk over each message, before anything is written.
 *
 * The walk answers one of three things. `plain`: msgpack carries the value without loss. `aside`: it is data, but
 * msgpack would change it (negative zero, lone surrogates, `__proto__` as a key, sparse arrays, cycles and repeated
 * references, errors), so structured clone must carry it. `refused`: it is not data. Small plain messages are the
 * common case, so the walk keeps no path, allocates nothing and remembers the objects met in a short list; only when
 * a value is refused, {@link explainRefusal} walks again to say where and why.
 */
import { isProxy } from 'node:util/types'
import { EncodeError } from './errors.ts'
import { extensionOf } from './extension.ts'

/** The way a value can go; the worst of its parts decides. */
export const Route = { plain: 0, aside: 1, refused: 2 } as const
export type Route = (typeof Route)[keyof typeof Route]

/** Keys that msgpack records confuse with their own machinery. */
const PROTO_KEY = '__proto__'
const RECORD_KEYS_KEY = '__keys__'
/** Objects with more keys than this are dictionaries; a record definition for each would be wasted. */
const RECORD_KEY_COUNT_MAX = 64
/** Values nested deeper than this go aside, where the recursion is native and its overflow an ordinary error. */
const PLAIN_DEPTH_MAX = 128
/** Up to this length a loop over a string is cheaper than a call into the engine. */
const SHORT_TEXT_MAX = 24
/** Objects remembered in a list before a set is worth its allocation. */
const SEEN_LIST_MAX = 24

/** What structured clone and msgpack both know, by prototype. */
const PLAIN_BINARY = new Set<object>(
  // biome-ignore format: a list
  [Int8Array, Uint8Array, Uint8ClampedArray, Int16Array, Uint16Array, Int32Array, Uint32Array, Float32Array, Float64Array,
    BigInt64Array, BigUint64Array, ArrayBuffer, DataView, Buffer].map((type) => type.prototype),
)
/** What only structured clone knows: shared memory, boxed primitives, regular expressions, and typed arrays newer than msgpack's list. */
const ASIDE_PROTOTYPES = new Set<object>([
  SharedArrayBuffer.prototype,
  RegExp.prototype,
  Boolean.prototype,
  Number.prototype,
  String.prototype,
])
ASIDE_PROTOTYPES.add(BigInt.prototype)
const float16Array = (globalThis as { Float16Array?: { prototype: object } }).Float16Array
if (float16Array !== undefined) ASIDE_PROTOTYPES.add(float16Array.prototype)

/** The objects of the walk under way: the first `seenCount` of a list that keeps its length, then the set as well. */
const seenList: (object | undefined)[] = new Array(SEEN_LIST_MAX).fill(undefined)
let seenCount = 0
let seenSet: Set<object> | undefined

/** Which way `value` can go. */
export function routeOf(value: unknown): Route {
  try {
    return route(value, 0)
  } finally {
    while (seenCount > 0) seenList[--seenCount] = undefined
    seenSet = undefined
  }
}

function route(value: unknown, depth: number): Route {
  switch (typeof value) {
    case 'string':
      return isWellFormed(value) ? Route.plain : Route.aside
    case 'number':
      return value === 0 && 1 / value < 0 ? Route.aside : Route.plain
    case 'boolean':
    case 'undefined':
    case 'bigint':
      return Route.plain
    case 'object':
      return value === null ? Route.plain : routeOfObject(value, depth)
    default:
      return Route.refused
  }
}

function routeOfObject(value: object, depth: number): Route {
  const prototype = Object.getPrototypeOf(value)
  const deep: Route = depth > PLAIN_DEPTH_MAX ? Route.aside : Route.plain
  if (prototype === Object.prototype || prototype === null)
    return seen(value) ? Route.aside : worse(deep, routeOfFields(value, depth))
  if (prototype === Array.prototype && Array.isArray(value))
    return seen(value) ? Route.aside : worse(deep, routeOfArray(value, depth))
  // Registered instances are values without identity, such as references: meeting one twice means nothing.
  if (extensionOf(prototype) !== undefined) return Route.plain
  if (seen(value)) return Route.aside
  if (prototype === Map.prototype) {
    let result: Route = deep
    for (const [key, item] of value as Map<unknown, unknown>) {
      result = worse(result, worse(route(key, depth + 1), route(item, depth + 1)))
      if (result === Route.refused) break
    }
    return result
  }
  if (prototype === Set.prototype) {
    let result: Route = deep
    for (const item of value as Set<unknown>) {
      result = worse(result, route(item, depth + 1))
      if (result === Route.refused) break
    }
    return result
  }
  if (prototype === Date.prototype) return isProxy(value) ? Route.refused : Route.plain
  if (PLAIN_BINARY.has(prototype)) {
    if (isProxy(value)) return Route.refused
    return ArrayBuffer.isView(value) && value.buffer instanceof SharedArrayBuffer ? Route.aside : Route.plain
  }
  // What an error carries never keeps it from travelling: see `portable.ts`.
  if (ASIDE_PROTOTYPES.has(prototype) || value instanceof Error) return isProxy(value) ? Route.refused : Route.aside
  return Route.refused
}

function routeOfFields(value: object, depth: number): Route {
  let result: Route = Route.plain
  let count = 0
  for (const key in value) {
    const item = (value as Record<string, unknown>)[key]
    count++
    if (key === PROTO_KEY || key === RECORD_KEYS_KEY || !isWellFormed(key)) result = worse(result, Route.aside)
    const itemRoute = route(item, depth + 1)
    if (itemRoute !== Route.plain) {
      if (itemRoute === Route.refused) return Route.refused
      result = Route.aside
    }
  }
  return count > RECORD_KEY_COUNT_MAX ? Route.aside : result
}

function routeOfArray(value: unknown[], depth: number): Route {
  let result: Route = Route.plain
  for (let i = 0; i < value.length; i++) {
    const item = value[i]
    // A hole: go on by the keys that exist, since the length says nothing about how many there are.
    if (item === undefined && !Object.hasOwn(value, i)) return worse(Route.aside, routeOfFields(value, depth))
    const itemRoute = route(item, depth + 1)
    if (itemRoute !== Route.plain) {
      if (itemRoute === Route.refused) return Route.refused
      result = Route.aside
    }
  }
  return result
}

/** `String.prototype.isWellFormed`, without the call for short strings that have no surrogates at all. */
function isWellFormed(text: string): boolean {
  const length = text.length
  if (length > SHORT_TEXT_MAX) return text.isWellFormed()
  for (let i = 0; i < length; i++) if ((text.charCodeAt(i) & 0xf800) === 0xd800) return text.isWellFormed()
  return true
}

function worse(left: Route, right: Route): Route {
  return left > right ? left : right
}

/** True when the walk has met this object before. */
function seen(value: object): boolean {
  for (let i = 0; i < seenCount; i++) if (seenList[i] === value) return true
  if (seenCount < SEEN_LIST_MAX) {
    seenList[seenCount++] = value
    return false
  }
  seenSet ??= new Set()
  if (seenSet.has(value)) return true
  seenSet.add(value)
  return false
}

/** The error for a value that {@link routeOf} refused: names the first part that is not data. */
export function explainRefusal(value: unknown): EncodeError {
  return findRefused(value, 'payload', new Set()) ?? new EncodeError('payload', 'changed while it was being sent')
}

function findRefused(value: unknown, path: string, visited: Set<object>): EncodeError | undefined {
  if (typeof value === 'function' || typeof value === 'symbol') return new EncodeError(path, `is a ${typeof value}`)
  if (typeof value !== 'object' || value === null || visited.has(value)) return undefined
  visited.add(value)
  const prototype = Object.getPrototypeOf(value)
  if (prototype === Map.prototype) {
    let index = 0
    for (const [key, item] of value as Map<unknown, unknown>) {
      const itemPath =
        typeof key === 'string' ? `${path}.get(${JSON.stringify(key)})` : `${path}.entries()[${index}][1]`
      const found = findRefused(key, `${path}.keys()[${index}]`, visited) ?? findRefused(item, itemPath, visited)
      if (found !== undefined) return found
      index++
    }
    return undefined
  }
  if (prototype === Set.prototype) {
    let index = 0
    for (const item of value as Set<unknown>) {
      const found = findRefused(item, `${path}.values()[${index++}]`, visited)
      if (found !== undefined) return found
    }
    return undefined
  }
  if (prototype === Object.prototype || prototype === null || prototype === Array.prototype) {
    for (const key of Object.keys(value)) {
      const found = findRefused((value as Record<string, unknown>)[key], memberPath(path, key, value), visited)
      if (found !== undefined) return found
    }
    return undefined
  }
  if (routeOf(value) !== Route.refused) return undefined
  return new EncodeError(path, `is ${describeInstance(value, prototype)}, which is not a value that can be sent`)
}

function memberPath(path: string, key: string, owner: object): string {
  if (Array.isArray(owner) && /^\d+$/.test(key)) return `${path}[${key}]`
  return /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`
}

function describeInstance(value: object, prototype: { constructor?: { name?: unknown } }): string {
  if (isProxy(value)) return 'a Proxy'
  const name = prototype.constructor?.name
  return typeof name === 'string' && name !== '' ? `an instance of ${name}` : 'an object with a prototype of its own'
}
