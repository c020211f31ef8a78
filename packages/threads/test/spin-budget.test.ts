import { describe, expect, it } from 'vitest'
import { SpinBudget } from '../src/spin-budget.ts'

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
    const sleepsUntilItTries = () => {
      while (budget.pauses > 0) budget.failed()
      let sleeps = 0
      while (budget.pauses === 0) {
        budget.slept(0.01)
        sleeps++
      }
      return sleeps
    }
    expect([sleepsUntilItTries(), sleepsUntilItTries(), sleepsUntilItTries()]).toEqual([4, 8, 16])
    budget.succeeded(5)
    expect(sleepsUntilItTries()).toBe(4)
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
