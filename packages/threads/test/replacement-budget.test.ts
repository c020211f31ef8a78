import { expect, it } from 'vitest'
import { ReplacementBudget } from '../src/replacement-budget.ts'

it('replaces at once, then after a wait that doubles, then not at all until the window has passed', () => {
  const budget = new ReplacementBudget({ maxReplacements: 5, withinMs: 1_000, backoff: { minMs: 10, maxMs: 35 } })
  expect([0, 1, 2, 3, 4, 5, 999].map((nowMs) => budget.take(nowMs))).toEqual([0, 10, 20, 35, 35, undefined, undefined])
  expect(budget.take(1_003)).toBe(10)
})
