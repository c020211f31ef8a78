/** Where two values that should be the same differ, for people to read. */
import { valueDigest } from './value-digest.ts'

/** One place. */
export interface ValueDifference {
  /** From the value to that place, as code has it: `.carts.get('a')[2]`; empty for the value itself. */
  readonly path: string
  readonly left: unknown
  readonly right: unknown
}

/** Stands for what one of two values lacks. */
export const absent = Symbol('absent')

/** How deep values are walked; what lies deeper, or leads back to itself, is compared by its digest. */
const depthMax = 32

/** The prototypes of what has parts; all else is compared by its digest. */
const walked: readonly unknown[] = [Object.prototype, Array.prototype, Map.prototype, Set.prototype]

/**
 * The first place at which two values differ as data, in the order of `left`; `undefined` when they are the same. An order of keys
 * or entries is a difference too, unless `isOrdered` says that it is none, which is told after all others of that object.
 */
export function firstDifference(
  left: unknown,
  right: unknown,
  path = '',
  depth = 0,
  isOrdered = true,
): ValueDifference | undefined {
  if (Object.is(left, right)) return undefined
  const here = { path, left, right }
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return here
  const prototype = Object.getPrototypeOf(left)
  if (prototype !== Object.getPrototypeOf(right)) return here
  if (depth >= depthMax || !walked.includes(prototype))
    return valueDigest(left) === valueDigest(right) ? undefined : here
  const [ours, theirs] = [partsOf(left), partsOf(right)]
  const others = new Map(theirs.map(({ key, value }) => [key, value]))
  for (const { key, name, value } of ours) {
    const found = others.has(key)
      ? firstDifference(value, others.get(key), path + name, depth + 1, isOrdered)
      : { path: path + name, left: value, right: absent }
    if (found !== undefined) return found
  }
  const known = new Set(ours.map(({ key }) => key))
  const more = theirs.find(({ key }) => !known.has(key))
  if (more !== undefined) return { path: path + more.name, left: absent, right: more.value }
  if (!isOrdered) return undefined
  const at = ours.findIndex(({ key }, index) => key !== theirs[index]?.key)
  return at < 0 ? undefined : { path: `${path}: key ${at} in order`, left: ours[at]?.key, right: theirs[at]?.key }
}

interface Part {
  /** Equal, as a key of a Map is, for parts that are to be compared. */
  readonly key: unknown
  /** What leads to it, in code. */
  readonly name: string
  readonly value: unknown
}

/** Objects that are keys or items are compared by their places, since each value has its own. */
function partsOf(value: object): Part[] {
  if (Array.isArray(value)) return Array.from(value, (item, index) => ({ key: index, name: `[${index}]`, value: item }))
  if (value instanceof Map) {
    return [...value].map(([key, item], index) =>
      isObject(key)
        ? { key: `entry ${index}`, name: `.entries()[${index}]`, value: [key, item] }
        : { key, name: `.get(${keyText(key)})`, value: item },
    )
  }
  if (value instanceof Set) {
    return [...value].map((item, index) => ({
      key: isObject(item) ? `item ${index}` : item,
      name: `.values()[${index}]`,
      value: item,
    }))
  }
  return Object.entries(value).map(([key, item]) => ({
    key,
    name: /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${keyText(key)}]`,
    value: item,
  }))
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null
}

function keyText(key: unknown): string {
  return typeof key === 'string' ? `'${key.replaceAll("'", "\\'")}'` : String(key)
}
