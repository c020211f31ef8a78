/** Seeded random numbers and busy work, the same in an actor and in the computation that its result is compared with. */

/** Mulberry32 (Tommy Ettinger): 32 bits of state, one multiplication chain for each number. */
export class RandomNumbers {
  #state: number

  constructor(seed: number) {
    this.#state = seed | 0
  }

  /** A whole number of 32 bits, from 0. */
  next(): number {
    this.#state = (this.#state + 0x6d2b_79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }

  /** A whole number, uniform in `0 <= n < bound`. */
  int(bound: number): number {
    return Math.floor((this.next() / 0x1_0000_0000) * bound)
  }

  /** A number, uniform in `0 <= x < 1`. */
  float(): number {
    return this.next() / 0x1_0000_0000
  }
}

/**
 * `steps` dependent steps of arithmetic, about a nanosecond each: work that stands for what an actor would do. There is no
 * addition in it, which the engine might carry out on floating point numbers, several times slower, as its profile has it.
 */
export function busyWork(steps: number, seed: number): number {
  let value = seed | 0
  for (let step = 0; step < steps; step++) {
    value = Math.imul(value ^ (value >>> 15), 0x2c1b_3c6d) ^ step
  }
  return value >>> 0
}

/** The whole numbers from 0 below `count`. */
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}

/** From where to where part `index` of `total` things goes, in `parts` parts as even as can be. */
export function partOf({ index, parts, total }: { index: number; parts: number; total: number }): {
  readonly from: number
  readonly to: number
} {
  return { from: Math.floor((index * total) / parts), to: Math.floor(((index + 1) * total) / parts) }
}

/** So many whole numbers in no order, the same each time. */
export function numbersToSort(count: number): Int32Array {
  const random = new RandomNumbers(count)
  return Int32Array.from({ length: count }, () => random.next() | 0)
}
