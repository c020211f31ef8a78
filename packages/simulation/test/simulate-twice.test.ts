import { type ActorDefinition, defineActor } from '@troupe/core'
import { expect, test } from 'vitest'
import {
  type SimulatedWorld,
  SimulationDivergedError,
  SimulationFailure,
  simulate,
  simulateMany,
  simulateTwice,
} from '../src/index.ts'
import { asyncProgram } from './async-program.ts'

/** What the guard cannot see: something that outlives the run. */
let calls = 0

/** An actor whose turn replies with what `read` gives. */
function reading(read: () => unknown): ActorDefinition<{ read: () => unknown }, void> {
  return defineActor<{ read: () => unknown }>()({ name: 'Reading', init: () => ({}), on: { read: () => read() } })
}

test('a run that is the same twice is the run', async () => {
  const options = { seed: 3, nodes: 3, faults: 'all', delivery: 'hostile' } as const
  expect(await simulateTwice(options, asyncProgram)).toEqual(await simulate(options, asyncProgram))
  const kept = await simulateTwice({ ...options, trace: true }, asyncProgram)
  expect(kept.trace?.length).toBeGreaterThan(100)
})

test('a run that is another one the second time fails, with the first event that differs', async () => {
  const twice = simulateTwice({ seed: 1, nodes: 1 }, async (world) => {
    const actor = await world.spawn(
      reading(() => ++calls),
      undefined,
      { node: 'node-1' },
    )
    await actor.ask('read')
  })
  const error: any = await twice.catch((thrown) => thrown)
  expect(error).toBeInstanceOf(SimulationDivergedError)
  expect(error.code).toBe('ERR_TROUPE_SIMULATION_DIVERGED')
  expect(error.facts).toMatchObject({ seed: 1, reason: 'determinism' })
  expect(error.facts.first).toMatch(/node-1: sends reply 1 to main$/)
  expect(error.facts.second).toMatch(/node-1: sends reply 2 to main$/)
  expect(error.message).toContain('sends reply 1 to main')
  expect(error.facts.hashes[0]).not.toBe(error.facts.hashes[1])
})

test('a run that ends earlier the second time fails too', async () => {
  let runs = 0
  const twice = simulateTwice({ seed: 1, nodes: 1 }, async (world) => {
    const actor = await world.spawn(
      reading(() => 0),
      undefined,
      { node: 'node-1' },
    )
    if (++runs === 1) await actor.ask('read')
  })
  const error: any = await twice.catch((thrown) => thrown)
  expect(error).toBeInstanceOf(SimulationDivergedError)
  expect(error.facts.second).toBeUndefined()
})

test('a run that fails in the same way twice fails as it does', async () => {
  const twice = simulateTwice({ seed: 1, nodes: 1 }, async (world) => {
    await world.sleep(5)
    world.check(false, 'it never holds')
  })
  const error: any = await twice.catch((thrown) => thrown)
  expect(error).toBeInstanceOf(SimulationFailure)
  expect(error).not.toBeInstanceOf(SimulationDivergedError)
  expect(error.facts.reason).toBe('check')
})

test('a campaign runs each seed twice by choice, and has those that diverge among its failures', async () => {
  const options = { seeds: '1..6', nodes: 2, faults: 'all' } as const
  const counting = (counted: { runs: number }) => async (world: SimulatedWorld) => {
    counted.runs++
    const drawn = world.random.int(2)
    const actor = await world.spawn(
      reading(() => (drawn === 0 ? ++calls : 0)),
      undefined,
      { node: 'node-1' },
    )
    await world.ask(actor.ref, 'read').catch(() => {})
  }
  const once = { runs: 0 }
  expect((await simulateMany(options, counting(once))).failures).toEqual([])
  const both = { runs: 0 }
  const { failures, runs } = await simulateMany({ ...options, twice: true }, counting(both))
  expect([once.runs, both.runs, runs]).toEqual([6, 12, 6])
  expect(failures.length).toBeGreaterThan(0)
  expect(failures.length).toBeLessThan(6)
  for (const failure of failures) {
    expect(failure).toBeInstanceOf(SimulationDivergedError)
    expect(failure.message).toMatch(/event \d+ is ".*sends reply \d+ to main" in the first and/)
  }
})
