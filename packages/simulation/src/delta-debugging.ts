/**
 * Delta debugging: the smallest part of a list that still does something. The algorithm is `ddmin` of Zeller and
 * Hildebrandt ("Simplifying and isolating failure-inducing input", 2002): parts and what is left without each are tried, in
 * halves first, then finer. The result is 1-minimal unless the tests ran out: without any one item it does it no more.
 */

/** A test of one part of the list; `undefined`: there are no more tests, and what was found so far is the result. */
export type SubsetTest<Item> = (subset: readonly Item[]) => Promise<boolean | undefined>

/** The smallest part of `items` found for which `test` holds, in the order of `items`; `test` holds for all of them. */
export async function minimize<Item>(items: readonly Item[], test: SubsetTest<Item>): Promise<readonly Item[]> {
  if (items.length === 0) return items
  const without = await test([])
  if (without === undefined) return items
  if (without) return []
  let rest = items
  let parts = 2
  while (rest.length > 1) {
    const found = await reduce(rest, parts, test)
    if (found === undefined) return rest
    if (found.rest === undefined) {
      if (parts >= rest.length) return rest
      parts = Math.min(rest.length, parts * 2)
    } else {
      rest = found.rest
      parts = Math.max(2, Math.min(rest.length, found.isPart ? 2 : parts - 1))
    }
  }
  return rest
}

/** A part, or what is left without one, for which the test holds; `rest` is `undefined` when there is none. */
async function reduce<Item>(
  items: readonly Item[],
  parts: number,
  test: SubsetTest<Item>,
): Promise<{ readonly rest: readonly Item[] | undefined; readonly isPart: boolean } | undefined> {
  const bounds = Array.from({ length: parts + 1 }, (_, index) => Math.floor((index * items.length) / parts))
  for (const isPart of [true, false]) {
    // With two parts, what is left without one is the other.
    if (!isPart && parts === 2) break
    for (let index = 0; index < parts; index++) {
      const [start, end] = [bounds[index] as number, bounds[index + 1] as number]
      const subset = isPart ? items.slice(start, end) : [...items.slice(0, start), ...items.slice(end)]
      const holds = await test(subset)
      if (holds === undefined) return undefined
      if (holds) return { rest: subset, isPart }
    }
  }
  return { rest: undefined, isPart: false }
}
