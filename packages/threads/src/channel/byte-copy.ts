/**
 * Copies of many bytes. `TypedArray.prototype.set` goes word by word where one side is shared memory, and a new typed
 * array is filled with zeros before it is filled with what it is for; `Buffer` does neither.
 */

/** Copies `source` to `target`, which may be shared, from `at` on. */
export function copyInto(target: Uint8Array, at: number, source: Uint8Array): void {
  Buffer.prototype.copy.call(source as Buffer, target, at)
}

/** The bytes of `source`, which is not shared, in memory of their own. A typed array made of another is not filled first. */
export function copyOf(source: Uint8Array): ArrayBuffer {
  return new Uint8Array(source).buffer
}

/** `length` bytes of `source`, which may be shared, from `start` on, in memory of their own. */
export function copyOfShared(source: Uint8Array, start: number, length: number): ArrayBuffer {
  const copy = Buffer.allocUnsafeSlow(length)
  Buffer.prototype.copy.call(source as Buffer, copy, 0, start, start + length)
  return copy.buffer as ArrayBuffer
}
