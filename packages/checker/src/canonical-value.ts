/**
 * The canonical form of a value: one string for all values that are equal, and one frozen copy that stands for them.
 * `canonical-text.ts` reads such strings.
 *
 * Two states are the same state when their canonical forms are, so keys of objects, entries of Maps and items of Sets
 * are sorted, whatever the order of insertion was. The copy is a tree in that order: between two turns an actor sees
 * the copy, not what its last turn left, so that what it does next depends on nothing that the string leaves out.
 */
import { ReplyToken } from '@troupe/core'
import { decodeError, type ErrorData, encodeError, prepareMessage, Ref, sparseIndices } from '@troupe/core/host'

/** A value's canonical form. */
export interface CanonicalValue {
  /** Equal exactly when the values are. */
  readonly key: string
  /** A copy in canonical order. It shares with the value only what was such a copy already, and frozen. */
  readonly value: unknown
}

/** Says what is wrong at `path`; the caller makes it an error that names the actor. */
export type Refuse = (path: string, what: string) => Error

/**
 * The canonical form of plain data, Map, Set, references, reply tokens and errors. Throws what `refuse` makes for anything
 * else: functions, symbols, class instances, cycles, arrays that are mostly holes. Of an error it has what travels between nodes, but not the stack. `path` is the name of the value itself in that error.
 */
export function canonicalValue(value: unknown, path: string, refuse: Refuse): CanonicalValue {
  return walk(value, path, [], refuse)
}

/** The key alone: of what is no object, or a plain one that holds no other, as inputs and outputs of operations mostly are, without a copy. */
export function canonicalKey(value: unknown, path: string, refuse: Refuse): string {
  if (typeof value !== 'object' || value === null) return leafKey(value, path, refuse)
  return flatKey(value, path, refuse) ?? canonicalValue(value, path, refuse).key
}

function flatKey(value: object, path: string, refuse: Refuse): string | undefined {
  if (Object.getPrototypeOf(value) !== Object.prototype) return undefined
  const names = sortedNames(value)
  let fields = ''
  for (let index = 0; index < names.length; index++) {
    const name = names[index] as string
    const item: unknown = (value as Record<string, unknown>)[name]
    if (typeof item === 'object' && item !== null) return undefined
    if (typeof item === 'function' || typeof item === 'symbol') throw refuse(`${path}.${name}`, `a ${typeof item}`)
    fields += `${index === 0 ? '' : ','}${quoted(name)}:${leafKey(item, path, refuse)}`
  }
  return `{${fields}}`
}

/** The names of an object's fields in their order, in which a literal mostly has them already, or nearly. */
function sortedNames(value: object): string[] {
  const names = Object.keys(value)
  if (names.length > insertedMax) return names.sort()
  for (let index = 1; index < names.length; index++) {
    const name = names[index] as string
    let place = index
    for (; place > 0 && (names[place - 1] as string) > name; place--) names[place] = names[place - 1] as string
    names[place] = name
  }
  return names
}

/** Names up to which each is put into its place, which takes less than a sort that asks for a comparison. */
const insertedMax = 16

/** What `JSON.stringify` makes of a text, which takes several times as long for the short ones that keys are made of. */
function quoted(text: string): string {
  if (text.length > quotedMax) return JSON.stringify(text)
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index)
    if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c) return JSON.stringify(text)
  }
  return `"${text}"`
}

/** Characters of a text that is looked through here. */
const quotedMax = 64

/** The same value, deeply frozen: Maps and Sets too. */
export function frozen(value: unknown): unknown {
  return prepareMessage(value, 'frozen', () => 'a checked value')
}

/** The keys of copies that were made here, which say themselves once they are frozen: what did not change is not walked again. */
const keys = new WeakMap<object, string>()

function walk(value: unknown, path: string, ancestors: object[], refuse: Refuse): CanonicalValue {
  if (typeof value !== 'object' || value === null) return { key: leafKey(value, path, refuse), value }
  if (value instanceof Ref) return { key: refText(value), value }
  if (value instanceof ReplyToken) {
    return { key: `!${JSON.stringify([value.node, value.epoch, value.askId])}`, value }
  }
  const known = keys.get(value)
  if (known !== undefined && Object.isFrozen(value)) return { key: known, value }
  if (ancestors.includes(value)) throw refuse(path, 'part of itself')
  ancestors.push(value)
  const form = walkObject(value, path, ancestors, refuse)
  ancestors.pop()
  keys.set(form.value as object, form.key)
  return form
}

function walkObject(value: object, path: string, ancestors: object[], refuse: Refuse): CanonicalValue {
  const inner = (item: unknown, at: string) => walk(item, at, ancestors, refuse)
  if (value instanceof Error) {
    const { key, value: data } = inner(withoutStack(encodeError(value)), path)
    return { key: `E${key}`, value: errorOfData(data) }
  }
  if (Array.isArray(value)) {
    if (sparseIndices(value) !== undefined) throw refuse(path, 'an array that is mostly holes')
    // `Array.from` sees a hole as undefined: the two are one state.
    const items = Array.from(value, (item, index) => inner(item, `${path}[${index}]`))
    return { key: `[${items.map(keyOf).join()}]`, value: items.map(copyOf) }
  }
  if (value instanceof Map) {
    const entries = Array.from(value, ([key, item]) => {
      const keyForm = inner(key, `${path}.key`)
      const form = inner(item, `${path}.get(${keyForm.key})`)
      return { key: `${keyForm.key}:${form.key}`, entry: [keyForm.value, form.value] as const }
    }).sort(byKey)
    return { key: `M{${entries.map(keyOf).join()}}`, value: new Map(entries.map(({ entry }) => entry)) }
  }
  if (value instanceof Set) {
    const items = Array.from(value, (item) => inner(item, `${path}.item`)).sort(byKey)
    return { key: `S{${items.map(keyOf).join()}}`, value: new Set(items.map(copyOf)) }
  }
  if (!isPlain(value)) throw refuse(path, `an instance of class ${value.constructor?.name ?? 'unknown'}`)
  const entries = Object.keys(value)
    .sort()
    .map((key) => ({ key, form: inner((value as Record<string, unknown>)[key], `${path}.${key}`) }))
  return {
    key: `{${entries.map((entry) => `${JSON.stringify(entry.key)}:${entry.form.key}`).join()}}`,
    value: Object.fromEntries(entries.map((entry) => [entry.key, entry.form.value])),
  }
}

/** The error that canonical `data` stands for, frozen, with a stack that says nothing of this run. */
export function errorOfData(data: unknown): Error {
  const error = decodeError(data as ErrorData)
  error.stack = `${error.name}: ${error.message}`
  return Object.freeze(error)
}

function withoutStack({ stack, cause, ...data }: ErrorData): ErrorData {
  return cause === undefined ? data : { ...data, cause: withoutStack(cause) }
}

/** A named reference by node and name, any other by all that it is. */
function refText({ node, epoch, slot, incarnation, name }: Ref): string {
  return `@${JSON.stringify(name === undefined ? [node, epoch, slot, incarnation] : [node, name])}`
}

function leafKey(value: unknown, path: string, refuse: Refuse): string {
  switch (typeof value) {
    case 'string':
      return quoted(value)
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value)
    case 'bigint':
      return `${value}n`
    case 'function':
    case 'symbol':
      throw refuse(path, `a ${typeof value}`)
    default:
      return String(value)
  }
}

/** An object literal, of this realm or another, or an object without a prototype. */
export function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

const keyOf = (form: { key: string }) => form.key
const copyOf = (form: CanonicalValue) => form.value
const byKey = (left: { key: string }, right: { key: string }) =>
  left.key < right.key ? -1 : left.key > right.key ? 1 : 0
