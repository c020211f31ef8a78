/** The randomness port: named streams, so that a new draw in one purpose does not shift the others. */
export interface RandomSource {
  /** The stream for `purpose`; the same object for the same purpose. */
  stream(purpose: string): RandomStream
  /** Nobody will ask for the stream of `purpose` again. */
  forget?(purpose: string): void
}

/** One stream of random draws. */
export interface RandomStream {
  /** A whole number, uniform in `0 <= n < bound`. `bound` is a whole number from 1 to 2^32. */
  int(bound: number): number
  /** A number, uniform in `0 <= x < 1`, with 32 bits. */
  float(): number
  /** True with probability `probability`. */
  chance(probability: number): boolean
  /** One of `items`, each as likely; throws a `RangeError` when there are none. */
  pick<Item>(items: readonly Item[]): Item
}
