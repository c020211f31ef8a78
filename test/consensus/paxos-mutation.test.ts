/** The mutation run of single-decree Paxos, short; `pnpm troupe mutate paxos` runs as many seeds as one likes. */
import { type Scenario, scenarioNamed } from '@troupe/scenarios'
import { mutate, mutationOperators } from '@troupe/simulation/mutation'
import { expect, test } from 'vitest'

const { subject, definitions, survivors } = (scenarioNamed('paxos') as Required<Scenario>).mutation()

test('most mutants are killed by twelve seeds, each kind among them', { timeout: 180_000 }, async () => {
  // Most of what is handled twice is no mistake, and takes every seed to say so: below, with fewer.
  const operators = mutationOperators.filter((operator) => operator !== 'deliver-twice')
  const report = await mutate(subject, { seeds: '1..12', definitions, operators, explanations: survivors })
  expect(report.cleanFailures).toEqual([])
  expect(report.results.length).toBeGreaterThanOrEqual(35)
  expect(report.rate).toBeGreaterThanOrEqual(0.85)
  const killed = report.results.filter(({ verdict }) => verdict === 'killed').map(({ mutation }) => mutation.operator)
  // No role of Paxos sends two different messages to one receiver in a turn.
  expect(operators.filter((operator) => !killed.includes(operator))).toEqual(['swap-sends'])
  const names = report.results.filter(({ verdict }) => verdict === 'equivalent').map(({ name }) => name)
  expect(names).toEqual([
    'Acceptor: lower configuration.quorums.acceptance by one',
    'Acceptor: lower configuration.quorums.election by one',
    'Learner: lower configuration.quorums.election by one',
  ])
})

test('what is explained is what survives being handled twice', { timeout: 60_000 }, async () => {
  const operators = ['deliver-twice'] as const
  const { results } = await mutate(subject, { seeds: '1..4', definitions, operators, explanations: survivors })
  const survived = results.filter(({ verdict }) => verdict === 'survived').map(({ name }) => name)
  expect(survived.toSorted()).toEqual(Object.keys(survivors).toSorted())
})
