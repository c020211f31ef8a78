/**
 * The bytes of a message, as `message-writer.ts` writes them and `message-reader.ts` reads them.
 *
 * ```text
 *   message: | flags | value |            and beside it, in order: bulk bytes (in the same frame), handles (on the port)
 *   value:   | tag | what the tag says |
 * ```
 *
 * Numbers are little-endian. A `count` is one byte up to 251; 252 announces four bytes more. Objects are numbered in the
 * order in which their tags come, from 0, so that a second place can name the first one. Two things are remembered from
 * message to message, in tables of fixed size that both ends keep in step because each entry is defined in the bytes: the
 * short texts, and the shapes (which keys an object has, in which order).
 */

import { nestingMax, viewTypes as platformViews, type ViewType } from '@troupe/core/host'

/** The tag of a value. Below 0x80 the tag is the number itself. */
export const Tag = {
  /** Four tags: a text of the table, whose slot is the two low bits and the next byte. */
  text: 0x80,
  /** Four tags: the same, and the text behind it is what the slot holds from now on. */
  newText: 0x84,
  /** Count and bytes, each a code unit below 256. */
  latin1: 0x88,
  /** Count and bytes. */
  utf8: 0x89,
  /** Count of code units, and two bytes for each. */
  utf16: 0x8a,
  int16: 0x90,
  int32: 0x91,
  float64: 0x92,
  negativeZero: 0x93,
  null: 0x94,
  undefined: 0x95,
  false: 0x96,
  true: 0x97,
  /** Eight bytes. */
  bigInt64: 0x98,
  /** Hexadecimal digits as a text with its tag, behind a `true` when it is negative. */
  bigInt: 0x99,
  /** The milliseconds as eight bytes of a number; not a number when the date is none. */
  date: 0x9a,
  /** Sixteen tags: an array of up to fifteen items. */
  shortArray: 0xa0,
  /** Count and items. */
  array: 0xb0,
  /** An item that an array does not have. */
  hole: 0xb1,
  /** The length as a number value, a count of items, then their places, in order, and values in turn. */
  sparseArray: 0xb2,
  map: 0xb3,
  set: 0xb4,
  /** The shape's number in a byte, then the values of its keys. */
  shaped: 0xb5,
  /** The shape's number and the count of its keys, the keys as texts, then the values. */
  newShape: 0xb6,
  /** Count of keys, then keys as texts and values in turn. */
  record: 0xb7,
  /** Type of view, count of bytes, the bytes. */
  binary: 0xb8,
  /** Type of view, count of bytes, which come in the frame's bulk part. */
  bulk: 0xb9,
  /** Type of view, offset and length as number values, and the buffer. */
  view: 0xba,
  /** The next handle: what structured clone brings beside the ring. */
  handle: 0xbb,
  error: 0xbc,
  /** The number of a registered class, then the plain form. */
  extension: 0xbd,
  /** Count: the object of that number in this message. */
  again: 0xbe,
} as const

/** Flag of a message in which an object stands in several places. */
export const HAS_REPEATED = 1

/** Slots of the table of short texts, and the longest text in it. */
export const TEXT_SLOTS = 1_024
export const TABLE_TEXT_MAX = 32
/** Shapes that are known at a time, and the keys of one. */
export const SHAPES_MAX = 256
export const SHAPE_KEYS_MAX = 32
/** Levels of nesting that a message may have: those of its payload, and those of what is around it in a frame. */
export const NESTING_MAX = nestingMax + 16
/** The largest count in one byte. */
export const SHORT_COUNT_MAX = 251
/** Binary data of this length or more is not written among the values. */
export const BULK_BYTES_MIN = 1_024

/** What binary data can be, by its number in messages: an `ArrayBuffer` is 0. */
export const viewTypes: readonly (ViewType | undefined)[] = [undefined, ...platformViews]

/** The number of each type of view, by prototype. A `Buffer` arrives as the `Uint8Array` that it is. */
export const viewTypeOf = new Map<object, number>([
  [ArrayBuffer.prototype, 0],
  [Buffer.prototype, 1],
  ...viewTypes.flatMap((type, index) => (type === undefined ? [] : [[type.prototype as object, index] as const])),
])

/** Bytes of an element of a type of view. */
export function elementBytesOf(type: number): number {
  return viewTypes[type]?.BYTES_PER_ELEMENT ?? 1
}

/** What structured clone brings over beside the ring, whatever its size, by prototype. */
export const clonedPrototypes: ReadonlySet<object> = new Set<object>([
  SharedArrayBuffer.prototype,
  RegExp.prototype,
  Boolean.prototype,
  Number.prototype,
  String.prototype,
  BigInt.prototype,
])

/** The slot of a short text in the table, by its last letters: those that differ among texts of a kind. */
export function textSlotOf(text: string, length: number): number {
  let hash = length + (text.charCodeAt(0) << 8)
  for (let index = length > 6 ? length - 6 : 0; index < length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x0100_0193)
  }
  return (hash ^ (hash >>> 10) ^ (hash >>> 20)) & (TEXT_SLOTS - 1)
}

/** Sets a property as data, whatever its key: assigning to `__proto__` would change the prototype. */
export function define(target: object, key: string, value: unknown): void {
  if (key !== '__proto__') (target as Record<string, unknown>)[key] = value
  else Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true })
}
