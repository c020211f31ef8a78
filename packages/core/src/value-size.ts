/** How large a value is, roughly: enough to bound what is held, for a fraction of the cost of encoding it. */

import { sparseIndices } from './sparse-array.ts'

/** Parts of one value that are looked at; what a longer list or map has beyond is taken to be like them. */
const partsMax = 256
/** Places of a longer array at which a hole is looked for. */
const probesMax = 16

/** About how many bytes `value` takes in memory. */
export function approximateBytes(value: unknown): number {
  return new Estimate().of(value)
}

class Estimate {
  #left = partsMax

  of(value: unknown): number {
    this.#left--
    if (typeof value === 'string') return 16 + value.length
    if (typeof value === 'bigint') return 64
    if (typeof value !== 'object' || value === null) return 8
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return 64 + value.byteLength
    if (Array.isArray(value)) return 64 + this.#array(value)
    if (value instanceof Set) return 64 + this.#items(value, value.size)
    if (value instanceof Map) return 64 + this.#entries(value)
    let bytes = 64
    for (const key in value) {
      if (this.#left <= 0) break
      bytes += 8 + this.of((value as Record<string, unknown>)[key])
    }
    return bytes
  }

  #array(array: readonly unknown[]): number {
    // Few places are looked at: of an array that is mostly holes nearly all of them are holes.
    const step = Math.max(1, Math.floor(array.length / probesMax))
    for (let index = 0; index < array.length; index += step) {
      if (array[index] !== undefined || index in array) continue
      const indices = sparseIndices(array)
      if (indices === undefined) break
      const firsts = indices.slice(0, partsMax).map((place) => array[place])
      return 8 * indices.length + this.#items(firsts, indices.length)
    }
    return this.#items(array, array.length)
  }

  #items(items: Iterable<unknown>, count: number): number {
    let bytes = 0
    let seen = 0
    for (const item of items) {
      if (this.#left <= 0) break
      bytes += this.of(item)
      seen++
    }
    return seen === 0 ? count * 8 : Math.ceil((bytes / seen) * count)
  }

  #entries(map: ReadonlyMap<unknown, unknown>): number {
    let bytes = 0
    let seen = 0
    for (const [key, value] of map) {
      if (this.#left <= 0) break
      bytes += this.of(key) + this.of(value)
      seen++
    }
    return seen === 0 ? map.size * 16 : Math.ceil((bytes / seen) * map.size)
  }
}
