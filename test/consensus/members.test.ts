/** Changes of members whose replicas are not there: what is refused, and that the log goes on. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KeyValueStore, MembersNotReadyError, replicatedLog, startReplicated } from '@troupe/consensus'
import { NodeDownError } from '@troupe/core'
import { type SimulatedWorld, simulate } from '@troupe/simulation'
import { createSystem } from '@troupe/threads'
import { expect, test } from 'vitest'

const options = { electionTimeoutMs: 200, keepEntries: 8, chunkBytes: 128 }
const wait = { timeoutMs: 20_000 }

const run = (nodes: number, program: (world: SimulatedWorld) => Promise<void>) =>
  simulate({ seed: 1, nodes, latency: { minMs: 0.2, meanMs: 2 }, virtualMsMax: 120_000 }, program)

async function store(world: SimulatedWorld, members: readonly string[]) {
  const replicated = await startReplicated(world, KeyValueStore, { log: 'kv', members, options })
  const client = await replicated.client()
  const put = (value: unknown) => client.execute({ op: 'put', key: 'a', value }, wait)
  await put('first')
  return { replicated, client, put }
}

const notReady = async (change: Promise<unknown>): Promise<MembersNotReadyError> => {
  const error = await change.then(String, (thrown) => thrown)
  expect(error).toBeInstanceOf(MembersNotReadyError)
  return error as MembersNotReadyError
}

test('members of which none was started are refused, and the log goes on with those that it has', async () => {
  await run(5, async (world) => {
    const { replicated, client, put } = await store(world, ['node-1', 'node-2', 'node-3'])
    const { message, facts } = await notReady(client.changeMembers(['node-4', 'node-5'], wait))
    expect(facts).toEqual({ log: 'kv', needed: 2, absent: ['node-4', 'node-5'], behind: [] })
    expect(message).toContain('kv: the members are not changed: 2 of the members that are to vote')
    expect(message).toContain('node-4, node-5 did not answer; start their replicas first')
    expect(await put('second')).toBe('first')
    expect((await client.members()).map(({ id }) => id)).toEqual(['node-1', 'node-2', 'node-3'])
    for (const node of ['node-4', 'node-5']) await replicated.startReplica({ node })
    expect(await client.changeMembers(['node-4', 'node-5'], wait)).toBe(2)
    expect(await put('third')).toBe('second')
    for (const gone of ['node-1', 'node-2', 'node-3']) world.crash(gone)
    expect(await put('fourth')).toBe('third')
  })
})

test('a dead member is replaced by one that was started, and one alone by another one', async () => {
  await run(4, async (world) => {
    const { replicated, client, put } = await store(world, ['node-1', 'node-2', 'node-3'])
    for (let index = 0; index < 60; index++) await put('x'.repeat(100))
    world.crash('node-3')
    await replicated.startReplica({ node: 'node-4' })
    expect(await client.changeMembers(['node-1', 'node-2', 'node-4'], wait)).toBe(2)
    expect(await client.changeMembers(['node-4'], wait)).toBe(3)
    await put('among two')
    for (const gone of ['node-1', 'node-2']) world.crash(gone)
    expect(await put('alone')).toBe('among two')
    await world.restart('node-1')
    // It is there, and has nothing of what was decided since.
    expect(await client.changeMembers(['node-1'], wait)).toBe(4)
    expect(await put('other')).toBe('alone')
    world.crash('node-4')
    expect(await put('alone again')).toBe('other')
  })
})

test('one that is cut off does not count, and is waited for as long as another catches up', async () => {
  await run(3, async (world) => {
    const { replicated, client, put } = await store(world, ['node-1'])
    for (const node of ['node-2', 'node-3']) await replicated.startReplica({ node })
    for (let index = 0; index < 60; index++) await put(`${index}`)
    const cut = world.partition(['node-2'], ['node-1', 'node-3'])
    const { facts } = await notReady(client.changeMembers(['node-2'], wait))
    expect(facts).toMatchObject({ needed: 1, absent: ['node-2'], behind: [] })
    // Without it there are two of three still.
    expect(await client.changeMembers(['node-1', 'node-2', 'node-3'], wait)).toBe(2)
    cut.heal()
    expect(await client.changeMembers(['node-2'], wait)).toBe(3)
    expect(await put('on node-2')).toBe('59')
  })
})

test('one that lost what it had stored does not count under its old id', async () => {
  await run(3, async (world) => {
    const { client, put } = await store(world, ['node-1', 'node-2', 'node-3'])
    world.crash('node-3')
    world.wipeDisk('node-3')
    await world.restart('node-3')
    const { facts } = await notReady(client.changeMembers(['node-3'], wait))
    expect(facts).toMatchObject({ needed: 1, absent: ['node-3'] })
    expect(await put('second')).toBe('first')
  })
})

test('changes that are asked for at once come one after another, and equal ones are one', async () => {
  await run(5, async (world) => {
    const { replicated, client, put } = await store(world, ['node-1', 'node-2', 'node-3'])
    for (const node of ['node-4', 'node-5']) await replicated.startReplica({ node })
    const first = ['node-2', 'node-3', 'node-4']
    const second = ['node-3', 'node-4', 'node-5']
    const asked = [first, first, second, first].map((members) => client.changeMembers(members, wait))
    expect(await Promise.all(asked)).toEqual([2, 2, 3, 4])
    expect((await client.members()).map(({ id }) => id)).toEqual(first)
    expect(await put('second')).toBe('first')
  })
})

test('a change whose caller gave up ends before the next one begins', async () => {
  await run(5, async (world) => {
    const { replicated, client, put } = await store(world, ['node-1', 'node-2', 'node-3'])
    await expect(client.changeMembers(['node-4', 'node-5'], { timeoutMs: 50 })).rejects.toThrow(
      'no reply to changeMembers',
    )
    for (const node of ['node-4']) await replicated.startReplica({ node })
    const members = ['node-2', 'node-3', 'node-4']
    expect(await client.changeMembers(members, wait)).toBe(2)
    expect((await client.members()).map(({ id }) => id)).toEqual(members)
    expect(await put('second')).toBe('first')
  })
})

test('of changes that wait for an earlier one there are only so many', async () => {
  await run(4, async (world) => {
    const { client } = await store(world, ['node-1', 'node-2', 'node-3'])
    for (const node of world.nodes) world.crash(node)
    const members = (index: number) => (index % 2 === 0 ? ['node-1', 'node-2'] : ['node-2', 'node-3'])
    const asked = Array.from({ length: 18 }, (_, index) => client.changeMembers(members(index), { timeoutMs: 500 }))
    const ends = await Promise.all(asked.map((change) => change.then(String, (error) => error.name)))
    expect(ends).toEqual([...Array.from({ length: 17 }, () => 'LogTimeoutError'), 'OverloadError'])
  })
})

test('leadership is not handed over to a member that is not there, or that lost what it had stored', async () => {
  await run(3, async (world) => {
    const { client, put } = await store(world, world.nodes)
    const leaderOf = async () => (await client.status()).leader as string
    const leader = await leaderOf()
    const [away, lost] = world.nodes.filter((node) => node !== leader) as [string, string]
    world.crash(away)
    const { message, facts } = await notReady(client.transferLeadership(away))
    expect(message).toBe(
      `replicated log kv: leadership is not handed over to ${away}: its replica does not answer; status tells who votes`,
    )
    expect(facts).toEqual({ log: 'kv', needed: 1, absent: [away], behind: [] })
    await world.restart(away)
    await put('all there')
    world.crash(lost)
    world.wipeDisk(lost)
    await world.restart(lost)
    while ((await client.status()).members.find(({ id }) => id === lost)?.replica?.standing !== 'refused')
      await world.sleep(20)
    const refused = await notReady(client.transferLeadership(lost))
    expect(refused.message).toContain(`to ${lost}: its replica is refused, and votes on nothing`)
    expect(refused.facts).toMatchObject({ absent: [], behind: [lost] })
    expect(await leaderOf()).toBe(leader)
  })
})

test('of three members of which one node is down the other two are started', async () => {
  const dataDirectory = await mkdtemp(join(tmpdir(), 'troupe-members-'))
  {
    const replacement = { maxReplacements: 0 }
    await using system = await createSystem({ threads: 3, dataDirectory, replacement, log: 'none' })
    await system.killNode('node-1')
    const given = { log: 'kv', members: system.nodes }
    await expect(startReplicated(system, KeyValueStore, given)).rejects.toThrow(NodeDownError)
    const running = replicatedLog(system, KeyValueStore, given)
    for (const node of ['node-2', 'node-3']) expect((await running.status(node)).id).toBe(node)
  }
  await rm(dataDirectory, { recursive: true })
})
