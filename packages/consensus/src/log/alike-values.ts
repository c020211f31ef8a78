/**
 * Whether two values are the same data in the same order of keys and entries, by a walk through both: what their digests say, and
 * faster, since most of what is compared are texts and numbers that are one and the same.
 */
import { valueDigest } from './value-digest.ts'

type AnyMap = ReadonlyMap<unknown, unknown>
type List = readonly unknown[]
type Items = ReadonlySet<unknown>

/** How deep values are walked; what lies deeper, or leads back to itself, is compared by its digest. */
const depthMax = 32

/** True exactly where the digests are equal: of a field that is `undefined` and none, too, and of the two zeros, one is not the other. */
export function isAlike(left: unknown, right: unknown, depth = 0): boolean {
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null)
    return Object.is(left, right)
  // What an object is, the constructor says that it inherits, faster than its prototype: data has no function of its own.
  const kind = left.constructor
  if (kind === right.constructor && depth < depthMax) {
    if (kind === Map) return isAlikeMap(left as AnyMap, right as AnyMap, depth)
    if (kind === Object) return isAlikeFields(left, right, depth)
    if (kind === Array) return isAlikeList(left as List, right as List, depth)
    if (kind === Set) return isAlikeList([...(left as Items)], [...(right as Items)], depth)
  }
  return valueDigest(left) === valueDigest(right)
}

function isAlikeMap(left: AnyMap, right: AnyMap, depth: number): boolean {
  if (left.size !== right.size) return false
  const keys = right.keys()
  const values = right.values()
  for (const [key, value] of left) {
    if (!isAlike(key, keys.next().value, depth + 1)) return false
    if (!isAlike(value, values.next().value, depth + 1)) return false
  }
  return true
}

function isAlikeFields(left: object, right: object, depth: number): boolean {
  const keys = Object.keys(right)
  let count = 0
  for (const key in left) {
    if (key !== keys[count++]) return false
    if (!isAlike((left as any)[key], (right as any)[key], depth + 1)) return false
  }
  return count === keys.length
}

function isAlikeList(left: List, right: List, depth: number): boolean {
  if (left.length !== right.length) return false
  for (let index = 0; index < left.length; index++) if (!isAlike(left[index], right[index], depth + 1)) return false
  return true
}
