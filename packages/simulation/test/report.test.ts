/** What a report is made from: recorded states, messages tied to their arrival, faults as bands. The page: test/report. */
import { namedRef } from '@troupe/core'
import { expect, test } from 'vitest'
import { SimulationFailure, type SimulationProgram, simulate } from '../src/index.ts'
import { reportHtml, simulationReport } from '../src/report/index.ts'
import { Counter, Relay } from './actors.ts'

const relaying: SimulationProgram = async (world) => {
  const counter = await world.spawn(Counter, { start: 0 }, { node: 'node-1', name: 'counter' })
  const relay = await world.spawn(Relay, { to: counter.ref }, { node: 'node-2', name: 'relay' })
  await relay.ask('relay', 5)
  world.crash('node-1')
  await world.restart('node-1')
  const partition = world.partition(['node-1'], ['node-2'])
  await world.ask(namedRef(Relay, { node: 'node-2', name: 'relay' }), 'relay', 1)
  partition.heal()
}

test('states are recorded where they change, also within asynchronous turns, and leave the run as it is', async () => {
  const options = { seed: 7, nodes: 2 }
  const plain = await simulate(options, relaying)
  const run = await simulate({ ...options, trace: { states: true } }, relaying)
  expect(run.hash).toBe(plain.hash)
  expect((await simulate({ ...options, trace: true }, relaying)).states).toBeUndefined()
  const of = (path: string) => run.states?.filter(({ actor }) => actor === path)
  expect(of('/node-1/counter')?.map(({ state, ended }) => (ended ? 'ended' : state))).toEqual([
    { count: 0 },
    { count: 5 },
    { count: 6 },
    'ended',
    { count: 0 },
  ])
  expect(of('/node-2/relay')?.map(({ state }) => (state as { relayed: number }).relayed)).toEqual([0, 1, 2])
})

test('a message is tied to its arrival or loss, its local ones to the turn; faults last until they end', async () => {
  const run = await simulate({ seed: 7, nodes: 2, trace: { states: true } }, relaying)
  const { events, bands = [], nodes, actors } = simulationReport(run)
  expect(nodes).toEqual(['main', 'node-1', 'node-2'])
  expect(actors).toContainEqual({ path: '/node-1/counter', node: 'node-1' })
  const arrivals = events.filter(({ kind }) => kind === 'delivered' || kind === 'dropped')
  expect(arrivals.some(({ kind }) => kind === 'dropped')).toBe(true)
  for (const { cause, message, payload } of arrivals) {
    expect(events[cause ?? -1]).toMatchObject({ kind: 'sent', message })
    expect(events[cause ?? -1]?.payload).toBe(payload)
  }
  expect(bands.map(({ kind, nodes: on }) => [kind, on])).toEqual([
    ['down', ['node-1']],
    ['partition', ['node-1', 'node-2']],
  ])
  for (const { from, to } of bands) expect(to).toBeGreaterThan(from)
  const states = events.flatMap((event) => event.states ?? [])
  expect(states.map(({ actor, state }) => [actor, state])).toEqual(
    run.states?.map(({ actor, state }) => [actor, state]),
  )
})

test('a failure keeps its trace and states, out of sight of what prints errors, and its report ends in the violation', async () => {
  const run = simulate({ seed: 1, trace: { states: true } }, async (world) => {
    const counter = await world.spawn(Counter, { start: 0 }, { node: 'node-1', name: 'counter' })
    world.always('below two', (view) => view.cells(Counter).every(({ state }) => state.count < 2))
    for (;;) await counter.ask('add', 1)
  })
  const failure: SimulationFailure = await run.then(
    () => expect.unreachable(),
    (error) => error,
  )
  expect(failure).toBeInstanceOf(SimulationFailure)
  expect(Object.keys(failure)).not.toContain('trace')
  const report = simulationReport(failure)
  expect(report.events.at(-1)).toMatchObject({ kind: 'violation', text: 'violated: below two' })
  expect(report.verdict).toContain('always below two: it does not hold')
  expect(report.events.flatMap(({ states = [] }) => states).at(-1)?.state).toEqual({ count: 2 })
})

test('a report needs a trace; too much of it is left out with a note', async () => {
  const run = await simulate({ seed: 7, nodes: 2 }, relaying)
  expect(() => simulationReport(run)).toThrow('a report needs a run with `trace: true`')
  const traced = simulationReport(await simulate({ seed: 7, nodes: 2, trace: { states: true } }, relaying))
  const html = reportHtml(traced, { eventsMax: 10, charactersMax: 1 })
  expect(html).toContain(`The first ${traced.events.length - 10} of ${traced.events.length} events are left out.`)
  expect(html).toContain('Later payloads and states are left out')
})
