/**
 * Which objects are values as a whole, looked into by nobody. It is their prototype that says so: an instance of a class
 * that extends one of theirs is no value, since it would arrive as something else.
 */

/** Levels of objects in objects that a message may have. */
export const nestingMax = 1_000

/** A class of views on buffers. */
export type ViewType = (new (
  buffer: ArrayBufferLike,
  byteOffset?: number,
  length?: number,
) => ArrayBufferView) & { readonly BYTES_PER_ELEMENT?: number }

const { Buffer: bufferType, Float16Array: halfArrayType } = globalThis as {
  Buffer?: { readonly prototype: object }
  Float16Array?: ViewType
}

/** The platform's, always in this order. */
export const viewTypes: readonly ViewType[] = [
  Uint8Array,
  Int8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
  ...(halfArrayType === undefined ? [] : [halfArrayType]),
] as unknown as readonly ViewType[]

/** The types of views by prototype. Node's `Buffer` arrives as the `Uint8Array` that it is. */
const viewTypeOf = new Map<object, ViewType>(viewTypes.map((type) => [type.prototype as object, type]))
if (bufferType !== undefined) viewTypeOf.set(bufferType.prototype, Uint8Array as unknown as ViewType)

const boxedPrototypes = new Set<object>([Number.prototype, String.prototype, Boolean.prototype, BigInt.prototype])
const otherPrototypes = new Set<object>([
  Date.prototype,
  RegExp.prototype,
  ArrayBuffer.prototype,
  SharedArrayBuffer.prototype,
])

/** True for what is copied whole: bytes, dates, patterns, boxed primitives, and errors of any class. */
export function isWhole(value: object, prototype: object): boolean {
  return (
    viewTypeOf.has(prototype) ||
    otherPrototypes.has(prototype) ||
    boxedPrototypes.has(prototype) ||
    value instanceof Error
  )
}

/** True for what is copied whole whatever its class, but for boxed primitives. */
export function isOpaque(value: object): boolean {
  return (
    ArrayBuffer.isView(value) ||
    value instanceof ArrayBuffer ||
    value instanceof SharedArrayBuffer ||
    value instanceof Date ||
    value instanceof RegExp ||
    value instanceof Error
  )
}

/** True for a buffer that was moved away, and for a view on one. */
export function isDetached(value: object): boolean {
  const buffer = ArrayBuffer.isView(value) ? value.buffer : value
  return buffer instanceof ArrayBuffer && buffer.detached
}

/** True for an object around a primitive, such as `new Number(5)`. */
export function isBoxed(value: object): boolean {
  return boxedPrototypes.has(Object.getPrototypeOf(value))
}

/** The view of the same kind on that part of a buffer; `undefined` when `like` is of no kind of the platform's. */
export function viewOn(
  buffer: ArrayBufferLike,
  like: ArrayBufferView,
  byteOffset: number,
  length: number,
): ArrayBufferView | undefined {
  const type = viewTypeOf.get(Object.getPrototypeOf(like))
  return type && new type(buffer as ArrayBuffer, byteOffset, length)
}

/** What an object is that is no value: the class that it is an instance of, if there is one. */
export function describeInstance(value: object): string {
  const prototype = Object.getPrototypeOf(value) as { constructor?: { name?: unknown } } | null
  // What is inherited is the name of another class.
  const name = prototype !== null && Object.hasOwn(prototype, 'constructor') ? prototype.constructor?.name : undefined
  return typeof name === 'string' && name !== ''
    ? `an instance of class ${name}`
    : 'an object with a prototype of its own'
}
