/** A search on several threads finds what a search on one does. */
import { createSystem, type ThreadSystem } from '@troupe/threads'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { CheckerError, check, type SearchProgress } from '../src/index.ts'
import { checkParallel } from '../src/parallel/index.ts'
import { type ProgramOptions, programOptions, programs } from '../src/programs/index.ts'
import { asking, failing, goingRoundApart, saving } from './parallel-systems.ts'

const source = (name: string, options: ProgramOptions = {}) => ({
  module: new URL('../src/programs/index.ts', import.meta.url).href,
  name: 'programOptions',
  arguments: [name, options],
})
const own = (name: string, ...given: unknown[]) => {
  return { module: new URL('./parallel-systems.ts', import.meta.url).href, name, arguments: given }
}

/** Threads that are there from the first state on, so that all of them search. */
const systems = new Map<number, ThreadSystem>()
beforeAll(async () => {
  for (const others of [1, 3]) systems.set(others, await createSystem({ threads: others, log: 'none' }))
})
afterAll(async () => {
  for (const system of systems.values()) await system.stop()
})
const on = (others: number) => ({ system: systems.get(others) as ThreadSystem })

/** Children are checked on one thread. */
const spawnless = (name: string) => name !== 'lock-service'

describe.each([1, 3])('this thread and %i more', (others) => {
  const alike: [string, ProgramOptions][] = [
    ...[...programs.keys()]
      .filter(spawnless)
      .map((name): [string, ProgramOptions] => [name, { stopAtViolation: false }]),
    ['two-phase-commit', { parameters: { rms: 5 } }],
    ['two-phase-commit', { parameters: { rms: 5 }, symmetry: true }],
    ['two-phase-commit-model', { parameters: { rms: 5 }, symmetry: true }],
    ['paxos-ballots', { symmetry: true }],
    ['paxos-register', { crashes: 1, depthMax: 9 }],
    ['abd', { network: 'ordered' }],
    ['abd', { network: 'duplicating', lastDelivered: true, depthMax: 8 }],
    ['single-copy', { crashes: 1 }],
    ['ping-pong', { lossy: true }],
    ...[...programs.values()]
      .filter(({ name, network }) => network !== undefined && spawnless(name))
      .map(({ name }): [string, ProgramOptions] => {
        return [name, { stopAtViolation: false, reduction: 'persistent-sets' }]
      }),
    ['abd', { network: 'ordered', reduction: 'persistent-sets' }],
    ['single-copy', { crashes: 1, reduction: 'persistent-sets' }],
    ['ping-pong', { lossy: true, reduction: 'persistent-sets' }],
  ]
  test.each(alike)('%s %o', async (name, options) => {
    const alone = check(programOptions(name, options) as any)
    const shared = await checkParallel(source(name, options), on(others))
    const { distinct, generated, depth, complete, cut, always, sometimes, eventually } = alone
    expect(shared).toMatchObject({ complete, cut, depth, always, sometimes, eventually })
    if (cut !== 'violation') expect(shared).toMatchObject({ distinct, generated })
    const shape = (result: any) =>
      result.counterexamples.map(({ kind, property, steps, loopsTo }: any) => {
        return { kind, property, steps: steps.length, loopsTo }
      })
    expect(new Set(shape(shared))).toEqual(new Set(shape(alone)))
  })

  test('a violation is found with a shortest counterexample', async () => {
    const two = source('single-copy', { parameters: { servers: 2 } })
    const { counterexample, cut, always } = await checkParallel(two, on(others))
    expect({ cut, always }).toEqual({ cut: 'violation', always: { linearizable: 'fails' } })
    expect(counterexample?.steps.map((step: any) => step.message?.name)).toEqual(['put', 'putOk', 'get', 'getOk'])
  })

  test('what must become true is looked for in the whole graph', async () => {
    const { eventually, counterexamples } = await checkParallel(own('goingRound'), on(others))
    expect(eventually).toEqual({ arrives: 'fails', leaves: 'holds' })
    expect(counterexamples.map(({ property, loopsTo, steps }) => [property, loopsTo, steps.length])).toEqual([
      ['arrives', 1, 3],
    ])
  })

  test('reduction leaves out what it does on one thread, and the verdicts are those of the full search', async () => {
    const whole = check(goingRoundApart('none'))
    const alone = check(goingRoundApart('persistent-sets'))
    const shared = await checkParallel(own('goingRoundApart', 'persistent-sets'), on(others))
    const verdictsOf = ({
      always,
      sometimes,
      eventually,
    }: Pick<typeof alone, 'always' | 'sometimes' | 'eventually'>) => {
      return { always, sometimes, eventually }
    }
    expect(verdictsOf(whole)).toEqual({
      always: { 'joe is not told': 'holds' },
      sometimes: { 'eve is told': 'holds' },
      eventually: { 'eve is told in the end': 'fails' },
    })
    expect(verdictsOf(alone)).toEqual(verdictsOf(whole))
    const { distinct, generated, depth } = alone
    expect(distinct).toBeLessThan(whole.distinct)
    expect(shared).toMatchObject({ distinct, generated, depth, complete: true, ...verdictsOf(whole) })
    expect(shared.counterexample?.steps.length).toBe(alone.counterexample?.steps.length)
  })

  test('disks that stall do so on every thread', async () => {
    const { distinct, generated, depth, sometimes } = check(saving())
    expect(sometimes).toEqual({ 'both were told twice': 'holds' })
    expect(await checkParallel(own('saving'), on(others))).toMatchObject({ distinct, generated, depth, sometimes })
  })

  test('asks, their tokens and their errors are the same on every thread', async () => {
    const { distinct, generated, depth, always, sometimes } = check(asking())
    expect({ always, sometimes }).toEqual({
      always: { 'no ask is answered twice': 'holds' },
      sometimes: { 'all are answered': 'holds' },
    })
    expect(await checkParallel(own('asking'), on(others))).toMatchObject({
      ...{ distinct, generated, depth, always, sometimes },
      complete: true,
    })
  })

  test('actors begin anew and end alike on every thread, and up to symmetry', async () => {
    const { distinct, generated, depth, sometimes } = check(failing())
    expect({ distinct, sometimes }).toEqual({ distinct: 6 ** 3, sometimes: { 'all are gone': 'holds' } })
    expect(await checkParallel(own('failing'), on(others))).toMatchObject({ distinct, generated, depth, sometimes })
    expect(check({ ...failing(), symmetry: [['ann', 'bob', 'eve']] }).distinct).toBe((6 * 7 * 8) / 6)
  })

  test('what a turn may not do is the error that one thread has, whichever meets it', async () => {
    const failure = await checkParallel(own('readsClockLate'), on(others)).catch((error) => error)
    expect(failure).toBeInstanceOf(CheckerError)
    expect(failure.message).toMatch(/^actor \w+, message tick: /)
    expect(failure.facts).toMatchObject({ message: 'tick' })
  })
})

test('children are refused on several threads', async () => {
  await expect(checkParallel(source('lock-service'), on(1))).rejects.toThrow('nor with several threads')
})

test('limits end it', async () => {
  const cutOf = async (options: ProgramOptions) => {
    const { cut, complete, always } = await checkParallel(source('two-phase-commit', options), on(1))
    expect({ complete, always }).toEqual({ complete: false, always: { consistent: 'unknown' } })
    return cut
  }
  expect(await cutOf({ statesMax: 100 })).toBe('statesMax')
  expect(await cutOf({ depthMax: 3 })).toBe('depthMax')
  expect(await cutOf({ parameters: { rms: 9 }, secondsMax: 0.05, statesMax: 1e8 })).toBe('secondsMax')
})

test('it says how far it is, and ends where what it tells that throws', async () => {
  const told: SearchProgress[] = []
  const searched = source('two-phase-commit', { parameters: { rms: 5 } })
  const { depth } = await checkParallel(searched, { ...on(1), progress: (found) => told.push(found) })
  expect(told.length).toBeGreaterThan(0)
  for (const [index, found] of told.entries()) {
    expect(found.distinct).toBeGreaterThanOrEqual(told[index - 1]?.distinct ?? 1)
    expect(found.depth).toBeLessThanOrEqual(depth)
  }
  const interrupt = () => {
    throw new RangeError('enough')
  }
  await expect(checkParallel(searched, { ...on(1), progress: interrupt })).rejects.toThrow('enough')
})

test.each([1, 2])('%i threads of its own', async (threads) => {
  const { distinct, generated } = await checkParallel(source('two-phase-commit', { parameters: { rms: 5 } }), {
    threads,
  })
  expect({ distinct, generated }).toMatchObject({ distinct: 8_832 })
})

test('a source that there is not is refused, and so is no thread', async () => {
  await expect(checkParallel({ ...source('abd'), name: 'nothing' }, { threads: 1 })).rejects.toThrow(
    'exports no function',
  )
  await expect(checkParallel(source('abd'), { threads: 0 })).rejects.toThrow('threads must be a whole number')
})
