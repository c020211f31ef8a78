/** Cycles of asks over threads. */
import { AskCycleError, ConfigurationError } from '@troupe/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AskerActor } from '../../core/test/ask-graph.ts'
import { askGraph, checkAnswers, runGraph, stuckAskers } from '../../core/test/ask-graph-oracle.ts'
import { createSystem } from '../src/index.ts'
import { startSystem } from './support.ts'

const nodes = ['node-1', 'node-2', 'node-3']

test('a cycle over three threads is found and named; the error keeps its class and facts', async () => {
  await using system = await startSystem({ threads: 3 })
  const [a, b, c] = await Promise.all(
    nodes.map((node, index) => system.spawn(AskerActor, undefined, { node, name: 'abc'[index] as string })),
  )
  const text = await a!.ask('chain', [b!.ref, c!.ref, a!.ref])
  expect(text).toMatch(/^caught ERR_TROUPE_ASK_CYCLE /)
  for (const step of [
    '/node-1/a -[chain]-> /node-2/b',
    '/node-2/b -[chain]-> /node-3/c',
    '/node-3/c -[chain]-> /node-1/a',
  ])
    expect(text).toContain(step)
  const error = await a!.ask('askUncaught', a!.ref).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(AskCycleError)
  expect((error as AskCycleError).facts.cycle).toEqual([{ actor: '/node-1/a', message: 'chain' }])
})

test('random graphs of asks on three threads: a cycle is reported exactly where somebody never goes on', async () => {
  await using system = await startSystem({ threads: 3, askCyclesAfterMs: 50 })
  const graphs = fc.sample(askGraph, { numRuns: 40, seed: 1 })
  const started = await Promise.all(
    graphs.map(async (graph, index) => ({ graph, answers: await runGraph(system, graph, nodes, `g${index}-`) })),
  )
  let stuck = 0
  for (const { graph, answers } of started) {
    const isStuck = stuckAskers(graph).size > 0
    if (isStuck) stuck++
    expect(checkAnswers(graph, await Promise.all(answers)) > 0).toBe(isStuck)
  }
  expect(stuck).toBeGreaterThan(10)
  expect(stuck).toBeLessThan(30)
})

test('askCyclesAfterMs is checked', async () => {
  for (const askCyclesAfterMs of [0, Number.NaN]) {
    await expect(createSystem({ threads: 1, askCyclesAfterMs })).rejects.toBeInstanceOf(ConfigurationError)
  }
})
