/** A part of a shared search keeps the levels apart, whichever part is ahead. */
import { expect, test } from 'vitest'
import { type Batch, Partition } from '../src/parallel/partition.ts'
import { searchedOf } from '../src/parallel/search-source.ts'

test('what another part sends of a level belongs to the next, also when this part has not begun', async () => {
  const module = new URL('../src/programs/index.ts', import.meta.url).href
  const parts = await Promise.all(
    [0, 1].map(async (index) => {
      const { searched, options } = await searchedOf({
        module,
        name: 'programOptions',
        arguments: ['two-phase-commit', {}],
      })
      return new Partition(searched, options, index, 2)
    }),
  )
  const distinctByLevel: number[] = []
  for (;;) {
    for (const part of parts) part.endLevel()
    distinctByLevel.push(parts.reduce((total, { distinct }) => total + distinct, 0))
    if (parts.every(({ frontier }) => frontier === 0)) break
    // Part 0 is always a whole level ahead of part 1, which has its batches before it expands anything.
    const late: Batch[] = []
    parts[0]?.expand(Number.POSITIVE_INFINITY, (_part, batch) => parts[1]?.receive(batch))
    parts[1]?.expand(Number.POSITIVE_INFINITY, (_part, batch) => late.push(batch))
    for (const batch of late) parts[0]?.receive(batch)
  }
  // 288 states, the deepest at depth 11; the last round finds nothing.
  expect(distinctByLevel).toHaveLength(12)
  expect(distinctByLevel.slice(-2)).toEqual([288, 288])
})
