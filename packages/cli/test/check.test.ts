/** `troupe check`: figures of TLC and Stateright by command, and what it refuses. */
import { check } from '@troupe/checker'
import { checkedProgramOptions, checkedPrograms } from '@troupe/scenarios'
import { expect, test } from 'vitest'
import { troupe } from './troupe.ts'

const words = (command: string) => command.split(' ')

test.each<[command: string, figures: object]>([
  ['two-phase-commit --rms 3', { distinct: 288, generated: 762, depth: 11 }],
  ['two-phase-commit --rms 5', { distinct: 8_832 }],
  ['two-phase-commit --rms 5 --symmetry', { distinct: 314 }],
  ['two-phase-commit --rms 7 --symmetry', { distinct: 920 }],
  ['two-phase-commit-model --rms 3', { distinct: 288, generated: 1_146, depth: 11 }],
  ['two-phase-commit-model --rms 3 --symmetry', { distinct: 80 }],
  ['transaction-commit --rms 3', { distinct: 34, generated: 94, depth: 7 }],
  ['paxos-ballots --acceptors 3 --values 2 --ballots 2', { distinct: 3_921, generated: 23_563, depth: 17 }],
  ['dining-philosophers --philosophers 5', { distinct: 67, generated: 336, depth: 29 }],
  [
    'paxos-register --servers 3 --clients 2 --network unordered',
    { distinct: 16_668, generated: 32_971, depth: 21, properties: { linearizable: 'holds', 'value chosen': 'holds' } },
  ],
  ['abd --servers 2 --clients 2 --network unordered', { distinct: 544 }],
  ['two-phase-commit --rms 5 --symmetry --threads 2', { distinct: 314, depth: 17 }],
  ['abd --threads 2', { distinct: 544, parameters: { servers: 2, clients: 2, network: 'unordered', threads: 2 } }],
  ['single-copy --servers 1 --clients 2', { distinct: 93 }],
  ['multi-paxos --leader-changes 0 --crashes 1', { distinct: 3_760, generated: 12_891, depth: 20 }],
  ['ben-or --rounds 1 --ones 3', { distinct: 728 }],
  ['chandra-toueg --rounds 1 --crashes 1', { distinct: 8_853 }],
  ['paxos-register --reduction persistent-sets --threads 2', { properties: { linearizable: 'holds' } }],
])('troupe check %s', async (command, figures) => {
  const { code, stderr, rows } = await troupe('check', ...words(command), '--json')
  // A slow machine is told how far it is.
  const complaints = stderr.replace(/^.*: \d+ distinct states, depth \d+, \d+ s\n/gm, '')
  expect({ code, complaints }).toEqual({ code: 0, complaints: '' })
  expect(rows()).toMatchObject([{ program: words(command)[0], complete: true, cut: null, violations: [], ...figures }])
})

test.each<[command: string, figures: object]>([
  [
    'single-copy --servers 2 --clients 2',
    {
      distinct: 62,
      properties: { linearizable: 'fails' },
      violations: [{ kind: 'always', property: 'linearizable', steps: 4 }],
    },
  ],
  ['increment --processes 2', { properties: { 'no update is lost': 'fails' } }],
  ['ping-pong --max 1 --lossy', { distinct: 14, parameters: { max: 1, network: 'duplicating', lossy: true } }],
  ['ping-pong --max 5 --lossy', { distinct: 4_094 }],
  ['ping-pong --max 5', { distinct: 11, properties: { 'goes beyond the end': 'fails' } }],
  [
    'multi-paxos --quorum 1 --commands 1 --stop-at-violation',
    { parameters: { quorum: 1 }, properties: { agreement: 'fails' } },
  ],
  ['single-copy --crashes 1', { properties: { linearizable: 'fails' } }],
  ['single-copy --servers 2 --stop-at-violation', { complete: false, cut: 'violation' }],
  ['two-phase-commit --states-max 100', { complete: false, cut: 'statesMax', properties: { consistent: 'unknown' } }],
  ['two-phase-commit --depth-max 3', { complete: false, cut: 'depthMax', depth: 3 }],
])('troupe check %s does not hold', async (command, figures) => {
  const { code, rows } = await troupe('check', ...words(command), '--json')
  expect(code).toBe(1)
  expect(rows()).toMatchObject([figures])
})

test.each<[command: string, reached: readonly string[]]>([
  ['multi-paxos --replicas 1', ['every command is applied']],
  ['multi-paxos --replicas 1 --crashes 1', ['every command is applied']],
  [
    'multi-paxos --replicas 2 --leader-changes 0 --crashes 1',
    [
      'every command is applied',
      'a vote is not synced when its node crashes',
      'a leader comes back without what others accepted from it',
    ],
  ],
  [
    'multi-paxos --replicas 2 --quorum 1 --leader-changes 0 --crashes 1',
    ['every command is applied', 'a vote is not synced when its node crashes'],
  ],
  ['multi-paxos --replicas 2 --commands 0', ['every command is applied', 'a leader takes over what another proposed']],
  ['ben-or --processes 1', ['all decide 1']],
  ['ben-or --processes 1 --rounds 1', ['all decide 1', 'the last round is reached']],
  ['ben-or --processes 2 --ones 2', ['all decide 1']],
  ['ben-or --processes 2', ['all decide 1', 'all decide 0', 'the last round is reached']],
  ['ben-or --rounds 1', ['all decide 0', 'the last round is reached']],
  ['chandra-toueg --processes 1', ['all decide']],
  ['chandra-toueg --processes 2', ['all decide', 'a coordinator is suspected', 'a round after the first decides']],
  ['chandra-toueg --processes 2 --trusted 1', ['all decide', 'a round after the first decides']],
  ['chandra-toueg --processes 2 --trusted 1 --suspicions 0', ['all decide', 'a round after the first decides']],
])('troupe check %s holds: what cannot happen at that size is not claimed', async (command, reached) => {
  const { code, stdout } = await troupe('check', ...words(command))
  expect(code).toBe(0)
  expect(stdout).toContain('every state was seen')
  const claims = [...stdout.matchAll(/^(\w+) +sometimes: (.*)$/gm)].map(([, verdict, claim]) => [claim, verdict])
  expect(Object.fromEntries(claims)).toEqual(Object.fromEntries(reached.map((claim) => [claim, 'holds'])))
})

test('a program with crashes has room for the children that they bring', async () => {
  const words = ['check', 'lock-service', '--crashes', '1', '--crash-steps', 'fewest', '--depth-max', '9', '--json']
  const refused = await troupe(...words, '--spawns-max', '1')
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('raise spawnsMax')])
  expect((await troupe(...words)).rows()).toMatchObject([{ cut: 'depthMax' }])
  const { code, rows } = await troupe(...words, '--spawns-max', '6', '--fair', 'none')
  expect(code).toBe(1)
  const parameters = { crashes: 1, crashSteps: 'fewest', spawnsMax: 6, fair: 'none' }
  expect(rows()).toMatchObject([{ parameters, cut: 'depthMax' }])
})

test('the help says of each parameter what it is, and of which programs', async () => {
  const { stdout } = await troupe('check', '--help')
  for (const { parameters } of checkedPrograms.values()) {
    for (const [parameter, { what }] of Object.entries(parameters)) {
      const flag = parameter.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
      expect(stdout.replace(/\s+/g, ' ')).toMatch(new RegExp(`--${flag} <number> .*${what}`))
    }
  }
})

test('one row has these fields and no others', async () => {
  const [row] = (await troupe('check', 'increment', '--json')).rows()
  const { seconds, ...others } = row
  expect(seconds).toBeGreaterThanOrEqual(0)
  expect(others).toEqual({
    program: 'increment',
    parameters: { processes: 2 },
    distinct: 12,
    generated: 15,
    depth: 5,
    properties: { 'no update is lost': 'fails' },
    complete: true,
    cut: null,
    violations: [{ kind: 'always', property: 'no update is lost', steps: 4 }],
  })
})

test('people see the way to a violation', async () => {
  const { code, stdout } = await troupe('check', 'single-copy', '--servers', '2')
  expect(code).toBe(1)
  expect(stdout).toContain('62 distinct states')
  expect(stdout).toContain('invariant violated: linearizable')
  expect(stdout).toContain('4. server1 -> client0: getOk {"id":4,"value":""}')
})

test('of a large state a step shows what it changed; --states shows it whole', async () => {
  const violated = ['check', 'multi-paxos', '--quorum', '1', '--commands', '1', '--stop-at-violation']
  const short = (await troupe(...violated)).stdout
  expect(short).toMatch(/^ {6}r\d\/replica\.promised\.n: 1 -> 2$/m)
  expect(short).not.toMatch(/^ {6}r\d\/replica = /m)
  expect(Math.max(...short.split('\n').map((line) => line.length))).toBeLessThan(400)
  const whole = (await troupe(...violated, '--states')).stdout
  expect(whole).toMatch(/^ {6}r\d\/replica = \{.{600,}\}$/m)
})

test('without a program all are listed with their parameters', async () => {
  const { code, rows } = await troupe('check', '--json')
  expect(code).toBe(0)
  expect(rows().map(({ program }) => program)).toEqual([
    'two-phase-commit',
    'two-phase-commit-model',
    'transaction-commit',
    'paxos-register',
    'paxos-ballots',
    'abd',
    'single-copy',
    'ping-pong',
    'dining-philosophers',
    'increment',
    'lock-service',
    'multi-paxos',
    'ben-or',
    'chandra-toueg',
  ])
  expect(rows()[5]).toMatchObject({ network: 'unordered', parameters: { servers: { default: 2, min: 2 } } })
  const { stdout } = await troupe('check')
  expect(stdout).toContain('--ballots N   ballots, 1 to 8, default 2')
  expect(stdout).toContain('  the defaults: 25858 distinct states, in about 2 s')
  expect(stdout).toMatch(/^ {2}--crashes 1: 2288911 distinct states, .*; raise --states-max$/m)
})

test.each([...checkedPrograms.values()])('the costs of $name are of sizes that it has', async (program) => {
  const { name, parameters, costs = [] } = program
  for (const { given, distinct } of costs) {
    expect([...Object.keys(parameters), 'crashes']).toEqual(expect.arrayContaining(Object.keys(given)))
    if (distinct > 50_000) continue
    const { crashes = 0, ...others } = given
    const { complete, distinct: counted } = check(checkedProgramOptions(name, { crashes, parameters: others }) as any)
    expect({ complete, counted }).toEqual({ complete: true, counted: distinct })
  }
})

test('a search that was cut says what to do', async () => {
  const cutBy = async (...flags: string[]) => (await troupe('check', 'single-copy', '--servers', '2', ...flags)).stdout
  expect(await cutBy('--states-max', '10')).toContain(
    'not every state was seen: there are more than --states-max; raise',
  )
  expect(await cutBy('--depth-max', '2')).toContain('there are some below --depth-max; raise')
  expect(await cutBy('--stop-at-violation')).toContain('leave out --stop-at-violation')
})

test.each([
  ['nothing', 'there is no program nothing; there are two-phase-commit'],
  ['chandra-touge', "there is no program chandra-touge; did you mean 'chandra-toueg'?"],
  ['abd --rms 3', 'program abd has no parameter rms; it has servers, clients'],
  ['abd --servers 99', 'servers must be a whole number from 2 to 9, got 99'],
  ['paxos-register --servers 1', 'servers must be a whole number from 2 to 9, got 1'],
  ['ben-or --ones 5', 'ones of program ben-or must be at most its 3 processes, got 5'],
  ['abd --servers 1.5', "--servers must be a whole number from 0, got '1.5'"],
  ['abd --threads 0', "--threads must be a whole number from 1 to 64, got '0'"],
  ['abd --seconds-max never', "--seconds-max must be a number of seconds above 0, got 'never'"],
  ['abd --reduction all', 'Allowed choices are none, persistent-sets'],
  ['paxos-register --reduction persistent-sets --crashes x', "--crashes must be a whole number from 0, got 'x'"],
  ['two-phase-commit --reduction persistent-sets --symmetry', 'reduction goes with neither symmetry nor lastDelivered'],
  ['transaction-commit --reduction persistent-sets', 'is a model, which has no reduction'],
  ['abd --network pigeons', 'Allowed choices are unordered, duplicating, ordered'],
  ['abd --last-delivered', 'lastDelivered is of a duplicating network'],
  ['abd --symmetry', 'abd has no symmetric ids'],
  ['dining-philosophers --lossy', 'is a model, which has no lossy'],
  ['abd abd', 'too many arguments'],
  ['abd --unknown', "unknown option '--unknown'"],
])('troupe check %s is refused', async (command, message) => {
  const { code, stdout, stderr } = await troupe('check', ...words(command), '--json')
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(/^\w+Error \(ERR_TROUPE_\w+\): .*\n$/)
  expect(stderr).toContain(message)
})
