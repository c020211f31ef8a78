/** A replica that comes back under its old id without what it had stored: it must not vote as if it were new. */
import { KeyValueStore, type LogMemberOptions, startReplicated } from '@troupe/consensus'
import { type SimulatedWorld, simulate } from '@troupe/simulation'
import { expect, test } from 'vitest'

const electionTimeoutMs = 200
const options = { electionTimeoutMs }

const run = (nodes: number, program: (world: SimulatedWorld) => Promise<void>, seed = 1) =>
  simulate({ seed, nodes, latency: { minMs: 0.2, meanMs: 2 }, virtualMsMax: 120_000 }, program)

async function store(world: SimulatedWorld, members: readonly (string | LogMemberOptions)[]) {
  const replicated = await startReplicated(world, KeyValueStore, { log: 'kv', members, options })
  const client = await replicated.client({ node: 'local' })
  await client.execute({ op: 'put', key: 'a', value: 'first' }, { timeoutMs: 20_000 })
  return { replicated, client }
}

const wait = { timeoutMs: 20_000 }

test.each([1, 2, 3, 4, 5])('seed %i: what one disk lost and one node never heard is not forgotten', async (seed) => {
  const program = async (world: SimulatedWorld) => {
    const [leader, wiped, away] = world.nodes as [string, string, string]
    const members = [{ node: leader, priority: 1 }, wiped, away]
    const { replicated, client } = await store(world, members)
    // Acknowledged by the leader and the one whose disk will be lost; the third does not hear of it.
    const cut = world.partition([away], [leader, wiped])
    await client.execute({ op: 'put', key: 'a', value: 'acknowledged' }, wait)
    world.crash(leader)
    world.crash(wiped)
    world.wipeDisk(wiped)
    cut.heal()
    await world.restart(wiped)
    // The two are a majority, and neither has it: they must not go on by themselves.
    const early = client.execute({ op: 'put', key: 'b', value: 1 }, { timeoutMs: 5_000 })
    await expect(early).rejects.toThrow(`there are 1: ${away}; refused, since what they had stored is lost: ${wiped}`)
    expect(await replicated.status(wiped)).toMatchObject({ standing: 'refused', role: 'follower' })
    await world.restart(leader)
    expect(await client.execute({ op: 'append', key: 'a', value: '!' }, wait)).toBe('acknowledged!'.length)
  }
  await run(3, program, seed)
})

test('one that lost its disk is replaced by a member of a new id on the same node', async () => {
  await run(3, async (world) => {
    const [a, b, c] = world.nodes as [string, string, string]
    const { replicated, client } = await store(world, [a, b, c])
    world.crash(c)
    world.wipeDisk(c)
    await world.restart(c)
    await world.sleep(2 * electionTimeoutMs)
    expect(await replicated.status(c)).toMatchObject({ standing: 'refused' })
    const anew = { id: 'c2', node: c }
    await replicated.startReplica(anew)
    expect(await client.changeMembers([a, b, anew], wait)).toBe(2)
    await client.execute({ op: 'put', key: 'a', value: 'later' }, wait)
    await world.sleep(2 * electionTimeoutMs)
    expect(await replicated.status(anew)).toMatchObject({ standing: 'voter', config: 2 })
    world.crash(a)
    expect(await client.read({ key: 'a' }, wait)).toBe('later')
  })
})

test('after a change of members the configuration says who is who, and nobody needs to be met', async () => {
  await run(4, async (world) => {
    const [a, b, c, d] = world.nodes as [string, string, string, string]
    const { replicated, client } = await store(world, [a, b, c])
    await replicated.startReplica({ node: d })
    await world.sleep(electionTimeoutMs)
    await client.changeMembers([b, c, d], wait)
    await client.execute({ op: 'put', key: 'a', value: 'acknowledged' }, wait)
    const cut = world.partition([b], [c, d])
    await client.execute({ op: 'put', key: 'a', value: 'heard by c and d' }, wait)
    for (const node of [a, c, d]) world.crash(node)
    world.wipeDisk(d)
    cut.heal()
    // Its arguments name the first configuration, in which it is no member; it learns of the second one, and who it was.
    await world.restart(d)
    await expect(client.execute({ op: 'put', key: 'b', value: 1 }, { timeoutMs: 5_000 })).rejects.toThrow('no reply')
    expect(await replicated.status({ node: d })).toMatchObject({ standing: 'refused', config: 2 })
    await world.restart(c)
    expect(await client.read({ key: 'a' }, wait)).toBe('heard by c and d')
  })
})

test('restarts with their disks need nobody: one of three that never comes back is not missed', async () => {
  await run(3, async (world) => {
    const [a, b, c] = world.nodes as [string, string, string]
    const { replicated, client } = await store(world, [a, b, c])
    for (const node of world.nodes) world.crash(node)
    for (const node of [a, b]) await world.restart(node)
    expect(await client.read({ key: 'a' }, wait)).toBe('first')
    expect(await replicated.status(a)).toMatchObject({ standing: 'voter' })
  })
})

test('a disk that is in use cannot be wiped', async () => {
  await run(1, async (world) => {
    expect(() => world.wipeDisk(world.nodes[0] as string)).toThrow('crash it first')
  })
})
