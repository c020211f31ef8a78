/** Reads under a lease: without asking anybody, and never stale while the clocks keep to their bound. */
import {
  Counter,
  type CounterCommand,
  type LogOptions,
  type ReplicatedClient,
  startReplicated,
} from '@troupe/consensus'
import { type FaultKnobs, type SimulatedWorld, simulate } from '@troupe/simulation'
import { expect, test } from 'vitest'

const electionTimeoutMs = 200
const leaseMs = 2_000
type CounterClient = ReplicatedClient<CounterCommand, bigint, 'value', bigint>

interface Setting {
  readonly seed?: number
  readonly faults?: FaultKnobs
  readonly options?: Partial<LogOptions>
}

/** A counter on three nodes, whose first one leads, with a client there and one that cannot fail. */
function run(
  { seed = 1, faults = {}, options = {} }: Setting,
  program: (world: SimulatedWorld, given: Given) => Promise<void>,
) {
  const settings = { seed, nodes: 3, swarm: false, latency: { minMs: 0.2, meanMs: 2 }, virtualMsMax: 120_000, faults }
  return simulate(settings, async (world) => {
    const [leader, ...followers] = world.nodes as [string, string, string]
    const members = [{ node: leader, priority: 1 }, ...followers]
    const counter = await startReplicated(world, Counter, {
      log: 'counter',
      members,
      options: { electionTimeoutMs, leaseMs, ...options },
    })
    const outside = await counter.client({ node: 'local' })
    const inside = await counter.client({ node: leader })
    await add(outside)
    while ((await counter.status(leader)).role !== 'leader') {
      await outside.transferLeadership(leader)
      await world.sleep(electionTimeoutMs)
    }
    await inside.read('value')
    // So that the client outside has found it, and the lease is there.
    await add(outside)
    await inside.read('value')
    await program(world, { leader, followers, outside, inside })
  })
}

interface Given {
  readonly leader: string
  readonly followers: readonly string[]
  readonly outside: CounterClient
  readonly inside: CounterClient
}

const add = (client: CounterClient) => client.execute({ op: 'add', by: 1 }, { timeoutMs: 60_000 })

/** Reads inside, one after the other, while somebody adds outside; returns how many answers were stale. */
async function staleReads(world: SimulatedWorld, { inside, outside }: Given, forMs: number): Promise<number> {
  const end = world.now() + forMs
  let added = 0n
  let stale = 0
  const adding = (async () => {
    while (world.now() < end) {
      added = await add(outside)
      await world.sleep(5)
    }
  })()
  while (world.now() < end) {
    const before = added
    const value = await inside.read('value', { timeoutMs: 200 }).catch(() => undefined)
    if (value !== undefined && value < before) stale++
    await world.sleep(5)
  }
  await adding
  return stale
}

/** The leader is cut off from the others, which elect another one as soon as they may. */
const cutOff = (drift: number, clockDriftMax: number) => async (seed: number) => {
  let stale = 0
  await run({ seed, faults: { clockDrift: drift }, options: { clockDriftMax } }, async (world, given) => {
    world.partition([given.leader], given.followers)
    world.jumpClock(given.leader, -30_000)
    stale = await staleReads(world, given, 6_000)
  })
  return stale
}

async function staleInSeeds(count: number, one: (seed: number) => Promise<number>): Promise<number> {
  let seeds = 0
  for (let seed = 1; seed <= count; seed++) if ((await one(seed)) > 0) seeds++
  return seeds
}

test('under a lease reads ask nobody, also while nobody else is heard', async () => {
  await run({}, async (world, { leader, followers, inside }) => {
    let probes = 0
    world.observe((event) => {
      if (event.type === 'delivered' && event.message === 'readProbe') probes++
    })
    for (let read = 0; read < 200; read++) expect(await inside.read('value')).toBe(2n)
    expect(probes).toBeLessThan(10)
    world.partition([leader], followers)
    for (let read = 0; read < 20; read++) expect(await inside.read('value')).toBe(2n)
  })
})

test('without the option there is none, and a leader that is cut off answers nothing', async () => {
  await run({ options: { leaseMs: 0 } }, async (world, { leader, followers, inside }) => {
    world.partition([leader], followers)
    await expect(inside.read('value', { timeoutMs: 1_000 })).rejects.toThrow('no reply')
  })
})

test('clocks that drift within the bound, or are set: no read is stale', async () => {
  expect(await staleInSeeds(12, cutOff(0.02, 0.02))).toBe(0)
  expect(await staleInSeeds(12, cutOff(0.5, 0.5))).toBe(0)
})

test('clocks that drift beyond the bound make reads stale: that is what the bound is for', async () => {
  expect(await staleInSeeds(12, cutOff(0.5, 0.02))).toBeGreaterThan(0)
})

test('a leader that was paused reads its clock when it answers, not when it was asked', async () => {
  await run({}, async (world, given) => {
    const { leader, followers, inside, outside } = given
    // Nothing tells it of the others' election but its clock.
    world.partition([leader], followers)
    world.pause(leader)
    expect(await add(outside)).toBe(3n)
    const late = inside.read('value', { timeoutMs: 5_000 })
    world.resume(leader)
    await expect(late).rejects.toThrow('no reply')
    await world.heal()
    expect(await inside.read('value', { timeoutMs: 20_000 })).toBe(3n)
  })
})

test('followers that were started again keep the promise that they forgot', async () => {
  await run({}, async (world, given) => {
    world.partition([given.leader], given.followers)
    for (const follower of given.followers) {
      world.crash(follower)
      await world.restart(follower)
    }
    expect(await staleReads(world, given, 4_000)).toBe(0)
  })
})

test('a leader that hands over gives up its lease, so that nobody waits for it', async () => {
  await run({ options: { leaseMs: 20_000 } }, async (world, given) => {
    const { followers, outside, inside, leader } = given
    const next = followers[0] as string
    const asked = world.now()
    await outside.transferLeadership(next)
    const reading = staleReads(world, given, 3_000)
    let taken: number | undefined
    world.observe((event) => {
      if (event.type === 'delivered' && event.message === 'promise' && event.to === next) taken ??= world.now()
    })
    expect(await reading).toBe(0)
    expect((taken ?? Number.POSITIVE_INFINITY) - asked).toBeLessThan(electionTimeoutMs)
    // The old leader gives leases as any follower now.
    world.partition([leader], followers)
    expect(await inside.read('value', { timeoutMs: 500 }).catch(() => 'no answer')).toBe('no answer')
  })
})
