import { describe, expect, it } from 'vitest'
import { type LookBudget, SpinBudget, WakingBudget } from '../src/spin-budget.ts'

/** Short sleeps after which a budget that looked in vain until nothing was left lets look again. */
function sleepsUntilItTries(budget: LookBudget): number {
  while (budget.pauses > 0) budget.failed()
  let sleeps = 0
  while (budget.pauses === 0) {
    budget.slept(0.01)
    sleeps++
  }
  return sleeps
}

describe('the budget of looking for work', () => {
  it('halves with each look in vain, down to nothing', () => {
    const budget = new SpinBudget(2_000)
    expect(budget.pauses).toBe(2_000)
    budget.failed()
    expect(budget.pauses).toBe(1_000)
    for (let count = 0; count < 20; count++) budget.failed()
    expect(budget.pauses).toBe(0)
  })

  it('lets look four times as long as it took, and never more than its most', () => {
    const budget = new SpinBudget(2_000)
    for (let count = 0; count < 20; count++) budget.failed()
    budget.succeeded(10)
    expect(budget.pauses).toBe(40)
    budget.succeeded(1)
    expect(budget.pauses).toBe(40)
    budget.succeeded(1_999)
    expect(budget.pauses).toBe(2_000)
  })

  it('tries again after some short sleeps, and after twice as many when that was in vain', () => {
    const budget = new SpinBudget(2_000)
    expect([sleepsUntilItTries(budget), sleepsUntilItTries(budget), sleepsUntilItTries(budget)]).toEqual([4, 8, 16])
    budget.succeeded(5)
    expect(sleepsUntilItTries(budget)).toBe(4)
  })

  it('does not try because of long sleeps', () => {
    const budget = new SpinBudget(2_000)
    while (budget.pauses > 0) budget.failed()
    for (let count = 0; count < 100; count++) budget.slept(1)
    expect(budget.pauses).toBe(0)
  })

  it('allows nothing where nothing is allowed', () => {
    const budget = new SpinBudget(0)
    budget.succeeded(100)
    for (let count = 0; count < 10; count++) budget.slept(0)
    budget.failed()
    expect(budget.pauses).toBe(0)
  })
})

describe('the budget of looking while another thread is not up yet', () => {
  const brief = 1_000

  it('is gone after one look in vain, and tried again after some short sleeps, ever more rarely', () => {
    const budget = new WakingBudget(5_000)
    expect(budget.pauses).toBe(brief)
    expect([sleepsUntilItTries(budget), sleepsUntilItTries(budget), sleepsUntilItTries(budget)]).toEqual([4, 8, 16])
    expect(budget.pauses).toBe(brief)
    budget.succeeded(10)
    expect(sleepsUntilItTries(budget)).toBe(4)
  })

  it('lets look for long in a conversation that goes on and on, and not among sleeps that are longer', () => {
    const sleepAndTry = (budget: WakingBudget, ms: (sleep: number) => number) => {
      let longest = 0
      for (let sleep = 0; sleep < 1_000; sleep++) {
        budget.slept(ms(sleep))
        longest = Math.max(longest, budget.pauses)
        if (budget.pauses > 0) budget.failed()
      }
      return longest
    }
    expect(sleepAndTry(new WakingBudget(5_000), () => 0.01)).toBeGreaterThan(100 * brief)
    expect(sleepAndTry(new WakingBudget(5_000), (sleep) => (sleep % 50 === 0 ? 2 : 0.01))).toBe(brief)
    expect(sleepAndTry(new WakingBudget(0), () => 0.01)).toBe(0)
  })

  it('believes ever more rarely that a late wake-up is due to such a look', () => {
    const budget = new WakingBudget(5_000)
    const believed = Array.from({ length: 7 }, () => budget.pushed(3))
    expect(believed).toEqual([true, false, true, false, false, false, true])
    expect(budget.pushed(0.02)).toBe(false)
  })
})
