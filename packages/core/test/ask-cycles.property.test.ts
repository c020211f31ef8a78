/** Random graphs of asks on one node: a cycle is reported exactly when somebody could never go on. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createLocalSystem } from '../src/index.ts'
import { askGraph, checkAnswers, runGraph, stuckAskers } from './ask-graph-oracle.ts'

test('an ask fails as part of a cycle exactly when the graph has turns that never go on', async () => {
  const runs = { stuck: 0, free: 0, errors: 0 }
  await fc.assert(
    fc.asyncProperty(askGraph, async (graph) => {
      await using system = createLocalSystem()
      const answers = Promise.all(await runGraph(system, graph, ['local']))
      await system.advance(100_000)
      const errors = checkAnswers(graph, await answers)
      const isStuck = stuckAskers(graph).size > 0
      expect(errors > 0).toBe(isStuck)
      runs[isStuck ? 'stuck' : 'free']++
      runs.errors += errors
    }),
    { numRuns: 1_000 },
  )
  // Both kinds of graph were there, in numbers.
  expect(runs.stuck).toBeGreaterThan(200)
  expect(runs.free).toBeGreaterThan(200)
  expect(runs.errors).toBeGreaterThan(runs.stuck)
})
