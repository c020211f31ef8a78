/** How large a value is, roughly: enough to bound what is held, for a fraction of the cost of encoding it. */

/** Parts of one value that are looked at; what a longer list or map has beyond is taken to be like them. */
const partsMax = 256

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
    if (Array.isArray(value) || value instanceof Set)
      return 64 + this.#items(value, 'length' in value ? value.length : value.size)
    if (value instanceof Map) return 64 + this.#entries(value)
    let bytes = 64
    for (const key in value) {
      if (this.#left <= 0) break
      bytes += 8 + this.of((value as Record<string, unknown>)[key])
    }
    return bytes
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
