/** The campaign of a replicated key-value store, short: the command runs the same with as many seeds as one likes. */
import { LogObserver, LogViolationError } from '@troupe/consensus'
import { type MultiPaxosRun, runMultiPaxos, scenarioNamed, seedsOf } from '@troupe/scenarios'
import { expect, test } from 'vitest'

test.each([4, 6])('%i nodes: fifteen seeds break nothing, and are wild enough to mean something', async (nodes) => {
  const runs: MultiPaxosRun[] = []
  for (const seed of seedsOf('15')) runs.push(await runMultiPaxos(seed, { nodes }))
  expect(runs.flatMap(({ seed, failure }) => (failure === undefined ? [] : [{ seed, what: failure.what }]))).toEqual([])
  const share = (holds: (run: MultiPaxosRun) => boolean) => runs.filter(holds).length / runs.length
  expect(share(({ leaders }) => leaders > 2)).toBeGreaterThan(0.8)
  expect(share(({ configurations }) => configurations > 1)).toBeGreaterThan(0.7)
  expect(share(({ installed }) => installed > 0)).toBeGreaterThan(0.3)
  expect(share(({ linearizable }) => linearizable === true)).toBeGreaterThan(0.9)
  expect(share(({ operations }) => operations > 100)).toBeGreaterThan(0.5)
})

test('a seed replays to the same run', async () => {
  expect(await runMultiPaxos(3, { nodes: 4 })).toEqual(await runMultiPaxos(3, { nodes: 4 }))
})

test('who learns of the end of its configuration forgets for good what it had accepted behind that', async () => {
  // Once in a run of ten thousand seeds what was kept was another change of members, and a configuration ended twice.
  const multiPaxos = scenarioNamed('multi-paxos')
  for (const seed of seedsOf('11..60')) {
    const { failure, claims } = await multiPaxos.run(seed)
    expect({ seed, what: failure?.what }).toEqual({ seed, what: undefined })
    if (claims?.['struck while accepted entries are void'] === true) return
  }
  expect.unreachable('no seed came to entries that are void')
})

test('the observer notices a broken invariant', () => {
  const state = (id: string, nonce: string, more: object = {}) => ({
    id,
    configuration: { number: 1, members: [], quorums: { election: 1, acceptance: 1 } },
    entries: { trimmed: 0, entries: [{ kind: 'open', nonce }] },
    applied: 1,
    decided: 1,
    lead: undefined,
    ...more,
  })
  const check =
    (...states: object[]) =>
    () =>
      new LogObserver().check(states as never)
  expect(check(state('a', 'x'), state('b', 'x'))).not.toThrow()
  expect(check(state('a', 'x'), state('b', 'y'))).toThrow(LogViolationError)
  expect(check(state('a', 'x'), state('b', 'y'))).toThrow('agreement')
  expect(check(state('a', 'x', { decided: 2 }))).toThrow('order')
  const ended = { kind: 'configuration', configuration: { number: 2, members: [] } }
  const entries = { trimmed: 0, entries: [ended, { kind: 'open', nonce: 'x' }] }
  const acceptedBallot = { config: 1, n: 1, priority: 0, node: 'a' }
  expect(check(state('a', 'x', { entries, acceptedBallot, applied: 0, decided: 0 }))).toThrow('end')
  const next = { entries, acceptedBallot: { ...acceptedBallot, config: 2 }, applied: 0, decided: 0 }
  expect(check(state('a', 'x', next))).not.toThrow()
  const config = { number: 2, members: [], quorums: { election: 1, acceptance: 1 } }
  const kept = { entries, acceptedBallot, configuration: config, applied: 1, decided: 1 }
  expect(check(state('a', 'x', kept))).toThrow(
    'a keeps entries that it accepted before the configuration that it is in',
  )
  expect(check(state('a', 'x', { ...kept, acceptedBallot: { ...acceptedBallot, config: 2 } }))).not.toThrow()
  const twice = { entries: { trimmed: 0, entries: [ended, ended] }, applied: 2, decided: 2 }
  expect(check(state('a', 'x', twice))).toThrow('configuration 1 has ended twice')
  const lead = { elected: true, ballot: { config: 1, n: 2, priority: 0, node: 'b' } }
  const without = { lead, decided: 0, applied: 0, entries: { trimmed: 0, entries: [] } }
  expect(check(state('a', 'x'), state('b', 'x', without))).toThrow('leader')
})
