/** `troupe mutate`. */
import { expect, test } from 'vitest'
import { troupe } from './troupe.ts'

test('a row for each mutant, and one for the protocol', async () => {
  const { code, rows } = await troupe('mutate', 'delivery', '--seeds', '8', '--json')
  expect(code).toBe(0)
  const mutants = rows().slice(0, -1)
  const { seconds, ...figures } = rows().at(-1)
  expect(seconds).toBeGreaterThan(0)
  expect(figures).toEqual({
    protocol: 'delivery',
    seeds: 8,
    mutants: 20,
    killed: 15,
    survived: 1,
    equivalent: 4,
    rate: 15 / 16,
    cleanFailures: [],
    cleanViolation: null,
  })
  const verdicts = Object.fromEntries(mutants.map(({ mutant, verdict, what }) => [mutant, [verdict, what]]))
  expect(verdicts).toMatchObject({
    'Inbox.put: drop persist took': ['killed', 'posts are taken once and in order'],
    'Inbox.put: handle twice': ['equivalent', 'in-plan'],
    'Outbox.taken: drop persist delivered': ['killed', 'no post is sent again after the next one'],
    'Outbox.taken: handle twice': ['equivalent', 'no-effect'],
    'Outbox.resend: handle twice': ['survived', expect.stringContaining('sent twice')],
  })
  for (const { protocol, mutant, operator, seeds, by, seed } of mutants) {
    expect({ protocol, mutant }).toEqual({ protocol: 'delivery', mutant: expect.any(String) })
    expect(operator).toMatch(/^[a-z]+-[a-z]+$/)
    if (by === 'simulation') expect(seeds).toBe(seed)
  }
})

test('one thread and several judge alike, in the same order, and tell how far they are', async () => {
  const on = async (threads: string) => {
    const { code, rows, stderr } = await troupe('mutate', 'delivery', '--seeds', '8', '--threads', threads, '--json')
    expect(code).toBe(0)
    expect(stderr).toBe('')
    return rows().map(({ seconds: _seconds, ...row }) => row)
  }
  const one = await on('1')
  expect(one).toHaveLength(21)
  expect(await on('3')).toEqual(one)
  const long = await troupe('mutate', 'delivery', '--seeds', '60', '--mutant', 'Inbox.put: ignore', '--threads', '2')
  expect(long.stderr).toContain('delivery, the clean twin: 30 of 60 seeds\n')
})

test('people see what killed a mutant, and a rate that is too low fails', async () => {
  const words = ['mutate', 'delivery', '--seeds', '3', '--mutant', 'Outbox.resend: handle twice']
  const { code, stdout } = await troupe(...words, '--mutant', 'Inbox.put: ignore', '--rate', '0.6')
  expect(code).toBe(1)
  expect(stdout).toContain('killed     Inbox.put: ignore\n           seed 1, after 1: every post arrives\n')
  expect(stdout).toContain('survived   Outbox.resend: handle twice\n           a post that is sent again')
  expect(stdout).toMatch(/delivery: 2 mutants under 3 seeds, 1 killed, 1 survived, 0 no mistakes\nkill rate 50.0 %/)
  expect((await troupe(...words, '--operators', 'deliver-twice', '--rate', '0')).code).toBe(0)
})

test('mutants that are chosen by name fail it when one survives for no reason, and by a rate that is asked for', async () => {
  const words = ['mutate', 'delivery', '--seeds', '3', '--json']
  const survivor = ['--mutant', 'Outbox.resend: handle twice']
  const equivalent = ['--mutant', 'Inbox.put: handle twice']
  const code = async (...flags: string[]) => (await troupe(...words, ...flags)).code
  expect(await code(...survivor, ...equivalent)).toBe(0)
  expect(await code(...survivor, '--rate', '0.1')).toBe(1)
  expect(await code(...equivalent, '--rate', '0.9')).toBe(0)
  // One seed does not tell it from its clean twin, and nothing says why it would do no harm.
  const unnoticed = ['--seeds', '1', '--mutant', 'Inbox.put: drop persist took', '--json']
  const unexplained = await troupe('mutate', 'delivery', ...unnoticed)
  expect(unexplained.rows()[0]).toMatchObject({ verdict: 'survived', what: null })
  expect(unexplained.code).toBe(1)
})

test('without a protocol all are listed', async () => {
  expect((await troupe('mutate', '--json')).rows().map(({ protocol }) => protocol)).toEqual([
    'paxos',
    'multi-paxos',
    'ben-or',
    'chandra-toueg',
    'delivery',
  ])
  expect((await troupe('mutate')).stdout).toContain('delivery: posts from two durable outboxes')
})

test.each([
  ['mutate deliver', "there is no protocol 'deliver'; did you mean 'delivery'?"],
  ['mutate nothing', "there is no protocol 'nothing'; there are paxos, multi-paxos, ben-or, chandra-toueg, delivery\n"],
  [
    'mutate cache',
    'scenario cache is no subject of a mutation run; there are paxos, multi-paxos, ben-or, chandra-toueg, delivery\n',
  ],
  ['mutate delivery --seeds 1 --record nowhere/run.jsonl', 'the record nowhere/run.jsonl cannot be written: ENOENT'],
  ['mutate delivery --seeds 1 --record .', 'the record . cannot be written: EISDIR'],
  ['mutate paxos --nodes 77', 'runs on 1 to 31 nodes, got 77'],
  ['mutate paxos --rate 2', "--rate must be a number from 0 to 1, got '2'"],
  ['mutate paxos --operators drop-persist,guess', 'with commas between them; got'],
  ['mutate delivery --seeds 1 --mutant Inbox', "no run has a point for the mutant 'Inbox'; there are"],
])('troupe %s is refused', async (command, message) => {
  const { code, stdout, stderr } = await troupe(...command.split(' '), '--json')
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain(message)
})
