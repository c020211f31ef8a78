/**
 * Arrays that are mostly holes. Their length says nothing of how much is in them, so whoever walks a value takes those by
 * what is there: in time, room and bytes that depend on the items alone.
 */

/** Arrays below this length are walked place by place, whatever is in them. */
export const sparseLengthMin = 64
/** Places for each item, from which on an array is mostly holes. */
const placesPerItem = 4
const indexMax = 2 ** 32 - 2

/**
 * The places of an array that have something in them, in order, if it is mostly holes; `undefined` when it is to be walked
 * place by place. Asked when a first hole was met: it takes time by the number of items.
 */
export function sparseIndices(array: readonly unknown[]): readonly number[] | undefined {
  if (array.length < sparseLengthMin) return undefined
  const indices = indicesOf(array)
  return indices.length * placesPerItem > array.length ? undefined : indices
}

/** The places of an array that have something in them, in order. */
export function indicesOf(array: readonly unknown[]): readonly number[] {
  const indices: number[] = []
  for (const key of Object.keys(array)) {
    // The keys that an array has beside its items come behind them.
    if (!isIndex(key)) break
    indices.push(Number(key))
  }
  return indices
}

/** Gives an array that length without taking room for what it does not have. */
export function lengthen(array: unknown[], length: number): void {
  if (array.length >= length) return
  // What is set far behind the end makes the engine keep the items by their places, and not a place for each.
  array[length - 1] = undefined
  delete array[length - 1]
}

/** True for the key of a place in an array. */
export function isIndex(key: string): boolean {
  const index = Number(key)
  return Number.isInteger(index) && index >= 0 && index <= indexMax && String(index) === key
}
