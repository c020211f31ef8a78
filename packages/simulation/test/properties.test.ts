/** Properties: what always holds, what a campaign must reach, what comes to hold after the faults, and what they see. */
import { type ActorRef, ConfigurationError, defineActor, namedRef } from '@troupe/core'
import { expect, expectTypeOf, test } from 'vitest'
import {
  ClaimTally,
  PropertyFailure,
  type SimulationProgram,
  simulate,
  simulateMany,
  VacuousCampaignError,
} from '../src/index.ts'
import { Collector, Counter } from './actors.ts'

const failureOf = (program: SimulationProgram) =>
  simulate({ seed: 5, nodes: 2 }, program).then(
    () => undefined,
    (error) => error,
  )

test('a campaign that never reaches a claim fails and says how many seeds reached each', async () => {
  const program: SimulationProgram = async (world) => {
    const counter = await world.spawn(Counter, { start: 0 }, { node: 'node-1' })
    world.sometimes('it is three', (view) => view.cells(Counter).some(({ state }) => state.count === 3))
    world.sometimes('it is nine', (view) => view.cells(Counter).some(({ state }) => state.count === 9))
    const drawn = world.random.int(4)
    world.sometimes('two was drawn', drawn === 2)
    await counter.ask('add', drawn)
  }
  const error = await simulateMany({ seeds: '1..40' }, program).catch((thrown) => thrown)
  expect(error).toBeInstanceOf(VacuousCampaignError)
  expect(error.facts).toMatchObject({ runs: 40, unreached: ['it is nine'] })
  expect(error.facts.seedsReached['it is nine']).toBe(0)
  // Each is one draw of four.
  expect(error.facts.seedsReached['it is three']).toBeGreaterThan(2)
  expect(error.facts.seedsReached['two was drawn']).toBeGreaterThan(2)
  expect(error.message).toMatch(/^none of 40 seeds reached it is nine;[\s\S]*it is three: \d+ of 40 seeds/)
})

test('a campaign that reached all its claims says how often, and failures come before claims', async () => {
  const reaching: SimulationProgram = async (world) => world.sometimes('even', world.random.int(2) === 0)
  const { seedsReached } = await simulateMany({ seeds: '1..30' }, reaching)
  expect(seedsReached.even).toBeGreaterThan(5)
  expect(seedsReached.even).toBeLessThan(25)
  const failing: SimulationProgram = async (world) => {
    world.sometimes('never', false)
    world.check(world.random.int(2) === 0, 'odd')
  }
  const { failures, seedsReached: none } = await simulateMany({ seeds: '1..30' }, failing)
  expect(failures.length).toBeGreaterThan(0)
  expect(failures[0]?.facts.claims).toEqual({ never: false })
  expect(none).toEqual({ never: 0 })
})

test('claims of runs can be added up by who runs them', async () => {
  const tally = new ClaimTally()
  for (const seed of [1, 2, 3]) {
    const { claims } = await simulate({ seed }, async (world) => {
      world.sometimes('first', seed === 1)
      world.sometimes('third', false)
      world.sometimes('third', seed === 3)
    })
    tally.add(claims)
  }
  expect(tally.seedsReached).toEqual({ first: 1, third: 1 })
  expect(() => tally.check(3)).not.toThrow()
  tally.add({ second: false })
  expect(() => tally.check(4)).toThrow(VacuousCampaignError)
})

test('eventually resolves at the step at which it holds, and fails the run when its time is over', async () => {
  await simulate({ seed: 5, nodes: 2, faults: { crash: 5, partition: 5 } }, async (world) => {
    const counter = namedRef(Counter, { node: 'node-1', name: 'counter' })
    await world.spawn(Counter, { start: 0 }, { node: 'node-1', name: 'counter' })
    await world.sleep(500)
    await world.heal()
    const beganMs = world.now()
    world.tell(counter, 'add', 1)
    await world.eventually('it counts', {
      withinMs: 1_000,
      predicate: (view) => view.cells(Counter).some(({ state }) => state.count > 0),
    })
    expect(world.now() - beganMs).toBeLessThan(1_000)
    // Its time is over without it.
    await world.sleep(2_000)
  })
  const failure = await failureOf(async (world) => {
    await world.heal()
    await world.eventually('it stands', { withinMs: 250, predicate: () => false })
  })
  expect(failure).toBeInstanceOf(PropertyFailure)
  expect(failure.facts).toMatchObject({ seed: 5, reason: 'eventually', property: 'it stands', virtualMs: 250 })
  expect(failure.message).toMatch(/^seed 5 failed at 250\.000 ms, step \d+: eventually it stands: .* within 250 ms\n/)
})

test('a run does not end before what is demanded was decided', async () => {
  const notAwaited: SimulationProgram = async (world) => {
    await world.heal()
    void world.eventually('it stands', { withinMs: 250, predicate: () => false })
  }
  expect((await failureOf(notAwaited)).facts).toMatchObject({ property: 'it stands', virtualMs: 250 })
  const run = await simulate({ seed: 1 }, async (world) => {
    await world.heal()
    void world.eventually('time passes', { withinMs: 250, predicate: ({ nowMs }) => nowMs >= 100 })
    void world.sleep(100)
  })
  expect(run.virtualMs).toBe(100)
})

test('what a program may not demand is refused', async () => {
  const refused: SimulationProgram[] = [
    (world) => world.eventually('too early', { withinMs: 10, predicate: () => true }),
    async (world) => {
      await world.heal()
      await world.eventually('no time', { withinMs: 0, predicate: () => true })
    },
    async (world) => {
      world.always('twice', () => true)
      world.always('twice', () => true)
    },
    async (world) => {
      world.sometimes('twice', () => true)
      world.sometimes('twice', () => true)
    },
  ]
  for (const program of refused) {
    const failure = await failureOf(program)
    expect(failure.facts.reason).toBe('program')
    expect(failure.cause).toBeInstanceOf(ConfigurationError)
  }
})

test('a predicate that throws fails the run, whatever kind of property it is of', async () => {
  const thrower = () => {
    throw new RangeError('looked too closely')
  }
  const always = await failureOf(async (world) => {
    world.always('a', thrower)
    await world.sleep(1)
  })
  const sometimes = await failureOf(async (world) => {
    world.sometimes('b', thrower)
    await world.sleep(1)
  })
  const eventually = await failureOf(async (world) => {
    await world.heal()
    await world.eventually('c', { withinMs: 10, predicate: thrower })
  })
  const reasons = [always, sometimes, eventually].map(({ facts }) => [facts.reason, facts.property])
  expect(reasons).toEqual([
    ['always', 'a'],
    ['sometimes', 'b'],
    ['eventually', 'c'],
  ])
  for (const { cause } of [always, sometimes, eventually]) expect(cause).toBeInstanceOf(RangeError)
})

test('a property sees states by definition, typed, and each message from its sending to its turn', async () => {
  await simulate({ seed: 2, nodes: 2 }, async (world) => {
    const collector = await world.spawn(Collector, undefined, { node: 'node-1' })
    const places: string[] = []
    world.always('one message is in one place', (view) => {
      expectTypeOf(view.cells(Collector)[0]?.state.items).toEqualTypeOf<
        { from: string; number: number }[] | undefined
      >()
      const items = view.messages().filter(({ message }) => message === 'item')
      for (const { where, to, payload } of items)
        places.push(`${where} ${to} ${(payload as { number: number }).number}`)
      const handled = view.cells(Collector).flatMap(({ state }) => state.items).length
      return items.length + handled === (places.length === 0 ? 0 : 1)
    })
    collector.tell('item', { from: 'main', number: 1 })
    await world.sleep(50)
    expect([...new Set(places)]).toEqual(['network node-1 1', 'mailbox node-1 1'])
    expect(world.view.messages().filter(({ message }) => message === 'item')).toEqual([])
  })
})

const Watching = defineActor({
  name: 'Watching',
  init: (args: { other: ActorRef<any> }) => args,
  on: {
    watch({ other }, _message: undefined, ctx) {
      ctx.watch(other)
    },
  },
})

test('what a partition holds up is under way', async () => {
  await simulate({ seed: 2, nodes: 2 }, async (world) => {
    const counter = await world.spawn(Counter, { start: 0 }, { node: 'node-1' })
    const watching = await world.spawn(Watching, { other: counter.ref }, { node: 'node-2' })
    const partition = world.partition(['node-1'], ['node-2'])
    watching.tell('watch', undefined)
    await world.sleep(50)
    const held = () => world.view.messages().filter(({ message }) => message === 'watch')
    expect(held()).toMatchObject([{ where: 'network', from: 'node-2', to: 'node-1' }])
    partition.heal()
    await world.sleep(50)
    expect(held()).toEqual([])
  })
})

test('records are seen as they are appended, synced, lost by a crash and read again', async () => {
  await simulate({ seed: 4, nodes: 1 }, async (world) => {
    const counter = namedRef(Counter, { node: 'node-1', name: 'counter' })
    await world.spawn(Counter, { start: 0 }, { node: 'node-1', name: 'counter', durableId: 'counter' })
    const seen = new Set<string>()
    const durable = () =>
      world.view
        .records('counter')
        .filter(({ synced }) => synced)
        .flatMap((record) => (record.kind === 'events' ? record.events.map(({ event }) => event as number) : []))
    world.always('an answer is in the journal', (view) => {
      for (const record of view.records())
        if (record.kind === 'events') seen.add(`${record.events[0]?.event} ${record.synced}`)
    })
    expect(await world.ask(counter, 'addDurably', 7)).toBe(7)
    expect(durable()).toEqual([7])
    world.tell(counter, 'addDurably', 8)
    await world.sleep(5)
    world.crash('node-1')
    const left = durable()
    await world.restart('node-1')
    expect(durable().slice(0, left.length)).toEqual(left)
    const sum = durable().reduce((total, by) => total + by, 0)
    expect(await world.ask(counter, 'read')).toBe(sum)
    expect([...seen].slice(0, 2)).toEqual(['7 false', '7 true'])
  })
})

test('a record that the journal refuses is not among them, and those after it are synced as ever', async () => {
  const Text = defineActor({
    name: 'Text',
    module: import.meta.url,
    init: () => ({ length: 0 }),
    events: {
      added(state, part: string) {
        state.length += part.length
      },
    },
    on: {
      add(state, length: number, ctx) {
        ctx.persist('added', 'x'.repeat(length))
        return state.length
      },
    },
  })
  await simulate({ seed: 4, nodes: 1 }, async (world) => {
    const text = await world.spawn(Text, undefined, { node: 'node-1', durableId: 'text' })
    const seen = () => world.view.records('text').map((record) => record.kind === 'events' && record.synced)
    expect(await text.ask('add', 1)).toBe(1)
    await expect(text.ask('add', 65 * 1024 ** 2)).rejects.toThrow('events of one turn of text')
    expect(seen()).toEqual([true])
    expect(await text.ask('add', 2)).toBe(3)
    expect(seen()).toEqual([true, true])
  })
})
