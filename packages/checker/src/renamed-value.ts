/** A value with ids renamed: strings that are ids, also as keys of objects, and references to actors of such names. */
import { ReplyToken } from '@troupe/core'
import { Ref } from '@troupe/core/host'
import type { Renaming } from './symmetry.ts'

/** `value` is in canonical form: plain data, Map, Set and references. */
export function renamedValue(value: unknown, renaming: Renaming): unknown {
  if (typeof value === 'string') return renaming.names.get(value) ?? value
  if (typeof value !== 'object' || value === null) return value
  const inner = (item: unknown) => renamedValue(item, renaming)
  if (value instanceof Ref) return renaming.ref === undefined ? value : renaming.ref(value)
  if (value instanceof ReplyToken) return renaming.token === undefined ? value : renaming.token(value)
  if (Array.isArray(value)) return value.map(inner)
  if (value instanceof Set) return new Set(Array.from(value, inner))
  const isMap = value instanceof Map
  if (!isMap && Object.getPrototypeOf(value) !== Object.prototype) return value
  const entries = (isMap ? [...value] : Object.entries(value)).map(([key, item]) => [inner(key), inner(item)] as const)
  // A view gives several keys one name: their entries stay, as a set of pairs.
  if (renaming.isView) return new Set(entries)
  return isMap ? new Map(entries) : Object.fromEntries(entries)
}
