/** The rows of a view: its items, without those that are filtered out. Runs in the page. */

export interface Rows {
  readonly count: number
  itemOf(row: number): number
  rowOf(item: number): number
  /** The row of an item, or -1 when it is filtered out. */
  exactRowOf(item: number): number
  filter(isShown: (item: number) => boolean): void
}

export function createRows(itemCount: number): Rows {
  let items: number[] = Array.from({ length: itemCount }, (_, item) => item)
  let following = Int32Array.from(items)
  return {
    get count() {
      return items.length
    },
    itemOf: (row) => items[row] ?? 0,
    rowOf: (item) => Math.min(following[item] ?? 0, items.length - 1),
    exactRowOf: (item) => {
      const row = following[item] ?? -1
      return items[row] === item ? row : -1
    },
    filter: (isShown) => {
      items = []
      following = new Int32Array(itemCount)
      for (let item = 0; item < itemCount; item++) {
        following[item] = items.length
        if (isShown(item)) items.push(item)
      }
    },
  }
}
