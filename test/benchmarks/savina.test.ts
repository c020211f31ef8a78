/**
 * The Savina suite at its small sizes: every program completes with the right result on one thread and on two, with
 * frozen messages; a wrong result, a failed actor and a wrong command line are errors. Nothing is said about speed.
 */
import { defineActor } from '@troupe/core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { measureProgram } from '../../benchmarks/savina/measure.ts'
import { defineProgram, expectEqual, WrongResultError } from '../../benchmarks/savina/program.ts'
import { programs } from '../../benchmarks/savina/programs.ts'
import { Stage } from '../../benchmarks/savina/stage.ts'
import { bench } from './bench.ts'

test('the suite has thirty programs, each under a name of its own', () => {
  expect(new Set(programs.map(({ name }) => name)).size).toBe(30)
  for (const { name } of programs) expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/)
})

describe.each([1, 2])('on %i threads', (threads) => {
  let stage: Stage

  beforeAll(async () => {
    stage = await Stage.open({ threads, development: true })
  })
  afterAll(() => stage.close())

  test.each(programs)('$name', async (program) => {
    // Spread over all threads, so that what is kept on one for speed is right on two as well.
    const verify = await program.prepare(program.quick).run(stage)
    verify()
    await stage.clear()
  })
})

const Double = defineActor({
  name: 'Double',
  init: () => ({}),
  on: {
    double(_state, value: number) {
      if (value > 100) throw new RangeError(`${value} is too large`)
      return value * 2
    },
  },
})

/** A program that is wrong for 13, and whose actor fails for what is above 100. */
const doubling = defineProgram({
  name: 'doubling',
  summary: 'twice a number',
  unit: 'numbers',
  size: { value: 7 },
  quick: { value: 7 },
  problem: ({ value }) => (value === 0 ? 'value is 1 at least' : undefined),
  expected: ({ value }) => (value === 13 ? 27 : value * 2),
  run: async (stage, { value }) => stage.ask(await stage.spawn(Double, undefined, 'local'), 'double', value),
  verify: (result, expected) => expectEqual('twice the number', result, expected),
  units: () => 1,
})
const options = { threads: [1, 2], runs: 3, warmUps: 1, spread: false }

test('a measurement has a line for each number of threads, of so many runs', async () => {
  const told: string[] = []
  const lines = await measureProgram(doubling, {
    ...options,
    size: { value: 7 },
    onRun: ({ threads, number, of }) => told.push(`${threads}: ${number} of ${of}`),
  })
  expect(lines.map(({ peer, workload, threads, unit, runs }) => ({ peer, workload, threads, unit, runs }))).toEqual(
    [1, 2].map((threads) => ({ peer: 'troupe', workload: 'doubling', threads, unit: 'numbers/s', runs: 3 })),
  )
  for (const { median, min, max } of lines) {
    expect(min).toBeGreaterThan(0)
    expect(median).toBeGreaterThanOrEqual(min)
    expect(max).toBeGreaterThanOrEqual(median)
  }
  expect(told).toEqual([1, 2, 3, 4].flatMap((number) => [`1: ${number} of 4`, `2: ${number} of 4`]))
})

test('a wrong result, an actor that fails and a size that cannot be are errors', async () => {
  const measured = (value: number) => measureProgram(doubling, { ...options, size: { value } })
  await expect(measured(13)).rejects.toThrow(new WrongResultError('twice the number: 26 instead of 27'))
  await expect(measured(101)).rejects.toThrow('101 is too large')
  await expect(measured(0)).rejects.toThrow('doubling: value is 1 at least')
})

test('the command prints one object a line, and its progress on standard error', async () => {
  const { code, stdout, stderr } = await bench(
    'savina',
    'thread-ring',
    'n-queens',
    '--quick',
    '--json',
    '--threads',
    '2',
  )
  expect(code).toBe(0)
  const lines = stdout.trim().split('\n')
  expect(lines.map((line) => JSON.parse(line)).map(({ workload, threads }) => [workload, threads])).toEqual([
    ['thread-ring', 1],
    ['thread-ring', 2],
    ['n-queens', 1],
    ['n-queens', 2],
  ])
  expect(stderr).toContain('[2/2] n-queens: 2 threads, run 1 of 1')
})

test('a line tells the sizes, whether it is quick and whether it is spread; a quick row is marked', async () => {
  const words = ['savina', 'n-queens', '--quick', '--set', 'queens=5', '--threads', '1', '--spread']
  const line = JSON.parse((await bench(...words, '--json')).stdout)
  const first = ['peer', 'workload', 'threads', 'unit', 'median', 'min', 'max', 'runs', 'size', 'spread', 'quick']
  expect(Object.keys(line).slice(0, first.length)).toEqual(first)
  expect(line).toMatchObject({ size: { queens: 5 }, spread: false, quick: true })
  const { stdout } = await bench(...words)
  expect(stdout).toMatch(/^n-queens .* {3}quick\n\nAll of it works. The figures of a quick run say nothing.\n$/)
})

test('the command says what is wrong with its command line, and what there is', async () => {
  const unknownName = await bench('savina', 'n-kings')
  expect(unknownName.code).toBe(2)
  expect(unknownName.stderr).toMatch(/there is no program n-kings; there are: .*n-queens/)
  const unknownFlag = await bench('savina', '--fast')
  expect(unknownFlag.code).toBe(2)
  expect(unknownFlag.stderr).toMatch(/--fast[\s\S]*--threads N/)
  const noNumber = await bench('savina', '--threads', 'many')
  expect(noNumber.code).toBe(2)
  expect(noNumber.stderr).toContain("--threads takes a whole number from 1 to 1024, got 'many'")
  const unknownParameter = await bench('savina', 'n-queens', '--set', 'kings=3')
  expect(unknownParameter.code).toBe(2)
  expect(unknownParameter.stderr).toContain('n-queens has no parameter kings; it has: queens=')
  const impossible = await bench('savina', 'n-queens', '--set', 'queens=40', '--threads', '1')
  expect(impossible.code).toBe(2)
  expect(impossible.stderr).toContain('n-queens: queens are 1 or from 4 to 16, got --set queens=40')
  const nothing = await bench('savina', 'n-queens', '--set', 'queens=3', '--json')
  expect(nothing.code).toBe(2)
  expect(nothing.stdout).toBe('')
})

test('a size at which nothing is completed is refused, and has no rate of 0', () => {
  const idle = defineProgram({
    name: 'idle',
    summary: 'does nothing',
    unit: 'deeds',
    size: { deeds: 0 },
    quick: { deeds: 1 },
    expected: () => 0,
    run: async () => 0,
    verify: () => {},
    units: ({ deeds }) => deeds,
  })
  expect(() => idle.prepare(idle.size)).toThrow('idle: of this size it completes no deeds')
  expect(idle.prepare(idle.quick).units).toBe(1)
})

test('help is printed, and an unknown suite is told what there is', async () => {
  const help = await bench('--help')
  expect(help.code).toBe(0)
  expect(help.stdout).toMatch(/suites: kernel.*\ncommands: .*savina/)
  const savina = await bench('savina', '--help')
  expect(savina.code).toBe(0)
  for (const { name } of programs) expect(savina.stdout).toContain(name)
  const unknown = await bench('kernels')
  expect(unknown.code).toBe(2)
  expect(unknown.stderr).toMatch(/there is no suite kernels[\s\S]*suites: kernel/)
})
