/** Scenarios by name: equal arguments, equal runs; what is refused. */
import { ConfigurationError } from '@troupe/core'
import { expect, test } from 'vitest'
import { scenarioNamed, scenarios, seedsOf, surveySeeds } from '../src/index.ts'

test.each([...scenarios.keys()])('%s: a seed is one run, with a planted bug too', async (name) => {
  const scenario = scenarioNamed(name)
  const [bug] = scenario.bugs.keys()
  for (const options of [{}, { nodes: scenario.nodes.min }, bug === undefined ? {} : { bug }]) {
    expect(await scenario.run(3, options)).toEqual(await scenario.run(3, options))
  }
  expect((await scenario.run(3)).failure).toBeUndefined()
})

test('options that a scenario does not take are refused', async () => {
  expect(() => scenarioNamed('nothing')).toThrow(ConfigurationError)
  const paxos = scenarioNamed('paxos')
  for (const options of [{ nodes: 0 }, { nodes: 2.5 }, { nodes: 32 }, { bug: 'toString' }, { faults: { loss: 2 } }]) {
    await expect((async () => paxos.run(1, options))()).rejects.toThrow(ConfigurationError)
  }
})

test('a survey counts from one seed that fails to the next', async () => {
  const failing = [3, 4, 10]
  const seen: number[] = []
  const survey = await surveySeeds(seedsOf('12'), async (seed) => {
    seen.push(seed)
    return { failure: failing.includes(seed) ? { what: seed === 10 ? 'progress' : 'check' } : undefined }
  })
  // It took 3 seeds, then 1, then 6.
  const reasons = { check: 2, progress: 1 }
  expect(survey).toEqual({ seeds: 12, found: 3, first: 3, seedsMedian: 3, seedsP95: 6, reasons })
  expect(seen).toEqual(seedsOf('1..12'))
})

test('seeds', () => {
  expect(seedsOf('3')).toEqual([1, 2, 3])
  expect(seedsOf('7..9')).toEqual([7, 8, 9])
  expect(seedsOf('7..7')).toEqual([7])
  for (const text of ['', '0', '9..7', '1..', '-3', '1.5', 'all', '1..99999999', '99999999999999999999']) {
    expect(() => seedsOf(text), text).toThrow(ConfigurationError)
  }
})
