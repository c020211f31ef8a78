/** Sessions against a map from each number to its outcome, for commands that come again in other groups, late, or never. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Outcomes } from '../../src/log/messages.ts'
import {
  earlierOutcomes,
  firstApplied,
  firstFresh,
  forgetAcked,
  remember,
  type Session,
} from '../../src/log/sessions.ts'

const numbersMax = 40

/** Each number's outcome: every third one failed. */
function outcomesOf(first: number, end: number): Outcomes {
  const numbers = Array.from({ length: end - first }, (_, index) => first + index)
  const failures = numbers.filter(isFailure).map((number) => ({ number, name: 'Error', message: `no ${number}` }))
  const values = numbers.map((number) => (isFailure(number) ? undefined : `value ${number}`))
  return failures.length === 0 ? { first, values } : { first, values, failures }
}

function isFailure(number: number): boolean {
  return number % 3 === 0
}

const group = fc.record({
  first: fc.integer({ min: 1, max: numbersMax }),
  count: fc.integer({ min: 1, max: 8 }),
  acknowledged: fc.integer({ min: 0, max: 12 }),
})

test('a number is applied once, and has its own outcome as long as it is not acknowledged', () => {
  fc.assert(
    fc.property(fc.array(group, { maxLength: 40 }), (groups) => {
      const session: Session = { ackedUpTo: 0, results: [] }
      const applied = new Set<number>()
      for (const { first, count, acknowledged } of groups) {
        const end = first + count
        for (let from = first; from < end; ) {
          const to = firstApplied(session, from, end)
          for (let number = from; number < to; number++) {
            expect(applied.has(number)).toBe(false)
            expect(number).toBeGreaterThan(session.ackedUpTo)
            applied.add(number)
          }
          if (to > from) remember(session, outcomesOf(from, to))
          from = firstFresh(session, to, end)
        }
        for (let number = first; number < end; number++)
          expect(applied.has(number) || number <= session.ackedUpTo).toBe(true)
        const from = Math.max(first, session.ackedUpTo + 1)
        if (from < end) expect(earlierOutcomes(session, from, end)).toEqual(outcomesOf(from, end))
        forgetAcked(session, acknowledged)
        expect(session.results.map((results) => results.first)).toEqual(
          session.results.map((results) => results.first).sort((left, right) => left - right),
        )
      }
    }),
  )
})

test('what is acknowledged is forgotten once all that was applied with it may be', () => {
  const session: Session = { ackedUpTo: 0, results: [] }
  remember(session, outcomesOf(1, 5))
  remember(session, outcomesOf(5, 6))
  forgetAcked(session, 3)
  expect(session.results).toHaveLength(2)
  forgetAcked(session, 4)
  expect(session.results).toEqual([outcomesOf(5, 6)])
  // An older word changes nothing.
  forgetAcked(session, 2)
  expect(session.ackedUpTo).toBe(4)
})
