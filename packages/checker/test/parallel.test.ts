/** A search on two threads finds what a search on one does. */
import { expect, test } from 'vitest'
import { check } from '../src/index.ts'
import { checkParallel } from '../src/parallel/index.ts'
import { type ProgramOptions, programOptions } from '../src/programs/index.ts'

const source = (name: string, options: ProgramOptions = {}) => ({
  module: new URL('../src/programs/index.ts', import.meta.url).href,
  name: 'programOptions',
  arguments: [name, options],
})

test.each([
  ['two-phase-commit', { parameters: { rms: 5 } }],
  ['two-phase-commit-model', { parameters: { rms: 3 } }],
  ['paxos-register', {}],
  ['abd', {}],
  ['ping-pong', { lossy: true }],
  ['dining-philosophers', {}],
  ['abd', { network: 'ordered' }],
  ['single-copy', { crashes: 1 }],
] as [string, ProgramOptions][])('%s %o', async (name, options) => {
  const alone = check(programOptions(name, options) as any)
  const shared = await checkParallel(source(name, options), { threads: 2 })
  expect(shared.counterexample?.steps.length).toBe(alone.counterexample?.steps.length)
  const { distinct, generated, depth, complete, always, sometimes } = alone
  if (complete) expect(shared).toMatchObject({ distinct, generated, depth, complete, sometimes })
  expect(shared).toMatchObject({ complete, always })
})

test('a violation is found with a shortest counterexample', async () => {
  const { counterexample, cut, always } = await checkParallel(source('single-copy', { parameters: { servers: 2 } }), {
    threads: 2,
  })
  expect({ cut, always }).toEqual({ cut: 'violation', always: { linearizable: 'fails' } })
  expect(counterexample?.steps.map((step: any) => step.message?.name)).toEqual(['put', 'putOk', 'get', 'getOk'])
})

test('a search that goes on after a violation keeps the shortest counterexample all the same', async () => {
  const options = { parameters: { servers: 2 }, stopAtViolation: false }
  const { counterexamples, distinct } = await checkParallel(source('single-copy', options), { threads: 2 })
  expect(distinct).toBe(62)
  expect(counterexamples.map(({ kind, steps }) => [kind, steps.length])).toEqual([['always', 4]])
})

test('limits end it', async () => {
  const cutOf = async (options: ProgramOptions) =>
    (await checkParallel(source('two-phase-commit', options), { threads: 2 })).cut
  expect(await cutOf({ statesMax: 100 })).toBe('statesMax')
  expect(await cutOf({ depthMax: 3 })).toBe('depthMax')
})

test('what needs one thread is refused', async () => {
  await expect(checkParallel(source('two-phase-commit', { symmetry: true }), { threads: 2 })).rejects.toThrow(
    'no symmetry',
  )
  await expect(checkParallel({ ...source('abd'), name: 'nothing' }, { threads: 1 })).rejects.toThrow(
    'exports no function',
  )
})
