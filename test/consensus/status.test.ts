/** How a log is, and what callers are told that had no answer in time. */
import {
  KeyValueStore,
  type LogMemberOptions,
  LogTimeoutError,
  replicatedLog,
  startReplicated,
} from '@troupe/consensus'
import { AskTimeoutError } from '@troupe/core'
import { type SimulatedWorld, simulate } from '@troupe/simulation'
import { expect, test } from 'vitest'

const options = { electionTimeoutMs: 200, keepEntries: 4 }
const wait = { timeoutMs: 20_000 }

const run = (nodes: number, program: (world: SimulatedWorld) => Promise<void>) =>
  simulate({ seed: 1, nodes, latency: { minMs: 0.2, meanMs: 2 }, virtualMsMax: 120_000 }, program)

async function store(world: SimulatedWorld, members: readonly (string | LogMemberOptions)[] = world.nodes) {
  const replicated = await startReplicated(world, KeyValueStore, { log: 'kv', members, options })
  const client = await replicated.client()
  const put = (value: unknown, given = wait) => client.execute({ op: 'put', key: 'a', value }, given)
  await put('first')
  return { replicated, client, put }
}

const timedOut = async (call: Promise<unknown>): Promise<LogTimeoutError> => {
  const error = await call.then(String, (thrown) => thrown)
  expect(error).toBeInstanceOf(LogTimeoutError)
  expect(error).toBeInstanceOf(AskTimeoutError)
  return error as LogTimeoutError
}

test('a log that nobody has started is told from one that is slow', async () => {
  await run(3, async (world) => {
    const client = await replicatedLog(world, KeyValueStore, { log: 'nope', members: world.nodes, options }).client()
    const { message, facts } = await timedOut(client.read({ key: 'a' }, { timeoutMs: 2_000 }))
    expect(message).toBe(
      'replicated log nope: no reply to read within 2000 ms: none of node-1, node-2, node-3 answers; no replica of it runs there, or none can be reached',
    )
    expect(facts).toMatchObject({ log: 'nope', message: 'read', absent: world.nodes })
    const before = world.now()
    // Many that end together ask once.
    const calls = await Promise.all(Array.from({ length: 50 }, () => timedOut(client.execute({ op: 'get', key: 'a' }))))
    expect(new Set(calls.map((error) => error.message)).size).toBe(1)
    expect(world.now() - before).toBeLessThan(5_000 + 600)
    const change = await timedOut(client.changeMembers(['node-1'], { timeoutMs: 100 }))
    expect(change.message).toContain('no reply to changeMembers within 100 ms: none of node-1, node-2, node-3 answers')
  })
})

test('a log without a quorum says who is missing', async () => {
  await run(3, async (world) => {
    const { put } = await store(world)
    world.crash('node-2')
    world.crash('node-3')
    const { message, facts } = await timedOut(put('second', { timeoutMs: 3_000 }))
    expect(message).toContain(
      'no quorum; no answer from node-2, node-3, and of the 2 that have to vote there are 1: node-1',
    )
    expect(facts.absent).toEqual(['node-2', 'node-3'])
    await world.restart('node-2')
    await put('third')
  })
})

test('replicas that do not hear each other have no leader', async () => {
  await run(3, async (world) => {
    const replicated = replicatedLog(world, KeyValueStore, { log: 'kv', members: world.nodes, options })
    const client = await replicated.client()
    await Promise.all(world.nodes.map((node) => replicated.startReplica(node)))
    const cuts = world.nodes.map((node) =>
      world.partition(
        [node],
        world.nodes.filter((other) => other !== node),
      ),
    )
    const { message } = await timedOut(client.read({ key: 'a' }, { timeoutMs: 3_000 }))
    expect(message).toMatch(/no (quorum|leader); all members answer, and/)
    for (const cut of cuts) cut.heal()
    expect(await client.read({ key: 'a' }, wait)).toBe(undefined)
  })
})

test('status tells who leads, what each member is, and how far it has come', async () => {
  await run(4, async (world) => {
    const [a, b, c, d] = world.nodes as [string, string, string, string]
    const learner = { node: c, learner: true }
    const { replicated, client, put } = await store(world, [{ node: a, priority: 1 }, b, learner])
    for (let index = 0; index < 20; index++) await put(index)
    await world.sleep(200)
    const status = await client.status()
    expect(status).toMatchObject({ log: 'kv', config: 1, quorums: { election: 2, acceptance: 2 } })
    const { decided, leader, members } = status
    expect(members.map(({ id, replica }) => [id, replica?.standing])).toEqual([
      [a, 'voter'],
      [b, 'voter'],
      [c, 'learner'],
    ])
    expect(decided).toBeGreaterThan(20)
    for (const { replica } of members) expect(replica?.applied).toBe(decided)
    expect(members.find(({ id }) => id === leader)?.replica).toMatchObject({ role: 'leader', ballot: status.ballot })
    expect(members[0]?.replica?.trimmed).toBeGreaterThan(0)
    // Whoever has not heard of a change is told of it by those that have.
    const late = await replicated.client()
    world.crash(c)
    await replicated.startReplica({ node: d })
    await client.changeMembers([a, b, d], wait)
    await put('later')
    const after = await late.status()
    expect(after).toMatchObject({ config: 2, quorums: { election: 2, acceptance: 2 } })
    expect(after.members.map(({ id, replica }) => [id, replica?.config])).toEqual([
      [a, 2],
      [b, 2],
      [d, 2],
    ])
    world.crash(d)
    expect((await late.status({ timeoutMs: 100 })).members[2]).toMatchObject({ id: d, replica: undefined })
  })
})
