/** Values that are to be stored: whether all in them is data, looked at without copying any of it. */
import { Ref, ReplyToken } from './actor-ref.ts'
import { refuse } from './not-sendable.ts'
import { SeenObjects } from './seen-objects.ts'
import { indicesOf, sparseLengthMin } from './sparse-array.ts'
import { isDetached, isWhole } from './value-kinds.ts'

/**
 * Throws a `NotSendableError` that names the place of what is no data in `value`, however deep. Nothing is copied: for what is
 * stored soon, whose bytes would leave out a function and the class of an instance without a word.
 */
export function requireData(value: unknown, describe: () => string): void {
  if (!new DataWalk().isData(value)) throw refuse(value, describe)
}

/** A walk over one value. */
class DataWalk {
  readonly #seen = new SeenObjects()

  isData(value: unknown): boolean {
    if (typeof value !== 'object' || value === null) return typeof value !== 'function' && typeof value !== 'symbol'
    if (this.#seen.meets(value)) return true
    const prototype: object | null = Object.getPrototypeOf(value)
    if (prototype === Object.prototype || prototype === null) {
      for (const key in value) if (Object.hasOwn(value, key) && !this.isData((value as any)[key])) return false
      return true
    }
    if (prototype === Array.prototype && Array.isArray(value)) {
      return this.#areData(value)
    }
    if (prototype === Map.prototype) {
      for (const [key, item] of value as ReadonlyMap<unknown, unknown>)
        if (!this.isData(key) || !this.isData(item)) return false
      return true
    }
    if (prototype === Set.prototype) {
      for (const item of value as ReadonlySet<unknown>) if (!this.isData(item)) return false
      return true
    }
    if (value instanceof Ref || value instanceof ReplyToken) return true
    return isWhole(value, prototype) && !isDetached(value)
  }

  #areData(items: readonly unknown[]): boolean {
    const { length } = items
    for (let index = 0; index < length; index++) {
      const item = items[index]
      if (item === undefined && length >= sparseLengthMin && !(index in items)) {
        for (const place of indicesOf(items)) if (place > index && !this.isData(items[place])) return false
        return true
      }
      if (typeof item !== 'number' && typeof item !== 'string' && !this.isData(item)) return false
    }
    return true
  }
}
