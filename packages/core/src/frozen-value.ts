/**
 * Freezing a message in place, so that it can be shared within one thread. What would arrive at another node as something
 * else than it is here, since nobody can freeze it or since it does not travel as it is, is found meanwhile: a message with
 * such a part is to be copied.
 */
import { Ref, ReplyToken } from './actor-ref.ts'
import { refuse, refused } from './not-sendable.ts'
import { isIndex, sparseIndices, sparseLengthMin } from './sparse-array.ts'
import { isWhole, nestingMax } from './value-kinds.ts'

/** Objects up to which a list of them is looked through; beyond, a set is made. */
const listedMax = 8
/** Arrays up to this length are looked through for keys beside the items. */
const keysLookedForMax = 16

/** One walk of {@link freeze} over a message. */
class FreezeWalk {
  /** Set when something was met that cannot be frozen, or would arrive at another node as something else. */
  needsCopy = false
  readonly #list: object[] = []
  #set: Set<object> | undefined

  /** Takes note of an object; false when it was met before. */
  isNew(value: object): boolean {
    if (this.#set !== undefined) {
      const { size } = this.#set
      return this.#set.add(value).size > size
    }
    const list = this.#list
    for (let index = 0; index < list.length; index++) if (list[index] === value) return false
    if (list.push(value) > listedMax) this.#set = new Set(list)
    return true
  }
}

/**
 * Freezes a message. Returns false when it is to be copied, see above. Throws a `NotSendableError` when something in it can be
 * no part of one.
 */
export function freezeMessage(message: object, describe: () => string): boolean {
  const walk = new FreezeWalk()
  try {
    freeze(message, walk, 1)
  } catch (error) {
    throw error === refused ? refuse(message, describe) : error
  }
  return !walk.needsCopy
}

function freeze(value: unknown, walk: FreezeWalk, depth: number): void {
  if (typeof value !== 'object' || value === null) {
    if (typeof value === 'function' || typeof value === 'symbol') throw refused
    return
  }
  if (!walk.isNew(value)) return
  const prototype: object | null = Object.getPrototypeOf(value)
  if (depth > nestingMax) throw refused
  if (prototype === Object.prototype) freezeFields(value, walk, depth)
  else if (prototype === Array.prototype && Array.isArray(value)) freezeItems(value, walk, depth)
  else if (prototype === Map.prototype) {
    for (const [key, item] of value as ReadonlyMap<unknown, unknown>) {
      freeze(key, walk, depth + 1)
      freeze(item, walk, depth + 1)
    }
    freezeCollection(noteKeys(value, walk), ['set', 'delete', 'clear'])
  } else if (prototype === Set.prototype) {
    for (const item of value as ReadonlySet<unknown>) freeze(item, walk, depth + 1)
    freezeCollection(noteKeys(value, walk), ['add', 'delete', 'clear'])
  } else if (value instanceof Ref || value instanceof ReplyToken) {
    // Between nodes it is an object with a list in it.
    if (depth === nestingMax) throw refused
  } else if (prototype === null) {
    walk.needsCopy = true
    freezeFields(value, walk, depth)
  } else if (!isWhole(value, prototype)) throw refused
  else if (!(value instanceof SharedArrayBuffer || isSharedView(value) || isFrozenError(value))) walk.needsCopy = true
}

/** Keys that a Map or a Set has beside its items stay behind. */
function noteKeys(value: object, walk: FreezeWalk): object {
  if (Object.keys(value).length > 0) walk.needsCopy = true
  return value
}

/** Symbol keys, and those that are not enumerable, are not looked for: that would take nearly as long as all the rest. */
function freezeFields(value: object, walk: FreezeWalk, depth: number): void {
  for (const key in value) {
    const property = Object.getOwnPropertyDescriptor(value, key)
    // What the prototype of all objects was given is no field of this one.
    if (property === undefined) continue
    let item: unknown = property.value
    if (item === undefined && !Object.hasOwn(property, 'value')) {
      walk.needsCopy = true
      item = (value as any)[key]
    }
    if (typeof item !== 'number' && typeof item !== 'string') freeze(item, walk, depth + 1)
  }
  Object.freeze(value)
}

function freezeItems(value: readonly unknown[], walk: FreezeWalk, depth: number): void {
  const { length } = value
  // Keys beside the items, such as those of a pattern's match, stay behind. To list those of a long array takes too long.
  if (length <= keysLookedForMax && hasOtherKeys(value)) walk.needsCopy = true
  let mayBeSparse = length >= sparseLengthMin
  for (let index = 0; index < length; index++) {
    const item = value[index]
    if (item === undefined && mayBeSparse && !(index in value)) {
      const indices = sparseIndices(value)
      mayBeSparse = false
      if (indices === undefined) continue
      for (const place of indices) if (place > index) freeze(value[place], walk, depth + 1)
      break
    }
    if (typeof item !== 'number' && typeof item !== 'string') freeze(item, walk, depth + 1)
  }
  Object.freeze(value)
}

function hasOtherKeys(value: readonly unknown[]): boolean {
  const keys = Object.keys(value)
  return keys.length > 0 && !isIndex(keys[keys.length - 1] as string)
}

/** True for an error that nobody changes any more. */
function isFrozenError(value: object): boolean {
  return value instanceof Error && Object.isFrozen(value)
}

/** True for a view on shared memory, which stays shared. */
export function isSharedView(value: object): boolean {
  return ArrayBuffer.isView(value) && value.buffer instanceof SharedArrayBuffer
}

/** Freezes a Map or a Set of a message, whose `methods` would change it. */
export function freezeCollection<Collection extends object>(collection: Collection, methods: string[]): Collection {
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
