/** Whether two values are the same data, by a walk through both: nothing is made for it. */
import { valueDigest } from './value-digest.ts'

/** How deep values are walked; what lies deeper, or leads back to itself, is compared by its digest. */
const depthMax = 32

/** True for equal data; a field that is `undefined` is as good as none. */
export function isSameValue(left: unknown, right: unknown, depth = 0): boolean {
  if (left === right) return true
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null)
    return Number.isNaN(left) && Number.isNaN(right)
  const prototype = Object.getPrototypeOf(left)
  if (prototype !== Object.getPrototypeOf(right)) return false
  if (depth >= depthMax) return valueDigest(left) === valueDigest(right)
  if (prototype === Array.prototype) return isSameList(left as readonly unknown[], right as readonly unknown[], depth)
  if (prototype !== Object.prototype) return valueDigest(left) === valueDigest(right)
  for (const key in left) {
    if (!isSameValue((left as any)[key], (right as any)[key], depth + 1)) return false
  }
  for (const key in right) {
    if ((right as any)[key] !== undefined && (left as any)[key] === undefined) return false
  }
  return true
}

function isSameList(left: readonly unknown[], right: readonly unknown[], depth: number): boolean {
  if (left.length !== right.length) return false
  for (let index = 0; index < left.length; index++) {
    if (!isSameValue(left[index], right[index], depth + 1)) return false
  }
  return true
}
