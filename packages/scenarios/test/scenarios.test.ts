/** Scenarios by name: equal arguments, equal runs; what is refused. */
import { ConfigurationError } from '@troupe/core'
import { ClaimTally, formatShrinking, replay, saveFailure, shrink } from '@troupe/simulation'
import { expect, test } from 'vitest'
import { scenarioNamed, scenarioRunOf, scenarios, seedsOf, surveySeeds } from '../src/index.ts'

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

/** What a run on so many nodes claims. */
const claimsOn = async (name: string, nodes?: number) => {
  const { claims = {}, failure } = await scenarioNamed(name).run(3, nodes === undefined ? {} : { nodes })
  expect(failure).toBeUndefined()
  return Object.keys(claims)
}

test.each([
  ['paxos', 9, 5],
  ['struck-paxos', 9, 5],
  ['ben-or', 4, 0],
  ['chandra-toueg', 11, 2],
])('%s: a campaign on one node comes to all that it claims', async (name, usual, alone) => {
  expect(await claimsOn(name)).toHaveLength(usual)
  expect(await claimsOn(name, 2)).toHaveLength(usual)
  expect(await claimsOn(name, 1)).toHaveLength(alone)
  const tally = new ClaimTally()
  for (const seed of seedsOf('100')) tally.add((await scenarioNamed(name).run(seed, { nodes: 1 })).claims ?? {})
  expect(Object.entries(tally.seedsReached).filter(([, seeds]) => seeds === 0)).toEqual([])
})

test('multi-paxos claims what its members can come to', async () => {
  const [alone, two, three, usual, six] = await Promise.all(
    [2, 3, 4, 6, 7].map((nodes) => claimsOn('multi-paxos', nodes)),
  )
  const beyond = (more: readonly string[] = [], fewer: readonly string[] = []) =>
    more.filter((claim) => !fewer.includes(claim))
  expect(await claimsOn('multi-paxos')).toEqual(usual)
  expect(usual).toHaveLength(45)
  expect(beyond(usual, three)).toEqual(['members that are not there are refused', 'five members', 'unequal quorums'])
  expect(beyond(usual, six)).toEqual(['five members', 'unequal quorums'])
  expect(beyond(three, two)).toEqual([
    'what was accepted behind an end is void',
    'who lost its disk is refused',
    'struck while accepted entries are void',
    'struck while a voter loses its disk',
    'three members',
  ])
  expect(beyond(two, alone)).toHaveLength(17)
  expect(alone).toContain('members are replaced')
})

const withParameters = [...scenarios.values()].filter(({ parameters }) => Object.keys(parameters).length > 0)

test.each(withParameters.map(({ name }) => name))(
  '%s: the least and the default of its parameters are runs',
  async (name) => {
    const scenario = scenarioNamed(name)
    const values = (of: 'default' | 'min') =>
      Object.fromEntries(Object.entries(scenario.parameters).map(([parameter, about]) => [parameter, about[of]]))
    const least = await scenario.run(3, { parameters: values('min') })
    expect(least.failure).toBeUndefined()
    const usual = await scenario.run(3)
    expect(await scenario.run(3, { parameters: values('default') })).toEqual(usual)
    expect(least.events).not.toBe(usual.events)
    // The program that is saved and replayed is the same, with the same defaults.
    expect(scenario.simulation.parameters).toMatchObject({ ...values('default'), bug: null, harmOnly: false })
    for (const parameter of Object.keys(scenario.parameters)) {
      for (const value of [0, 1.5, 1_000_000]) {
        await expect(
          (async () => scenario.run(1, { parameters: { [parameter]: value } }))(),
          `${parameter} ${value}`,
        ).rejects.toThrow(ConfigurationError)
      }
    }
  },
)

test('clients and operations are in the saved run, and shrink with everything else', async () => {
  const delivery = scenarioNamed('delivery')
  const options = { bug: 'lost-deduplication', parameters: { clients: 3, operations: 9 } }
  const shrunk: string[] = []
  for (let seed = 1; shrunk.length < 3 && seed <= 30; seed++) {
    if ((await delivery.run(seed, options)).failure === undefined) continue
    const found = await saveFailure(delivery.simulation, scenarioRunOf(delivery, seed, options))
    const { saved } = found as NonNullable<typeof found>
    expect(saved.program.parameters).toEqual({ clients: 3, operations: 9, bug: 'lost-deduplication', harmOnly: false })
    const smaller = await shrink(saved, delivery.simulation, { runsMax: 200 })
    expect(smaller.before.parameters).toEqual({ clients: 3, operations: 9 })
    expect((await replay(smaller.saved, delivery.simulation)).hash).toBe(smaller.saved.hash)
    shrunk.push(formatShrinking(smaller))
  }
  // What clients do comes from one stream, so that a run with fewer is not always one that fails.
  expect(shrunk).toContainEqual(expect.stringContaining('clients 3 -> 1, operations 9 -> 1'))
})
