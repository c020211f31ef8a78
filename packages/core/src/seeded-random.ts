/**
 * Seeded randomness: xoshiro128** (Blackman and Vigna, 2018) streams, each seeded by SplitMix32 from the run's seed
 * and the FNV-1a hash of the stream's purpose.
 */
import type { RandomSource, RandomStream } from './ports/random.ts'
import { shownValue } from './shown-value.ts'

/** Random streams that are a function of one seed. */
export class SeededRandomSource implements RandomSource {
  /** The hash of the seed, which that of each purpose goes on from. */
  readonly #basis: number
  readonly #streams = new Map<string, RandomStream>()

  constructor(seed: number) {
    this.#basis = hashString(String(seed))
  }

  stream(purpose: string): RandomStream {
    let stream = this.#streams.get(purpose)
    if (stream === undefined) {
      stream = new SeededRandom(hashString(purpose, this.#basis))
      this.#streams.set(purpose, stream)
    }
    return stream
  }

  forget(purpose: string): void {
    this.#streams.delete(purpose)
  }

  /** How many streams are kept. */
  get streamCount(): number {
    return this.#streams.size
  }
}

/** One stream of draws that are a function of one 32-bit seed. */
export class SeededRandom implements RandomStream {
  // Numbers from the start, so that the fields are made for such.
  #a = 0
  #b = 0
  #c = 0
  #d = 0

  constructor(seed: number) {
    let state = seed | 0
    const splitMix = () => {
      state = (state + 0x9e3779b9) | 0
      let mixed = state ^ (state >>> 16)
      mixed = Math.imul(mixed, 0x21f0aaad)
      mixed ^= mixed >>> 15
      mixed = Math.imul(mixed, 0x735a2d97)
      return mixed ^ (mixed >>> 15)
    }
    this.#a = splitMix()
    this.#b = splitMix()
    this.#c = splitMix()
    this.#d = splitMix()
  }

  /** The next 32 bits, with a sign: as a number without one, half of them would be no small integers. */
  #next(): number {
    // Each word is read and written once: what is short is compiled into who draws.
    const a = this.#a
    const b = this.#b
    const c = this.#c ^ a
    const d = this.#d ^ b
    this.#a = a ^ d
    this.#b = b ^ c
    this.#c = c ^ (b << 9)
    this.#d = (d << 11) | (d >>> 21)
    const product = (b << 2) + b
    const rotated = (product << 7) | (product >>> 25)
    return ((rotated << 3) + rotated) | 0
  }

  int(bound: number): number {
    if (!Number.isInteger(bound) || bound < 1 || bound > 2 ** 32) {
      throw new RangeError(`random.int needs a whole bound from 1 to 2^32, got ${shownValue(bound)}`)
    }
    if (bound === 2 ** 32) return this.#next() >>> 0
    // Rejection keeps every outcome equally likely for bounds that do not divide 2^32. A quotient of numbers of 32 bits is
    // never rounded up to a whole one, so that its floor is exact; a remainder by % may be one of floating point, and slow.
    const limit = Math.floor(2 ** 32 / bound) * bound
    let draw = this.#next() >>> 0
    while (draw >= limit) draw = this.#next() >>> 0
    return draw - Math.floor(draw / bound) * bound
  }

  float(): number {
    return (this.#next() >>> 0) / 2 ** 32
  }

  chance(probability: number): boolean {
    return (this.#next() >>> 0) / 2 ** 32 < probability
  }

  pick<Item>(items: readonly Item[]): Item {
    if (items.length === 0) throw new RangeError('random.pick needs at least one item')
    return items[this.int(items.length)] as Item
  }
}

/** FNV-1a over the UTF-16 code units of `text`, continued from `basis`: 32 bits. */
export function hashString(text: string, basis = 0x811c9dc5): number {
  let hash = basis | 0
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  return hash >>> 0
}
