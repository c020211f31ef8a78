/**
 * Values as bytes, for the journal: MessagePack by msgpackr, objects as records (plain MessagePack maps would make
 * every `Map` an object), with its structured-clone extensions (Set, typed arrays, cycles) and two of ours, for
 * references and reply tokens. What msgpackr would change without a word stands in the bytes as a stand-in: negative
 * zero, lone surrogates, `__proto__` as a key, arrays with holes, boxed primitives, and errors, which keep class, code and facts.
 */
import { addExtension, Packr } from 'msgpackr/pack'
import { Ref, ReplyToken } from './actor-ref.ts'
import { decodeError, type ErrorData, encodeError } from './errors.ts'
import { SeenObjects } from './seen-objects.ts'
import { indicesOf, lengthen } from './sparse-array.ts'
import { unusual, ValueDecoder } from './value-decoder.ts'
import { ValueEncoder } from './value-encoder.ts'
import { refExtension, replyTokenExtension, type ValueExtension } from './value-extensions.ts'
import { isBoxed, isOpaque } from './value-kinds.ts'

/** What msgpackr would not give back as it was; the number says what of. */
class StandIn {
  readonly of: StandInKind
  readonly plain: unknown

  constructor(of: StandInKind, plain: unknown) {
    this.of = of
    this.plain = plain
  }
}

const StandInKind = { negativeZero: 0, text: 1, entries: 2, error: 3, holes: 4, boxed: 5 } as const
type StandInKind = (typeof StandInKind)[keyof typeof StandInKind]

const standInExtension: ValueExtension<StandIn> = {
  class: StandIn,
  type: 0x33,
  write: ({ of, plain }) => [of, plain],
  read: ([of, plain]) => original(of, plain) as StandIn,
}

for (const extension of [refExtension, replyTokenExtension, standInExtension]) {
  const { class: Class, type, write, read } = extension as ValueExtension<unknown>
  addExtension({ Class, type, write, read } as unknown as Parameters<typeof addExtension>[0])
}

const packr = new Packr({ useRecords: true, structuredClone: true, moreTypes: true, useToJSON: false })

/** Writes what most values are made of, in the same bytes; and reads it. */
const encoder = new ValueEncoder()
const decoder = new ValueDecoder()

/** `value` as bytes of its own. Throws for what is no data, such as a symbol. */
export function encodeValue(value: unknown): Uint8Array {
  return new Uint8Array(encodeShared(value))
}

/** {@link encodeValue} in a part of a buffer that other values are in too: nobody may change the bytes, or move the buffer. */
export function encodeShared(value: unknown): Uint8Array {
  return encoder.encode(value) ?? packr.pack(new OddWalk().isOdd(value) ? withStandIns(value, new Map()) : value)
}

/** The value that {@link encodeValue} was given. */
export function decodeValue(bytes: Uint8Array): unknown {
  const value = decoder.decode(bytes)
  return value === unusual ? packr.unpack(bytes) : value
}

/** A walk over one value. */
class OddWalk {
  readonly #seen = new SeenObjects()

  isOdd(value: unknown): boolean {
    if (typeof value === 'string') return !value.isWellFormed()
    if (typeof value === 'number') return Object.is(value, -0)
    if (typeof value !== 'object' || value === null || this.#seen.meets(value)) return false
    if (Array.isArray(value)) {
      for (let index = 0; index < value.length; index++) {
        const item = value[index]
        if (item === undefined ? !(index in value) : this.isOdd(item)) return true
      }
      return false
    }
    // Most are plain objects of this realm.
    if (Object.getPrototypeOf(value) !== Object.prototype) {
      if (value instanceof Error) return true
      if (value instanceof Map) {
        for (const [key, item] of value) if (this.isOdd(key) || this.isOdd(item)) return true
        return false
      }
      if (value instanceof Set) {
        for (const item of value) if (this.isOdd(item)) return true
        return false
      }
      if (isLeaf(value)) return false
      if (isBoxed(value)) return true
    }
    for (const key in value) {
      if (Object.hasOwn(value, key) && (isOddKey(key) || this.isOdd((value as any)[key]))) return true
    }
    return false
  }
}

/** `__proto__` would be renamed by msgpackr, and `__keys__` is a word of its own. */
function isOddKey(key: string): boolean {
  return key === '__proto__' || key === '__keys__' || !key.isWellFormed()
}

function withStandIns(value: unknown, copies: Map<object, object>): unknown {
  const inner = (item: unknown) => withStandIns(item, copies)
  if (typeof value === 'string') return value.isWellFormed() ? value : new StandIn(StandInKind.text, codeUnits(value))
  if (Object.is(value, -0)) return new StandIn(StandInKind.negativeZero, 0)
  if (typeof value !== 'object' || value === null) return value
  const known = copies.get(value)
  if (known !== undefined) return known
  const remember = <Copy extends object>(copy: Copy): Copy => {
    copies.set(value, copy)
    return copy
  }
  if (value instanceof Error) return remember(new StandIn(StandInKind.error, inner(encodeError(value))))
  if (isLeaf(value)) return value
  if (isBoxed(value)) return remember(new StandIn(StandInKind.boxed, inner(value.valueOf())))
  if (Array.isArray(value)) {
    const indices = indicesOf(value)
    if (indices.length < value.length) {
      const items: unknown[] = []
      const standIn = remember(new StandIn(StandInKind.holes, [value.length, indices, items]))
      for (const index of indices) items.push(inner(value[index]))
      return standIn
    }
    const copy: unknown[] = remember([])
    for (const item of value) copy.push(inner(item))
    return copy
  }
  if (value instanceof Map) {
    const copy = remember(new Map())
    for (const [key, item] of value) copy.set(inner(key), inner(item))
    return copy
  }
  if (value instanceof Set) {
    const copy = remember(new Set())
    for (const item of value) copy.add(inner(item))
    return copy
  }
  const keys = Object.keys(value)
  if (keys.some(isOddKey)) {
    const entries: unknown[] = []
    const standIn = remember(new StandIn(StandInKind.entries, entries))
    for (const key of keys) entries.push([inner(key), inner((value as any)[key])])
    return standIn
  }
  const copy: Record<string, unknown> = remember({})
  for (const key of keys) copy[key] = inner((value as any)[key])
  return copy
}

function original(of: StandInKind, plain: unknown): unknown {
  switch (of) {
    case StandInKind.negativeZero:
      return -0
    case StandInKind.text:
      return (plain as number[]).map((unit) => String.fromCharCode(unit)).join('')
    case StandInKind.entries:
      // `fromEntries` defines: a key called `__proto__` stays a key.
      return Object.fromEntries(plain as [string, unknown][])
    case StandInKind.error:
      return decodeError(plain as ErrorData)
    case StandInKind.holes:
      return arrayWithHoles(plain as [number, number[], unknown[]])
    case StandInKind.boxed:
      return Object(plain)
  }
}

function arrayWithHoles([length, indices, items]: [number, number[], unknown[]]): unknown[] {
  const array: unknown[] = []
  for (const [at, index] of indices.entries()) array[index] = items[at]
  lengthen(array, length)
  return array
}

function codeUnits(text: string): number[] {
  return Array.from({ length: text.length }, (_, index) => text.charCodeAt(index))
}

function isLeaf(value: object): boolean {
  return value instanceof Ref || value instanceof ReplyToken || isOpaque(value)
}
