import { ConfigurationError } from '@troupe/core'
import { expect, test } from 'vitest'
import { defineScenario, replay, saveFailure, shrink, simulate, simulateMany, simulateTwice } from '../src/index.ts'
import { mutate, simulatedSubject } from '../src/mutation/index.ts'
import { runSimulationTest } from '../src/vitest/simulation-test.ts'
import { Counter } from './actors.ts'

const fails = async () => {
  throw new Error('it always fails')
}
const nothing = async () => {}
const place = { name: 'a test', file: import.meta.filename, environment: {}, print: () => {} }
const saved = async () => (await saveFailure(fails, { seed: 1 }))!.saved

test.each<[what: string, run: () => Promise<unknown>, message: string]>([
  ['simulate', () => simulate({ seed: 1, seedz: 2 } as any, nothing), "simulate: there is no option 'seedz'; did you"],
  ['simulateTwice', () => simulateTwice({ seed: 1, fault: 'all' } as any, nothing), "did you mean 'faults'?"],
  ['simulateMany', () => simulateMany({ seeds: '1..2', twise: true } as any, nothing), "did you mean 'twice'?"],
  ['a campaign for a seed', () => simulateMany({ seed: '1..2' } as any, nothing), "did you mean 'seeds'?"],
  ['saveFailure', () => saveFailure(fails, { seed: 1, option: {} } as any), "did you mean 'options'?"],
  ['its options', () => saveFailure(fails, { seed: 1, options: { node: 3 } as any }), "did you mean 'nodes'?"],
  ['replay', async () => replay(await saved(), fails, { untill: 3 } as any), "did you mean 'until'?"],
  ['shrink', async () => shrink(await saved(), fails, { runMax: 3 } as any), "did you mean 'runsMax'?"],
  [
    'a scenario',
    async () => defineScenario({ parameters: {}, run: nothing, lest: {} } as any),
    "defineScenario: there is no option 'lest'; did you mean 'least'?",
  ],
  [
    'its options',
    async () => defineScenario({ parameters: {}, run: nothing, options: { seed: 1 } as any }),
    "defineScenario: options: there is no option 'seed'",
  ],
  [
    'a simulation test',
    () => runSimulationTest(place, { seeds: 1, thread: 2 } as any, nothing),
    "simulationTest: there is no option 'thread'; did you mean 'threads'?",
  ],
  ['mutate', () => mutate(simulatedSubject({}, nothing), { seeds: [1], mutant: [] } as any), "did you mean 'mutants'?"],
])('%s names the option that it does not know, and the nearest', async (_what, run, message) => {
  const error: any = await run().catch((thrown) => thrown)
  expect(error).toBeInstanceOf(ConfigurationError)
  expect(error.message).toContain(message)
})

test('so do spawns and asks in a run, which may not go well where they fail on threads', async () => {
  await simulate({ seed: 1, nodes: 1 }, async (world) => {
    const misspelt = world.spawn(Counter, { start: 0 }, { node: 'node-1', mailbx: 3 } as any)
    await expect(misspelt).rejects.toThrow("there is no option 'mailbx'; did you mean 'mailbox'?")
    const counter = await world.spawn(Counter, { start: 0 }, { node: 'node-1' })
    const ask = () => world.askWith({ timeoutMS: 5 } as any, counter.ref, 'add', 1)
    expect(ask).toThrow("did you mean 'timeoutMs'?")
  })
})
