/** Models of the TLA+ examples: the counts are TLC's. */
import { expect, test } from 'vitest'
import { check, formatCounterexample } from '../src/index.ts'
import { diningPhilosophersProgram } from '../src/programs/dining-philosophers.ts'
import { incrementProgram } from '../src/programs/increment.ts'
import { paxosBallotsProgram } from '../src/programs/paxos-ballots.ts'
import type { Program } from '../src/programs/program.ts'
import { transactionCommitProgram } from '../src/programs/transaction-commit.ts'
import { twoPhaseCommitProgram } from '../src/programs/two-phase-commit.ts'
import { twoPhaseCommitModelProgram } from '../src/programs/two-phase-commit-model.ts'

const run = (program: Program<any>, parameters: Record<string, number>, symmetry = false) =>
  check(program.options(parameters, symmetry) as any)

test.each([
  [twoPhaseCommitModelProgram, { rms: 3 }, 288, 1_146, 11],
  [transactionCommitProgram, { rms: 3 }, 34, 94, 7],
  [paxosBallotsProgram, { acceptors: 3, values: 2, ballots: 2 }, 3_921, 23_563, 17],
  [diningPhilosophersProgram, { philosophers: 5 }, 67, 336, 29],
] as const)('%o %o', (program, parameters, distinct, generated, depth) => {
  const result = run(program, parameters)
  expect(result).toMatchObject({ complete: true, counterexample: undefined, distinct, generated, depth })
})

test.each([
  [5, 8_832],
  [7, 296_448],
])('two-phase commit as a model with %i managers has %i states', (rms, distinct) => {
  expect(run(twoPhaseCommitModelProgram, { rms })).toMatchObject({ complete: true, distinct })
})

test.each([
  [3, 80],
  [5, 314],
  [7, 920],
])('up to symmetry of %i managers there are %i states, of actors and of the model', (rms, distinct) => {
  for (const program of [twoPhaseCommitProgram, twoPhaseCommitModelProgram]) {
    expect(run(program, { rms }, true)).toMatchObject({ complete: true, distinct, counterexample: undefined })
  }
})

test('an increment without a lock loses an update', () => {
  const { counterexample } = run(incrementProgram, { processes: 2 })
  expect(counterexample?.property).toBe('no update is lost')
  expect(
    formatCounterexample(counterexample!)
      .split('\n')
      .filter((line) => /^ +[1-9]/.test(line)),
  ).toEqual(['   1. read "p0"', '   2. read "p1"', '   3. write "p0"', '   4. write "p1"'])
})
