/** What the benchmarks' commands refuse, in words and with exit code 2, before they measure anything. */
import { expect, test } from 'vitest'
import { bench } from './bench.ts'

test.each([
  ['profile ping-pong --peer nosuch', 'no peer nosuch runs on Node; there are: troupe, loop, xstate'],
  ['profile ping-pong --peer erlang', 'no peer erlang runs on Node; there are: troupe, loop, xstate'],
  ['profile ping-pong --peer comlink', 'comlink does not do ping-pong; it does: xthread-tell'],
  ['profile ping-pong nosuch', 'ping-pong has no variants, got nosuch'],
  ['profile xthread-ask nosuch', 'xthread-ask has no variant nosuch; it has: busy, '],
  ['profile nosuch', 'there is no workload nosuch, and no such program'],
  ['profile n-queens --peer xstate', "n-queens is troupe's alone, got --peer xstate"],
  ['compare ping-pong --peers ,', "--peers is a list of names such as xstate,erlang, got ','"],
  ['compare ping-pong --peers=', "--peers is a list of names such as xstate,erlang, got ''"],
  ['log --only nosuch', "no row of log contains 'nosuch'; its rows are:\n  commands, synced journals\n"],
  ['kernel --only tell', '--only is for the suite log alone'],
  [
    'compare ping-pong --peers comlink',
    'nothing to compare: none of comlink does ping-pong; comlink does xthread-tell',
  ],
])('pnpm bench %s is refused', async (command, message) => {
  const { code, stdout, stderr } = await bench(...command.split(' '))
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toContain(message)
  expect(stderr).not.toMatch(/^ {4}at /m)
})

test('a comparison leaves out what none of the peers that were named does, and says so', async () => {
  const { code, stdout, stderr } = await bench(
    ...['compare', 'ping-pong', 'xthread-tell', '--peers', 'comlink', '--quick', '--json'],
  )
  expect(code).toBe(0)
  const rows = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(rows.map(({ peer, workload }) => `${workload} ${peer}`)).toEqual([
    'xthread-tell troupe',
    'xthread-tell comlink',
  ])
  expect(stderr).toContain('left out, as none of comlink does it: ping-pong')
})

test('a program of the Savina suite is profiled, thread by thread', async () => {
  const { code, stdout, stderr } = await bench('profile', 'trapezoid', '--ms', '1', '--top', '3')
  expect({ code, stderr }).toMatchObject({ code: 0 })
  expect(stdout).toMatch(/^main thread: benchmarks\/results\/profiles\/trapezoid-.*\.cpuprofile$/m)
  expect(stdout).toMatch(/^worker thread 1: /m)
  expect(stdout.match(/^busy \d+ ms, idle \d+ ms/gm)?.length).toBeGreaterThan(1)
})
