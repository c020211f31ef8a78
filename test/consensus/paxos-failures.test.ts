/** Failures by hand, one by one: what a decision survives, and who cannot make one. */
import { startPaxos } from '@troupe/consensus'
import { type SimulatedWorld, simulate, type TraceEvent } from '@troupe/simulation'
import { expect, test } from 'vitest'

const start = (world: SimulatedWorld) => startPaxos<string>(world, { instance: 'failures', members: world.nodes })

/** Everything that left an actor in the run, as it happens. */
function sentIn(world: SimulatedWorld): Extract<TraceEvent, { type: 'sent' }>[] {
  const sent: Extract<TraceEvent, { type: 'sent' }>[] = []
  world.observe((event) => {
    if (event.type === 'sent') sent.push(event)
  })
  return sent
}

test('a decision survives the loss of power on all nodes', async () => {
  await simulate({ seed: 1, nodes: 5 }, async (world) => {
    const client = await start(world)
    expect(await client.propose('kept', { via: 'node-1' })).toBe('kept')
    for (const node of world.nodes) world.crash(node)
    await world.heal()
    expect(await client.propose('other', { via: 'node-4' })).toBe('kept')
  })
})

test('a minority decides nothing, however many of those it can reach agree', async () => {
  await simulate({ seed: 2, nodes: 5 }, async (world) => {
    const client = await start(world)
    const [one, two, ...others] = world.nodes as [string, string, ...string[]]
    const cut = world.partition([one, two], others)
    const isolated = client.propose('of the minority', { via: one, timeoutMs: 60_000 })
    await world.sleep(10_000)
    expect((await client.proposerStatus(one)).phase).toBe('election')
    expect(await client.propose('of the majority', { via: 'node-5' })).toBe('of the majority')
    expect(await client.learned(two)).toEqual({ decided: false })
    cut.heal()
    expect(await isolated).toBe('of the majority')
  })
})

test('a proposer that crashes in its election comes back with the same value and a higher ballot', async () => {
  await simulate({ seed: 3, nodes: 3 }, async (world) => {
    const client = await start(world)
    const sent = sentIn(world)
    world.partition(['node-1'], ['node-2', 'node-3'])
    client.propose('wish', { via: 'node-1' }).catch(() => undefined)
    await world.sleep(1_000)
    world.crash('node-1')
    await world.heal()
    await world.sleep(2_000)
    expect(await client.learned('node-3')).toEqual({ decided: true, value: 'wish' })
    const ballots = sent.filter(({ message }) => message === 'prepare').map(({ payload }) => (payload as any).ballot.n)
    expect(new Set(ballots)).toEqual(new Set([1, 2]))
    expect(ballots).toEqual([...ballots].sort())
  })
})

test('nothing leaves an acceptor whose sync fails; it comes back without the vote, and the others go on', async () => {
  await simulate({ seed: 4, nodes: 3, faults: { syncFailure: 1 }, swarm: false }, async (world) => {
    const client = await start(world)
    const sent = sentIn(world)
    client.propose('x', { via: 'node-2' }).catch(() => undefined)
    await world.sleep(2_000)
    expect(sent.some(({ message }) => message === 'prepare' || message === 'promise')).toBe(false)
    await world.heal()
    expect(await client.propose('y', { via: 'node-3' })).toBe('y')
  })
})
