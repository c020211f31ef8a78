/**
 * Which operations may come next in an order that is being built, given those that were taken already. The search is
 * one; real time and the order within each process are two implementations.
 */
import type { Operation } from './operation.ts'

/** A partial order of the operations 0 to n - 1, eaten from its beginning. */
export interface OperationOrder {
  /** How many of the operations that returned are not taken yet. */
  readonly remaining: number
  /** The first operation that may come next, or -1. */
  first(): number
  /** The one after `operation` that may come next, or -1. */
  after(operation: number): number
  /** Takes an operation that may come next. */
  take(operation: number): void
  /** Puts back the one that was taken last. */
  putBack(operation: number): void
  /** How far the order has come; at what it comes no further, the history cannot be explained beyond. */
  progress(): number
  /** Writes what was taken into `target` from `start`, the same for the same set alone, and returns the end. */
  write(target: Int32Array, start: number): number
  /** The most that `write` writes. */
  readonly writtenMax: number
}

/**
 * A set of operations as bits: first those that returned in the order of their calls, then, from a word of their own,
 * those that did not. Taken operations that returned are nearly a prefix, so only the words that differ are written.
 */
export class TakenOperations {
  readonly #words: Int32Array
  readonly #bit: Int32Array
  readonly #returnedWords: number

  constructor(operations: readonly Operation[]) {
    let returned = 0
    for (const operation of operations) if (operation.returnedAt !== undefined) returned++
    this.#returnedWords = (returned + 31) >>> 5
    let nextReturned = 0
    let nextOpen = this.#returnedWords * 32
    this.#bit = new Int32Array(operations.length)
    for (let index = 0; index < operations.length; index++)
      this.#bit[index] = operations[index]?.returnedAt === undefined ? nextOpen++ : nextReturned++
    this.#words = new Int32Array((nextOpen + 31) >>> 5)
  }

  get writtenMax(): number {
    return this.#words.length + 1
  }

  has(operation: number): boolean {
    const bit = this.#bit[operation] as number
    return ((this.#words[bit >>> 5] as number) & (1 << (bit & 31))) !== 0
  }

  flip(operation: number): void {
    const bit = this.#bit[operation] as number
    this.#words[bit >>> 5] = (this.#words[bit >>> 5] as number) ^ (1 << (bit & 31))
  }

  write(target: Int32Array, start: number): number {
    const words = this.#words
    let low = 0
    while (low < this.#returnedWords && words[low] === -1) low++
    let high = this.#returnedWords
    while (high > low && words[high - 1] === 0) high--
    let end = start
    target[end++] = low
    for (let word = this.#returnedWords; word < words.length; word++) target[end++] = words[word] as number
    for (let word = low; word < high; word++) target[end++] = words[word] as number
    return end
  }
}
