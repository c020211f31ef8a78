/** What in a message keeps it from being one, and where it is. It is looked for only when a message was refused. */
import { Ref, ReplyToken } from './actor-ref.ts'
import { NotSendableError } from './errors.ts'
import { indicesOf } from './sparse-array.ts'
import { describeInstance, isDetached, isWhole, nestingMax } from './value-kinds.ts'

/** Thrown by a walk that met what is no data. Where it is is found out when the walk is over: both may be deep. */
export const refused = new Error('what was met is no data')

/** What is no data, and its place. */
interface Unsendable {
  readonly what: string
  readonly type: string
  readonly path: string
}

/** What in `value` is no data; `undefined` when all of it is. */
export function unsendable(value: unknown, path = '', seen = new Set<object>(), depth = 1): Unsendable | undefined {
  if (typeof value !== 'object' || value === null) {
    const type = typeof value
    return type === 'function' || type === 'symbol' ? { what: `a ${type}`, type, path } : undefined
  }
  if (depth > nestingMax || seen.has(value) || value instanceof Ref || value instanceof ReplyToken) return undefined
  seen.add(value)
  const prototype: object | null = Object.getPrototypeOf(value)
  if (prototype === null || prototype === Object.prototype) {
    for (const key of Object.keys(value)) {
      const found = unsendable((value as any)[key], `${path}.${key}`, seen, depth + 1)
      if (found !== undefined) return found
    }
    return undefined
  }
  if (prototype === Array.prototype && Array.isArray(value)) {
    for (const index of indicesOf(value)) {
      const found = unsendable(value[index], `${path}[${index}]`, seen, depth + 1)
      if (found !== undefined) return found
    }
    return undefined
  }
  if (prototype === Map.prototype) {
    for (const [key, item] of value as ReadonlyMap<unknown, unknown>) {
      const found =
        unsendable(key, `${path}.key`, seen, depth + 1) ?? unsendable(item, pathOfItem(path, key), seen, depth + 1)
      if (found !== undefined) return found
    }
    return undefined
  }
  if (prototype === Set.prototype) {
    for (const item of value as ReadonlySet<unknown>) {
      const found = unsendable(item, `${path}.item`, seen, depth + 1)
      if (found !== undefined) return found
    }
    return undefined
  }
  if (!isWhole(value, prototype)) return { what: describeInstance(value), type: 'object', path }
  return isDetached(value) ? { what: 'a buffer that was moved away', type: 'object', path } : undefined
}

/** The error for `root`, which has something in it that is no data, or is nested too deeply. */
export function refuse(root: unknown, describe: () => string): NotSendableError {
  const found = unsendable(root)
  const where = found === undefined || found.path === '' ? 'the payload' : `payload${found.path}`
  const what = found?.what ?? `nested deeper than ${nestingMax.toLocaleString('en')} levels`
  return new NotSendableError(
    `${describe()}: ${where} is ${what}; messages carry plain data, Map, Set, Date, errors, buffers and references`,
    { path: `payload${found?.path ?? ''}`, type: found?.type ?? 'object' },
  )
}

function pathOfItem(path: string, key: unknown): string {
  return `${path}.get(${typeof key === 'object' ? '...' : String(key)})`
}
