/** An option of the wrong kind is a `ConfigurationError` that names the option, what it must be, and the value as it is written. */
import { ConfigurationError } from '@troupe/core'
import { expect, test } from 'vitest'
import {
  PropertyFailure,
  replay,
  type SimulatedWorld,
  SimulationFailure,
  saveFailure,
  simulate,
  simulateMany,
} from '../src/index.ts'
import { runSimulationTest } from '../src/vitest/simulation-test.ts'

const nothing = async () => {}
const fails = async () => {
  throw new Error('it always fails')
}
const place = { name: 'a test', file: import.meta.filename, environment: {}, print: () => {} }
const nodesNeeded = "nodes must be a whole number from 1 to 1000, or a list of different names other than 'main'"

test.each<[options: object, message: string]>([
  [{ seed: '1' }, "seed must be a whole number, got '1'"],
  [{ nodes: '3' }, `${nodesNeeded}, got '3'`],
  [{ nodes: 0 }, `${nodesNeeded}, got 0`],
  [{ nodes: -1 }, `${nodesNeeded}, got -1`],
  [{ nodes: 1.5 }, `${nodesNeeded}, got 1.5`],
  [{ nodes: [] }, `${nodesNeeded}, got []`],
  [{ nodes: ['a', 'a'] }, `${nodesNeeded}, got ['a', 'a']`],
  [{ nodes: [1] }, `${nodesNeeded}, got [1]`],
  [{ nodes: null }, `${nodesNeeded}, got null`],
  [{ faults: 'some' }, "faults must be 'all' or an object of strengths by kind, got 'some'"],
  [{ faults: [] }, "faults must be 'all' or an object of strengths by kind, got []"],
  [{ faults: null }, "faults must be 'all' or an object of strengths by kind, got null"],
  [{ faults: { crash: '1' } }, "faults.crash must be a number from 0, got '1'"],
  [{ faults: { loss: 2 } }, 'faults.loss must be a number from 0 to 1, got 2'],
  [{ faults: { crsh: 1 } }, "faults: there is no option 'crsh'; did you mean 'crash'?"],
  [{ faults: { points: 1 } }, 'faults.points must be odds by name, got 1'],
  [{ faults: { points: { here: 0.5 } } }, "faults.points['here'] takes an object of options, got 0.5"],
  [{ faults: { points: { here: { crush: 1 } } } }, "faults.points['here']: there is no option 'crush'; did you"],
  [{ faults: { points: { here: { crash: '1' } } } }, "faults.points['here'].crash must be a probability from 0"],
  [{ schedule: { strategy: 'pct', dept: 3 } }, "schedule 'pct': there is no option 'dept'; did you mean 'depth'?"],
  [
    { schedule: { dept: 3 } },
    'schedule must be one of random, pct, pos, delay, or { strategy } with one of them, got { dept: 3 }',
  ],
  [{ schedule: { strategy: 'pos', depth: 3 } }, "schedule 'pos': there is no option 'depth'"],
  [{ schedule: 'pcd' }, "with one of them, got 'pcd'"],
  [{ schedule: { strategy: 'pct', depth: '3' } }, "schedule.depth must be a whole number from 1 to 1000, got '3'"],
  [
    { schedule: { strategy: 'pos', patienceMs: '3' } },
    "schedule.patienceMs must be a number of milliseconds from 0, got '3'",
  ],
  [{ latency: { minMs: 1, meanMs: 1, maxMs: 3 } }, "latency: there is no option 'maxMs'; did you mean"],
  [{ latency: { minMs: '1', meanMs: 1 } }, "latency.minMs must be a number of milliseconds from 0, got '1'"],
  [{ latency: { minMs: 1 } }, 'latency.meanMs must be a number of milliseconds from 0, got undefined'],
  [{ latency: { minMs: 1, meanMs: 1, distribution: 'normal' } }, 'latency.distribution must be one of constant'],
  [{ schedule: null }, 'or { strategy } with one of them, got null'],
  [{ latency: null }, 'latency takes an object of options, got null'],
  [{ latency: 5 }, 'latency takes an object of options, got 5'],
  [{ delivery: 'lossy' }, "delivery must be 'promised' or 'hostile', got 'lossy'"],
  [{ swarm: 'no' }, "swarm must be true or false, got 'no'"],
  [{ taskMs: '5' }, "taskMs must be a number from 0, got '5'"],
  [{ eventsMax: '9' }, "eventsMax must be a number above 0, or Infinity, got '9'"],
  [{ logLevel: 'loud' }, "logLevel must be one of debug, info, warn, error, got 'loud'"],
  [{ trace: { state: true } }, "trace: there is no option 'state'; did you mean 'states'?"],
  [{ services: 3 }, 'services must be an object of services by name, or a function that gives one, got 3'],
  [{ branches: 3 }, 'branches must be a list of { afterStep, seed }, got 3'],
])('simulate(%o)', async (options, message) => {
  const error: any = await simulate({ seed: 1, ...options } as any, nothing).catch((thrown) => thrown)
  expect(error).toBeInstanceOf(ConfigurationError)
  expect(error.message).toContain(message)
})

test.each<[what: string, run: () => Promise<unknown>, message: string]>([
  [
    'no seeds',
    () => simulateMany({ seeds: 0 } as any, nothing),
    "seeds must be a list of whole numbers, or a range such as '1..200', got 0",
  ],
  ['no option', () => simulateMany({} as any, nothing), "range such as '1..200', got undefined"],
  ['seeds as text', () => simulateMany({ seeds: ['1'] } as any, nothing), "range such as '1..200', got ['1']"],
  ['a count in text', () => simulateMany({ seeds: '5' }, nothing), "range such as '1..200', got '5'"],
  [
    'a word for twice',
    () => simulateMany({ seeds: [1], twice: 'yes' } as any, nothing),
    "twice must be true or false, got 'yes'",
  ],
  [
    'no program',
    () => simulate({ seed: 1 }, undefined as any),
    'the program of simulate must be a function of the world, got undefined',
  ],
  [
    'a program alone',
    () => simulate(nothing as any, nothing),
    'simulate takes an object of options, got function nothing',
  ],
  [
    'half a seed in a test',
    () => runSimulationTest(place, { seeds: 1.5 }, nothing),
    'seeds must be a whole number, a list or a range, got 1.5',
  ],
  [
    'fewer seeds than none in a test',
    () => runSimulationTest(place, { seeds: -1 }, nothing),
    'at least one seed, got -1',
  ],
  [
    'threads as text in a test',
    () => runSimulationTest(place, { threads: '2' } as any, nothing),
    "threads must be a whole number from 1, got '2'",
  ],
  [
    'a step in text',
    async () => replay((await saveFailure(fails, { seed: 1 }))!.saved, fails, { until: '3' } as any),
    "replay: until must be the number of a step, from 0, got '3'",
  ],
])('%s', async (_what, run, message) => {
  const error: any = await run().catch((thrown) => thrown)
  expect(error).toBeInstanceOf(ConfigurationError)
  expect(error.message).toContain(message)
})

test.each<[what: string, call: (world: any) => unknown, message: string]>([
  [
    'always(true)',
    (world) => world.always('x', true),
    'always x must be a function of the view that returns true or false, got true',
  ],
  [
    'always without a name',
    (world) => world.always(() => true),
    'the name of always must be a text that is not empty, got a function',
  ],
  [
    'always of no definition',
    (world) => world.always('x', () => true, { of: 'Counter' }),
    "always x: of must be the definition of an actor, got 'Counter'",
  ],
  [
    'sometimes(1)',
    (world) => world.sometimes('x', 1),
    'sometimes x must be true, false or a function of the view that returns one of them, got 1',
  ],
  [
    'eventually within text',
    (world) => world.eventually('x', { withinMs: '5', predicate: () => true }),
    "eventually x: withinMs must be a number above 0, got '5'",
  ],
  [
    'eventually with a misspelt option',
    (world) => world.eventually('x', { within: 5 }),
    "eventually x: there is no option 'within'; did you mean 'withinMs'?",
  ],
  [
    'partition of names',
    (world) => world.partition('node-1', 'node-2'),
    "a group of nodes must be a list of names, such as ['node-1'], got 'node-1'",
  ],
  [
    'partition with a misspelt option',
    (world) => world.partition(['node-1'], ['node-2'], { oneway: true }),
    "partition: there is no option 'oneway'; did you mean 'oneWay'?",
  ],
  [
    'a planned partition with one',
    (world) => world.at('1s').partition(['node-1'], ['node-2'], { oneway: true }),
    "did you mean 'oneWay'?",
  ],
  [
    'a planned crash with one',
    (world) => world.at('1s').crash('node-1', { forMs: 5 }),
    "a step of a plan: there is no option 'forMs'; did you mean 'for'?",
  ],
  [
    'a sleep of text',
    (world) => world.sleep('5'),
    "the ms of world.sleep must be a number of milliseconds from 0, got '5'",
  ],
  [
    'an observer that is none',
    (world) => world.observe('turn'),
    "the listener of world.observe must be a function of an event, got 'turn'",
  ],
])('world: %s', async (_what, call, message) => {
  let error: any
  await simulate({ seed: 1, nodes: 2 }, async (world) => {
    error = await Promise.resolve()
      .then(() => call(world))
      .catch((thrown) => thrown)
  })
  expect(error).toBeInstanceOf(ConfigurationError)
  expect(error.message).toContain(message)
})

test('a property, and a claim by predicate, has a name of its own', async () => {
  await simulate({ seed: 1 }, async (world) => {
    world.always('x', () => true)
    expect(() => world.always('x', () => true)).toThrow('always x: there is one of that name already')
    world.sometimes('y', () => true)
    expect(() => world.sometimes('y', () => true)).toThrow('sometimes y: there is one of that name already')
    expect(() => world.sometimes('y', true)).toThrow(ConfigurationError)
    world.sometimes('z', false)
    world.sometimes('z', true)
    expect(() => world.sometimes('z', () => true)).toThrow(ConfigurationError)
  })
})

test.each<[reason: string, declare: (world: SimulatedWorld) => unknown]>([
  ['always', (world) => world.always('late', (async () => false) as any)],
  ['sometimes', (world) => world.sometimes('late', (async () => true) as any)],
  [
    'eventually',
    (world) => world.heal().then(() => world.eventually('late', { withinMs: 5, predicate: (async () => true) as any })),
  ],
])('a promise is no verdict of %s, and its rejection is nobody else’s', async (reason, declare) => {
  const run = simulate({ seed: 1, nodes: 1 }, async (world) => {
    await declare(world)
    await world.sleep(10)
  })
  const error = await run.then(
    () => undefined,
    (thrown: unknown) => thrown as PropertyFailure,
  )
  expect(error).toBeInstanceOf(PropertyFailure)
  expect(error!.facts).toMatchObject({ reason, property: 'late' })
  expect(error!.message).toContain(`${reason} late: a predicate is synchronous and returns true or false`)
  expect(error!.message).toContain('got a promise')
  expect(error!.cause).toBeInstanceOf(ConfigurationError)
})

test('nor is one a condition of a check', async () => {
  const failed = async (condition: unknown) => {
    const run = simulate({ seed: 1 }, async (world) => world.check(condition as boolean, 'it holds'))
    return await run.then(
      () => undefined,
      (thrown: unknown) => thrown as SimulationFailure,
    )
  }
  const error = await failed(Promise.resolve(true))
  expect(error).toBeInstanceOf(SimulationFailure)
  expect(error!.facts.reason).toBe('check')
  expect(error!.message).toContain('world.check takes true or false: await what is a promise')
  expect((await failed(() => true))!.message).toContain('got a function')
  expect((await failed(undefined))!.facts.what).toBe('it holds')
  expect(await failed(true)).toBeUndefined()
})
