/** Registers with their clients' history as part of the state: the counts are Stateright's. */
import { expect, test } from 'vitest'
import type { CheckOptions } from '../src/index.ts'
import { check } from '../src/index.ts'
import { abdProgram } from '../src/programs/abd.ts'
import { paxosRegisterProgram } from '../src/programs/paxos-register.ts'
import { singleCopyProgram } from '../src/programs/single-copy.ts'

const options = (program: typeof abdProgram, servers: number, clients: number) =>
  program.options({ servers, clients }, false) as CheckOptions<any>

const correct = {
  complete: true,
  always: { linearizable: 'holds' },
  sometimes: { 'value chosen': 'holds' },
  counterexample: undefined,
}

test('the Paxos register with 3 servers and 2 clients has 16,668 states, 32,971 generated, depth 21', () => {
  const result = check(options(paxosRegisterProgram, 3, 2))
  expect(result).toMatchObject({ ...correct, distinct: 16_668, generated: 32_971, depth: 21 })
})

test('ABD with 2 servers and 2 clients has 544 states', () => {
  expect(check(options(abdProgram, 2, 2))).toMatchObject({ ...correct, distinct: 544 })
})

test('one server that keeps the value for itself is linearizable, with 93 states', () => {
  expect(check(options(singleCopyProgram, 1, 2))).toMatchObject({ ...correct, distinct: 93 })
})

test('two such servers are not: the shortest history that shows it, and 62 states in full', () => {
  const { counterexample } = check(options(singleCopyProgram, 2, 2))
  expect(counterexample?.steps.map(({ message }) => message?.name)).toEqual(['put', 'putOk', 'get', 'getOk'])
  const full = check({ ...options(singleCopyProgram, 2, 2), stopAtViolation: false })
  expect(full).toMatchObject({ complete: true, distinct: 62, always: { linearizable: 'fails' } })
  expect(full.counterexamples).toHaveLength(1)
})
