/** Whole numbers in the arguments of `init`: where they are, and arguments with one of them lowered. */

/** How deep arguments are looked into, and how many items of a list. */
const depthMax = 8
const itemsMax = 100

/** The paths of the whole numbers above 1, such as `configuration.quorums.election`. */
export function numbersIn(args: unknown): string[] {
  const paths: string[] = []
  const look = (value: unknown, path: readonly string[]) => {
    if (typeof value === 'number') {
      if (Number.isInteger(value) && value > 1 && path.length > 0) paths.push(path.join('.'))
    } else if (isBranch(value) && path.length < depthMax) {
      for (const [key, part] of Object.entries(value).slice(0, itemsMax)) look(part, [...path, key])
    }
  }
  look(args, [])
  return paths
}

/**
 * `args` with the number at `path` lowered by one; the same when there is none. `onRead` is called whenever it is read,
 * for as long as it is not copied.
 */
export function withLowered(args: unknown, path: string, onRead: () => void): unknown {
  const lower = (value: unknown, [key, ...rest]: readonly string[]): unknown => {
    if (key === undefined || !isBranch(value) || !Object.hasOwn(value, key)) return value
    const part = (value as Record<string, unknown>)[key]
    const copy: Record<string, unknown> = Array.isArray(value) ? ([...value] as any) : { ...value }
    if (rest.length > 0) {
      copy[key] = lower(part, rest)
      return copy
    }
    if (typeof part !== 'number') return value
    const get = () => {
      onRead()
      return part - 1
    }
    return Object.defineProperty(copy, key, { enumerable: true, get })
  }
  return lower(args, path.split('.'))
}

/** Plain objects and lists: what can be copied without taking something apart. */
function isBranch(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return true
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
