/**
 * Receptionists agree: actors register, take it back, end and crash with their nodes while messages are lost, doubled,
 * reordered and cut off. Once all is healed, every node finds exactly the living actors that are registered.
 */
import { type ActorRef, actorKey, defineActor, receptionist, refKey } from '@troupe/core'
import { expect, test } from 'vitest'
import { type SimulatedWorld, simulateMany } from '../src/index.ts'

type MemberProtocol = { registered: (key: string) => void; unregistered: (key: string) => void; end: () => void }

const keys = ['red', 'blue'].map((name) => actorKey<MemberProtocol>(name))
const keyOf = (name: string) => keys.find((key) => key.name === name) as (typeof keys)[number]

/** Its state says under which keys it stands. */
const Member = defineActor<MemberProtocol>()({
  name: 'Member',
  init: () => ({ keys: new Set<string>() }),
  on: {
    registered(state, key, ctx) {
      state.keys.add(key)
      receptionist.register(ctx, keyOf(key))
    },
    unregistered(state, key, ctx) {
      state.keys.delete(key)
      receptionist.unregister(ctx, keyOf(key))
    },
    end: (_state, _message, ctx) => ctx.stop(),
  },
})

/** Asks the receptionist of its node, and keeps the last list that a subscription brought. */
const Seeker = defineActor<{
  find: (key: string) => readonly ActorRef<MemberProtocol>[]
  red: (refs: readonly ActorRef<MemberProtocol>[]) => void
  last: () => readonly ActorRef<MemberProtocol>[]
}>()({
  name: 'Seeker',
  init: () => ({ last: [] as readonly ActorRef<MemberProtocol>[] }),
  started: (_state, ctx) => receptionist.subscribe(ctx, keyOf('red'), 'red'),
  on: {
    find: (_state, key, ctx) => receptionist.find(ctx, keyOf(key)),
    red(state, refs) {
      state.last = refs
    },
    last: (state) => state.last,
  },
})

const names = (refs: readonly ActorRef<any>[]) => refs.map(refKey)

async function program(world: SimulatedWorld): Promise<void> {
  const { random } = world
  let members: ActorRef<MemberProtocol>[] = []
  for (let step = 0; step < 60; step++) {
    if (members.length < 3 || random.chance(0.25)) {
      members.push((await world.spawn(Member, undefined, { supervise: { onFailure: 'stop' } })).ref)
    }
    const member = random.pick(members)
    const change = random.pick(['registered', 'registered', 'unregistered', 'end'] as const)
    if (change === 'end') {
      world.tell(member, 'end')
      members = members.filter((other) => other !== member)
    } else world.tell(member, change, random.pick(keys).name)
    await world.sleep(random.int(100))
  }
  await world.heal()
  await world.sleep(5_000)
  const living = world.view.cells(Member)
  for (const node of [...world.nodes, 'main']) {
    const seeker = await world.spawn(Seeker, undefined, { node })
    for (const { name } of keys) {
      const expected = living.filter(({ state }) => state.keys.has(name)).map(({ ref }) => refKey(ref))
      const found = names(await seeker.ask('find', name))
      world.check(
        found.length === expected.length && expected.every((ref) => found.includes(ref)),
        `${node} finds ${found.join(' ')} under ${name}, registered are ${expected.join(' ')}`,
      )
      if (name === 'red') {
        world.check(names(await seeker.ask('last')).join() === found.join(), `${node}: a subscriber has another list`)
      }
    }
  }
}

test('under crashes, pauses and partitions all receptionists agree in the end', async () => {
  const campaign = await simulateMany(
    { seeds: '1..60', nodes: 4, faults: { crash: 0.4, pause: 0.4, partition: 0.8 } },
    program,
  )
  expect(campaign.failures).toEqual([])
  expect(campaign.seedsInjected.crash).toBeGreaterThan(20)
  expect(campaign.seedsInjected.partition).toBeGreaterThan(20)
})

test('with hostile delivery too', async () => {
  const campaign = await simulateMany(
    { seeds: '61..120', nodes: 4, faults: { crash: 0.4, partition: 0.5 }, delivery: 'hostile' },
    program,
  )
  expect(campaign.failures).toEqual([])
  for (const kind of ['loss', 'duplicate', 'reorder'] as const) expect(campaign.seedsInjected[kind]).toBeGreaterThan(10)
})
