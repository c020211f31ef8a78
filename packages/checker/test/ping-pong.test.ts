/** Ping-pong: the counts are those of Stateright's tests. */
import { expect, test } from 'vitest'
import { check } from '../src/index.ts'
import { pingPong } from '../src/programs/ping-pong.ts'

const expected = {
  complete: true,
  always: { 'counts differ by at most one': 'holds' },
  sometimes: { 'reaches the end': 'holds', 'goes beyond the end': 'fails' },
}

test.each([
  { countMax: 1, network: 'duplicating', lossy: true, distinct: 14 },
  { countMax: 5, network: 'duplicating', lossy: true, distinct: 4_094 },
  { countMax: 5, network: 'unordered', lossy: false, distinct: 11 },
  { countMax: 5, network: 'duplicating', lossy: false, distinct: 11 },
] as const)('up to $countMax, $network, lossy $lossy: $distinct states', ({ countMax, network, lossy, distinct }) => {
  expect(check({ ...pingPong(countMax), network, lossy })).toMatchObject({ ...expected, distinct })
})
