/** What makes no sense is refused where it is written, and what passes by looking like something else does not. */
import { ConfigurationError, defineActor } from '@troupe/core'
import { expect, test } from 'vitest'
import {
  replay,
  SimulatedDisk,
  type SimulatedWorld,
  type SimulateOptions,
  saveFailure,
  shrink,
  simulate,
  simulateMany,
} from '../src/index.ts'
import { LinkConditions } from '../src/link-conditions.ts'

const nothing = async () => {}

test.each<[what: string, write: (world: SimulatedWorld) => unknown]>([
  ['a slow link', (world) => world.at('1s').slow(['node-1'], ['node-2'], 0.5)],
  ['a clog', (world) => world.at('1s').clog(['node-1'], ['node-2'], 0)],
  ['a slow disk', (world) => world.at('1s').slowDisk('node-1', Number.NaN)],
  ['a jump', (world) => world.at('1s').jumpClock('node-1', Number.POSITIVE_INFINITY)],
  ['a small ring', (world) => world.at('1s').partitionRing(['node-1', 'node-2'])],
  ['a fault point without a name', (world) => world.at('1s').faultPoint('', 'crash')],
  ['an action that there is not', (world) => world.at('1s').faultPoint('here', 'burn' as 'crash')],
])('a plan with %s is refused where it is written', async (_what, write) => {
  let written = false
  const run = await simulate({ seed: 1, nodes: 2 }, async (world) => {
    expect(() => write(world)).toThrow(ConfigurationError)
    written = true
    await world.sleep(2_000)
  })
  expect(written).toBe(true)
  expect(run.virtualMs).toBe(2_000)
})

test.each<[option: string, options: Partial<SimulateOptions>]>([
  ['eventsMax', { eventsMax: Number.NaN }],
  ['virtualMsMax', { virtualMsMax: Number.NaN }],
  ['askCyclesAfterMs', { askCyclesAfterMs: 0 }],
])('a run without a sensible %s, which would never end, is refused', async (option, options) => {
  await expect(simulate({ seed: 1, ...options }, nothing)).rejects.toThrow(`${option} must be a number above 0`)
})

test('what every object has is no fault, and no fault point that was given odds', async () => {
  const faults = { toString: 1 } as object
  await expect(simulate({ seed: 1, faults }, nothing)).rejects.toThrow("faults: there is no option 'toString'")
  const Passing = defineActor({
    name: 'Passing',
    init: () => ({}),
    on: { pass: (_state, _message: void, ctx) => void ctx.faultPoint('constructor') },
  })
  const program = async (world: SimulatedWorld) => {
    const passing = await world.spawn(Passing, undefined, { node: 'node-1' })
    await expect(world.ask(passing.ref, 'pass')).rejects.toThrow('fault point constructor')
  }
  await simulate({ seed: 1, nodes: 1, faults: { points: { '*': { throw: 1 } } } }, program)
})

test('a campaign of nothing is no campaign', async () => {
  for (const seeds of [[], '5..1']) {
    await expect(simulateMany({ seeds }, nothing)).rejects.toThrow('a campaign needs at least one seed')
  }
  for (const failuresMax of [0, Number.NaN]) {
    await expect(simulateMany({ seeds: [1], failuresMax }, nothing)).rejects.toThrow('failuresMax must be a number')
  }
})

test('what is no program is refused by all that run one again', async () => {
  const { saved } = (await saveFailure(() => Promise.reject(new Error('always')), { seed: 1 }))!
  const none = {} as never
  for (const attempt of [() => saveFailure(none, { seed: 1 }), () => replay(saved, none), () => shrink(saved, none)]) {
    await expect(attempt()).rejects.toThrow('a scenario has parameters and a function run')
  }
})

test('what has ended does not end again', async () => {
  const link = new LinkConditions()
  const [first, second] = [link.slow(2), link.slow(3)]
  first()
  first()
  expect(link.arrival(0, 10)).toBe(30)
  second()
  expect(link.arrival(0, 10)).toBe(10)
  const [hold] = [link.hold(), link.hold()]
  hold()
  hold()
  expect(link.isHeld).toBe(true)

  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  const random = {
    int: () => 0,
    float: () => 0,
    chance: () => false,
    pick: <Item>(items: readonly Item[]) => items[0]!,
  }
  const disk = new SimulatedDisk({ schedule: (_delayMs, run) => queueMicrotask(run), random })
  const [full] = [disk.fill(), disk.fill()]
  full()
  full()
  disk
    .open()
    .write('file', 0, new Uint8Array(1), (error) => resolve((error as NodeJS.ErrnoException | undefined)?.code))
  expect(await promise).toBe('ENOSPC')
})
