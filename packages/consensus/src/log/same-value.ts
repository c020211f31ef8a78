/** Whether two values are the same data, by a walk through both: nothing is made for it. */
import { valueDigest } from './value-digest.ts'

/** How deep values are walked; what lies deeper, or leads back to itself, is compared by its digest. */
const depthMax = 32

/** True for equal data; a field that is `undefined` is as good as none. */
export function isSameValue(left: unknown, right: unknown, depth = 0): boolean {
  if (left === right) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null)
    return Number.isNaN(left) && Number.isNaN(right)
  if (depth >= depthMax) return isSameDigest(left, right)
  // What an object is, the constructor says that it inherits, faster than its prototype: data has no function of its own.
  if (left.constructor === Object && right.constructor === Object) return isSameFields(left, right, depth)
  if (left.constructor === Array && right.constructor === Array)
    return isSameList(left as readonly unknown[], right as readonly unknown[], depth)
  if (Object.getPrototypeOf(left) === Object.prototype && Object.getPrototypeOf(right) === Object.prototype)
    return isSameFields(left, right, depth)
  return isSameDigest(left, right)
}

function isSameDigest(left: object, right: object): boolean {
  return Object.getPrototypeOf(left) === Object.getPrototypeOf(right) && valueDigest(left) === valueDigest(right)
}

/** A field of one that is the same in the other is defined in both: none is left over where there are as many. */
function isSameFields(left: object, right: object, depth: number): boolean {
  let more = 0
  for (const key in left) {
    const field: unknown = (left as any)[key]
    if (!isSameValue(field, (right as any)[key], depth + 1)) return false
    if (field !== undefined) more++
  }
  for (const key in right) if ((right as any)[key] !== undefined) more--
  return more === 0
}

function isSameList(left: readonly unknown[], right: readonly unknown[], depth: number): boolean {
  if (left.length !== right.length) return false
  for (let index = 0; index < left.length; index++) {
    if (!isSameValue(left[index], right[index], depth + 1)) return false
  }
  return true
}
