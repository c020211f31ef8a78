/** States of actors as plain data, for JSON and for people: what JSON has no word for is shown by its contents. */
import { type ActorRef, ReplyToken, refKey } from '@troupe/core'
import { Ref, sparseIndices } from '@troupe/core/host'

/** Levels of one value that are shown. */
const depthMax = 32

/** Gives the path of the actor that a reference means; `undefined` when it is not known. */
export type PathOfRef = (ref: ActorRef) => string | undefined

/**
 * `value` as plain data. A Map is the list of its pairs and a Set that of its items, as in counterexamples; a list that is
 * mostly holes is an object of what it has. A reference is the path of its actor (`/node/name`), and its key where nobody has
 * that path any more; a reply token is `reply` and its number; errors, dates, patterns and bigints are texts, bytes say how
 * many they are.
 */
export function plainValue(value: unknown, pathOf: PathOfRef): unknown {
  return plain(value, pathOf, [])
}

function plain(value: unknown, pathOf: PathOfRef, around: readonly object[]): unknown {
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'symbol') return String(value)
  if (typeof value === 'function') return value.name === '' ? '(function)' : `(function ${value.name})`
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Ref) return value.name === undefined ? (pathOf(value) ?? refKey(value)) : `/${refKey(value)}`
  if (value instanceof ReplyToken) return `reply ${value.askId}`
  if (value instanceof Error) return `${value.name}: ${value.message}`
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? String(value) : value.toISOString()
  if (value instanceof RegExp) return String(value)
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return `(${value.byteLength} bytes)`
  if (around.includes(value)) return '(one that it is in)'
  if (around.length >= depthMax) return '(more)'
  const inner = (part: unknown) => plain(part, pathOf, [...around, value])
  if (value instanceof Map) return [...value].map(([key, item]) => [inner(key), inner(item)])
  const indices = Array.isArray(value) ? sparseIndices(value) : undefined
  if (indices !== undefined) return Object.fromEntries(indices.map((index) => [index, inner((value as [])[index])]))
  if (Array.isArray(value) || value instanceof Set) return [...value].map(inner)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inner(item)]))
}
