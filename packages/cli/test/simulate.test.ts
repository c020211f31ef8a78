/** `troupe simulate` and `troupe bugs`. */
import { expect, test } from 'vitest'
import { troupe } from './troupe.ts'

test('a scenario under many seeds, with progress beside the row', async () => {
  const { code, rows, stderr } = await troupe('simulate', 'paxos', '--seeds', '1..50', '--json')
  expect(code).toBe(0)
  const [{ events, virtualSeconds, seconds, ...others }] = rows() as [any]
  expect(others).toEqual({
    scenario: 'paxos',
    seeds: 50,
    failures: [],
    nodes: 5,
    bug: null,
    faults: 'own',
    reasons: {},
    saved: [],
  })
  // Each run has 2.5 virtual seconds of faults.
  expect(virtualSeconds).toBeGreaterThan(50 * 2.5)
  expect(events).toBeGreaterThan(5_000)
  expect(seconds).toBeGreaterThan(0)
  expect(stderr.split('\n').slice(0, 2)).toEqual(['paxos: 5 of 50 seeds', 'paxos: 10 of 50 seeds'])
  expect(stderr.endsWith('paxos: 50 of 50 seeds\n')).toBe(true)
})

test('faults and nodes reach the run, and equal commands give equal figures', async () => {
  const figures = async (...words: string[]) => {
    const [{ seconds: _seconds, ...others }] = (
      await troupe('simulate', 'paxos', '--seeds', '5', ...words, '--json')
    ).rows()
    return others
  }
  const quiet = await figures('--faults', 'none')
  const losing = await figures('--faults', 'loss=0.2')
  expect(losing.faults).toEqual({ loss: 0.2, duplicate: 0, reorder: 0 })
  expect(await figures('--faults', 'none')).toEqual(quiet)
  expect(losing.events).not.toBe(quiet.events)
  expect((await figures('--faults', 'none', '--nodes', '3')).events).toBeLessThan(quiet.events)
})

test('a planted bug fails seeds, and the same seed alone fails again', async () => {
  const { code, rows } = await troupe('simulate', 'paxos', '--seeds', '30', '--bug', 'forgotten-promise', '--json')
  expect(code).toBe(1)
  const [{ failures, reasons }] = rows() as [any]
  expect(failures.length).toBeGreaterThan(0)
  expect(Object.values(reasons as Record<string, number>).reduce((sum, count) => sum + count)).toBe(failures.length)
  const seed = failures[0]
  const again = await troupe('simulate', 'paxos', '--seeds', `${seed}..${seed}`, '--bug', 'forgotten-promise')
  expect(again.code).toBe(1)
  expect(again.stdout).toContain('1 seeds on 5 nodes, 1 failed')
  expect(again.stdout).toContain(`seed ${seed} failed at`)
})

test('the table of planted bugs', async () => {
  const { code, rows } = await troupe('bugs', 'half-quorum', 'forgotten-promise', '--seeds', '20', '--json')
  expect(code).toBe(0)
  expect(rows().map(({ bug }) => bug)).toEqual(['forgotten-promise', 'half-quorum'])
  for (const { scenario, seeds, found, seedsMedian, seedsP95, cleanFound } of rows()) {
    expect({ scenario, seeds, cleanFound }).toEqual({ scenario: 'paxos', seeds: 20, cleanFound: 0 })
    expect(found).toBeGreaterThan(0)
    expect(seedsMedian).toBeGreaterThanOrEqual(1)
    expect(seedsP95).toBeGreaterThanOrEqual(seedsMedian)
  }
  expect((await troupe('bugs', 'half-quorum', '--seeds', '5')).stdout).toMatch(/^bug +scenario .*\nhalf-quorum +paxos/)
})

test('a bug that no seed finds fails the table', async () => {
  // One node alone is a quorum whichever way it is counted: there is nothing to find.
  const { code, rows } = await troupe('bugs', 'counted-replies', '--seeds', '3', '--nodes', '1', '--json')
  expect(code).toBe(1)
  expect(rows()).toMatchObject([{ found: 0, seedsMedian: null, seedsP95: null }])
})

test('without a scenario all are listed', async () => {
  const [paxos] = (await troupe('simulate', '--json')).rows()
  expect(paxos).toMatchObject({ scenario: 'paxos', nodes: { default: 5, min: 1, max: 31 } })
  expect(Object.keys(paxos.bugs)).toHaveLength(8)
})

test.each([
  ['simulate nothing', "there is no scenario 'nothing'; there are paxos"],
  ['simulate paxos --seeds 5..1', 'the first not above the last'],
  ['simulate paxos --seeds many', "seeds must be N or A..B, got 'many'"],
  ['simulate paxos --nodes 77', 'runs on 1 to 31 nodes, got 77'],
  ['simulate paxos --bug none', "has no planted bug 'none'; it has forgotten-promise"],
  ['simulate paxos --faults storm=1', "got 'storm=1'"],
  ['simulate paxos --faults loss=3', 'from 0 to 1, got 3'],
  ['bugs nothing', "there is no planted bug 'nothing'; there are forgotten-promise"],
  ['bugs --nodes 0', "--nodes must be a whole number from 1, got '0'"],
  ['dance', "unknown command 'dance'"],
])('troupe %s is refused', async (command, message) => {
  const { code, stdout, stderr } = await troupe(...command.split(' '), ...(command === 'dance' ? [] : ['--json']))
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain(message)
})
