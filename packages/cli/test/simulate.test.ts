/** `troupe simulate`. */
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
    parameters: { clients: 5 },
    bug: null,
    faults: 'own',
    claims: expect.objectContaining({ 'a proposer counts a quorum of votes': expect.any(Number) }),
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
  expect(await figures('--faults', 'none', '--twice')).toEqual(quiet)
})

test('clients and operations reach the run, and what is left out has its default', async () => {
  const events = async (...words: string[]) => {
    const { rows, code } = await troupe('simulate', 'delivery', '--seeds', '3', ...words, '--json')
    expect(code).toBe(0)
    return rows()[0].events as number
  }
  const usual = await events()
  expect(await events('--clients', '2', '--operations', '12')).toBe(usual)
  expect(await events('--clients', '4', '--operations', '20')).toBeGreaterThan(usual)
  expect(await events('--clients', '1', '--operations', '1')).toBeLessThan(usual)
})

test('a schedule and what is asserted reach the run', async () => {
  const run = async (...words: string[]) =>
    (await troupe('simulate', 'paxos', '--seeds', '5', '--json', ...words)).rows()
  const byChance = await run()
  expect((await run('--strategy', 'random'))[0].events).toBe(byChance[0].events)
  const pct = await run('--strategy', 'pct')
  expect(pct[0].events).not.toBe(byChance[0].events)
  expect((await run('--strategy', 'pct:depth=1,steps=16,patienceMs=100'))[0].events).not.toBe(pct[0].events)
  const planted = ['--bug', 'forgotten-promise', '--strategy', 'pos']
  expect((await run(...planted))[0].failures.length).toBeGreaterThan(0)
  expect((await run(...planted, '--harm'))[0].failures).toEqual([])
})

test('one thread and several find the same', async () => {
  const on = async (threads: string) => {
    const words = ['--bug', 'lost-deduplication', '--seeds', '1..30', '--threads', threads, '--json']
    const { code, rows, stderr } = await troupe('simulate', 'delivery', ...words)
    expect(code).toBe(1)
    expect(stderr).toBe('')
    return rows().map(({ seconds: _seconds, ...row }) => row)
  }
  const one = await on('1')
  expect(one[0].failures.length).toBeGreaterThan(1)
  expect(await on('3')).toEqual(one)
  const refused = await troupe('simulate', 'delivery', '--operations', '500', '--threads', '2')
  expect([refused.code, refused.stdout]).toEqual([2, ''])
})

test('what seeds came to counts on whatever thread they ran', async () => {
  const claimsOn = async (threads: string) => {
    const { rows } = await troupe('simulate', 'multi-paxos', '--seeds', '1..6', '--threads', threads, '--json')
    return rows()[0].claims as Record<string, number>
  }
  const claims = await claimsOn('1')
  expect(claims['another leader is elected']).toBeGreaterThan(1)
  expect(await claimsOn('2')).toEqual(claims)
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
  expect(again.stdout).toContain('1 seed on 5 nodes, clients 5, 1 failed')
  expect(again.stdout).toContain(`seed ${seed} failed at`)
})

test('without a scenario all are listed', async () => {
  const [paxos] = (await troupe('simulate', '--json')).rows()
  expect(paxos).toMatchObject({ scenario: 'paxos', nodes: { default: 5, min: 1, max: 31 } })
  expect(Object.keys(paxos.bugs)).toHaveLength(8)
  expect(paxos.parameters.clients).toMatchObject({ default: 5, min: 1, max: 31 })
  const { stdout } = await troupe('simulate')
  expect(stdout).toContain('  --operations N   posts of each client, 1 to 100, default 12\n')
})

test.each([
  ['simulate nothing', "there is no scenario 'nothing'; there are paxos"],
  ['simulate multi-paxo', "there is no scenario 'multi-paxo'; did you mean 'multi-paxos'?"],
  ['simulate paxos --seeds 5..1', 'the first not above the last'],
  [
    'simulate paxos --strategy luck',
    "schedule must be one of random, pct, pos, delay, or { strategy } with one of them, got 'luck'",
  ],
  ['simulate paxos --strategy pct:dept=3', "there is no option 'dept'; did you mean 'depth'?"],
  ['simulate paxos --strategy pct:3', "--strategy takes parameters as in pct:depth=4,steps=500; got '3'"],
  ['simulate paxos --seeds many', "seeds must be N or A..B, got 'many'"],
  ['simulate paxos --nodes 77', 'runs on 1 to 31 nodes, got 77'],
  ['simulate paxos --clients 0', 'must be a whole number from 1 to 31, got 0'],
  ['simulate paxos --clients few', "--clients must be a whole number from 0, got 'few'"],
  ['simulate paxos --operations 3', "scenario paxos has no parameter 'operations'; it has clients"],
  ['simulate cache --clients 3', "scenario cache has no parameter 'clients'; it has none"],
  ['simulate paxos --bug none', "has no planted bug 'none'; it has forgotten-promise"],
  ['simulate paxos --faults storm=1', "got 'storm=1'"],
  ['simulate paxos --faults loss=3', 'from 0 to 1, got 3'],
  ['dance', "unknown command 'dance'"],
])('troupe %s is refused', async (command, message) => {
  const { code, stdout, stderr } = await troupe(...command.split(' '), ...(command === 'dance' ? [] : ['--json']))
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain(message)
})

test('a failure says by which command its seed fails again, and that one does', async () => {
  const words = [
    'simulate',
    'paxos',
    '--bug',
    'half-quorum',
    '--nodes',
    '3',
    '--faults',
    'crash=2,loss=0.1',
    '--clients',
    '3',
  ]
  const { stdout } = await troupe(...words, '--strategy', 'pos:patienceMs=5', '--seeds', '10')
  const [, command] = /run it again: troupe (.*), and then troupe replay/.exec(stdout) as unknown as [string, string]
  expect(command).toMatch(
    /^simulate paxos --seeds (\d+)\.\.\1 --nodes 3 --faults loss=0.1,crash=2 --clients 3 --bug half-quorum --strategy pos:patienceMs=5 --save .troupe$/,
  )
  expect(stdout).not.toContain('simulate({')
  const again = await troupe(...command.replace(/ --save .*/, '').split(' '))
  const seedLine = (text: string) => text.split('\n').find((line) => line.startsWith('  seed '))
  expect(seedLine(again.stdout)).toBe(seedLine(stdout))
})
