/**
 * A hash table that numbers tuples of 32-bit integers, from 0 in the order of first sight. It holds the global states
 * of a search and the contents of the network, so it keeps all tuples end to end in one typed array:
 *
 *     pool     [ tuple 0 | tuple 1 | tuple 2 | ... ]
 *     ends     [ where each tuple ends in the pool ]
 *     slots    open addressing by hash, at most half full: number + 1, or 0 when free
 */

const capacityMin = 1 << 10

export class TupleTable {
  #pool = new Int32Array(capacityMin * 4)
  #ends = new Uint32Array(capacityMin)
  #hashes = new Int32Array(capacityMin)
  #slots = new Int32Array(capacityMin * 2)
  #size = 0

  /** How many distinct tuples it holds. */
  get size(): number {
    return this.#size
  }

  /** The storage that `start` and `end` index; changes when the table grows. */
  get pool(): Int32Array {
    return this.#pool
  }

  start(id: number): number {
    return id === 0 ? 0 : (this.#ends[id - 1] as number)
  }

  end(id: number): number {
    return this.#ends[id] as number
  }

  /** The number of the tuple in the first `length` places of `tuple`, or -1 when the table does not hold it. */
  find(tuple: Int32Array, length = tuple.length): number {
    return (this.#slots[this.#slotOf(tuple, length, hashOf(tuple, length))] as number) - 1
  }

  /** The number of that tuple, which is added when it is new: then it is the `size` from before the call. */
  intern(tuple: Int32Array, length = tuple.length): number {
    const hash = hashOf(tuple, length)
    const slot = this.#slotOf(tuple, length, hash)
    const known = this.#slots[slot] as number
    if (known !== 0) return known - 1
    const id = this.#size++
    const start = this.start(id)
    const end = start + length
    if (end > this.#pool.length) this.#pool = grown(this.#pool, end)
    if (id >= this.#ends.length) {
      this.#ends = grown(this.#ends, id + 1)
      this.#hashes = grown(this.#hashes, id + 1)
    }
    for (let index = 0; index < length; index++) this.#pool[start + index] = tuple[index] as number
    this.#ends[id] = end
    this.#hashes[id] = hash
    this.#slots[slot] = id + 1
    if (this.#size * 2 > this.#slots.length) this.#rehash()
    return id
  }

  /** Copies tuple `id` to the beginning of `target`. */
  read(id: number, target: Int32Array): void {
    const start = this.start(id)
    const length = this.end(id) - start
    for (let index = 0; index < length; index++) target[index] = this.#pool[start + index] as number
  }

  /** The slot that holds the tuple, or the free one where it belongs. */
  #slotOf(tuple: Int32Array, length: number, hash: number): number {
    const mask = this.#slots.length - 1
    let slot = hash & mask
    for (;;) {
      const held = this.#slots[slot] as number
      if (held === 0 || (this.#hashes[held - 1] === hash && this.#equals(held - 1, tuple, length))) return slot
      slot = (slot + 1) & mask
    }
  }

  #equals(id: number, tuple: Int32Array, length: number): boolean {
    const start = this.start(id)
    if (this.end(id) - start !== length) return false
    for (let index = 0; index < length; index++) if (this.#pool[start + index] !== tuple[index]) return false
    return true
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 2)
    const mask = slots.length - 1
    for (let id = 0; id < this.#size; id++) {
      let slot = (this.#hashes[id] as number) & mask
      while (slots[slot] !== 0) slot = (slot + 1) & mask
      slots[slot] = id + 1
    }
    this.#slots = slots
  }
}

/** The array with room for `length` items, and as much again so that growth is rare. */
export function grown<Items extends Int32Array | Uint32Array>(items: Items, length: number): Items {
  const made = new (items.constructor as new (length: number) => Items)(Math.max(length, items.length * 2))
  made.set(items)
  return made
}

/** MurmurHash3 (Appleby) of the first `length` words, without its first rotation. */
export function hashOf(tuple: Int32Array, length: number): number {
  let hash = length
  for (let index = 0; index < length; index++) {
    hash ^= Math.imul(tuple[index] as number, 0x1b873593)
    hash = Math.imul((hash << 13) | (hash >>> 19), 5) + 0x52dce729
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) | 0
}
