/** What could not work is refused by name before anything is started or sent, whoever asks for it and in whatever way. */
import {
  Counter,
  type LogMemberOptions,
  replicatedLog,
  startBenOr,
  startChandraToueg,
  startFailureDetectors,
  startPaxos,
  startReplicated,
} from '@troupe/consensus'
import { ConfigurationError, OverloadError } from '@troupe/core'
import { type SimulatedWorld, simulate } from '@troupe/simulation'
import { expect, test } from 'vitest'

const options = { electionTimeoutMs: 200 }
const wait = { timeoutMs: 20_000 }

function run(nodes: number, program: (world: SimulatedWorld) => Promise<void>) {
  return simulate({ seed: 1, nodes, latency: { minMs: 0.2, meanMs: 2 }, virtualMsMax: 120_000 }, program)
}

async function refused(call: () => Promise<unknown>, message: string): Promise<void> {
  const error = await call().catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ConfigurationError)
  expect((error as Error).message).toContain(message)
}

async function counter(world: SimulatedWorld, members: readonly (string | LogMemberOptions)[] = world.nodes) {
  const replicated = await startReplicated(world, Counter, { log: 'c', members, options })
  const client = await replicated.client()
  await client.execute({ op: 'add', by: 1 }, wait)
  return { replicated, client }
}

const strange: readonly (readonly [member: unknown, message: string])[] = [
  [{ node: 'node-1', priority: Number.NaN }, 'priority of member node-1 must be a finite number, got NaN'],
  [{ node: 'node-1', priority: '5' }, "priority of member node-1 must be a finite number, got '5'"],
  [{ node: 'node-1', priority: null }, 'priority of member node-1 must be a finite number, got null'],
  [{ node: 'node-1', priority: {} }, 'priority of member node-1 must be a finite number, got {}'],
  [{ node: 'node-1', priority: Number.POSITIVE_INFINITY }, 'must be a finite number, got Infinity'],
  [{ node: 'node-1', learner: 'yes' }, "learner of member node-1 must be true or false, got 'yes'"],
  [{ node: 'node-1', id: 7 }, 'the id of a member must be a name of 1 to 80 letters, digits or -, _, ., :, got 7'],
  [{ node: 'node-1', id: 'a/b' }, "digits or -, _, ., :, got 'a/b'"],
  [{ node: 'node-1', id: '' }, "got ''"],
  [5, "a member is a node's name or { node, id }, got 5"],
  [null, "a member is a node's name or { node, id }, got null"],
]

test.each(strange)('a member %o is refused, and the log goes on', async (member, message) => {
  await run(3, async (world) => {
    const members = [member, 'node-2', 'node-3'] as string[]
    await refused(() => startReplicated(world, Counter, { log: 'c', members, options }), message)
    expect(world.view.cells(Counter)).toEqual([])
    const { replicated, client } = await counter(world)
    await refused(() => client.changeMembers(members), message)
    // Whoever asks the client actor by itself is refused there.
    const known = await client.members()
    const told = typeof member === 'object' && member !== null ? { ...known[0], ...member } : member
    const change = { members: [told, known[1], known[2]], quorums: { election: 2, acceptance: 2 } } as never
    await refused(() => world.ask(client.ref, 'changeMembers', change), message)
    if (member !== null && typeof member === 'object') {
      await refused(() => replicated.startReplica(member as LogMemberOptions), message)
      await refused(() => replicated.status(member as LogMemberOptions), message)
    }
    expect(await client.execute({ op: 'add', by: 1 }, wait)).toBe(2n)
    expect((await client.status()).config).toBe(1)
  })
})

test('what a client actor is asked for that is no change of members is refused, and its session goes on', async () => {
  await run(3, async (world) => {
    const { client } = await counter(world)
    for (const change of [undefined, null, 5, {}, { members: 5 }])
      await refused(() => world.ask(client.ref, 'changeMembers', change as never), "members is a list of nodes' names")
    const members = await client.members()
    await refused(
      () => world.ask(client.ref, 'changeMembers', { members, quorums: null as never }),
      'quorums takes an object',
    )
    const before = world.now()
    expect(await client.execute({ op: 'add', by: 1 })).toBe(2n)
    expect(world.now() - before).toBeLessThan(100)
  })
})

test('a member does not go on under its id on another node', async () => {
  await run(4, async (world) => {
    const { replicated, client } = await counter(world, ['node-1', 'node-2', 'node-3'])
    const moved = [{ id: 'node-1', node: 'node-4' }, 'node-2', 'node-3']
    const message =
      'member node-1 lives on node node-1, where it has stored what it voted for, and cannot go on on node-4; replace it by a member of a new id'
    await refused(() => client.changeMembers(moved), message)
    // Nor for one that hears of the change that has come first, or for a second one that waits for the first.
    await replicated.startReplica('node-4')
    const late = await replicated.client()
    const first = client.changeMembers(['node-4', 'node-2', 'node-3'], wait)
    const second = client.changeMembers([{ id: 'node-4', node: 'node-1' }, 'node-2', 'node-3'], wait)
    const third = client.changeMembers(['node-2', 'node-3'], wait)
    expect(await first).toBe(2)
    await refused(() => second, 'member node-4 lives on node node-4')
    expect(await third).toBe(3)
    await refused(
      () => late.changeMembers([{ id: 'node-2', node: 'node-1' }], wait),
      'member node-2 lives on node node-2',
    )
    expect(await client.changeMembers([{ id: 'node-2', node: 'node-2' }, 'node-3'], wait)).toBe(4)
  })
})

test('the members that a client tells of may be given again: they keep priority, learners and quorums that are named', async () => {
  await run(4, async (world) => {
    const [a, b, c, d] = world.nodes as [string, string, string, string]
    const { replicated, client } = await counter(world, [{ node: a, priority: 5 }, b, { node: c, learner: true }])
    await replicated.startReplica({ node: d, learner: true })
    const members = [...(await client.members()), { node: d, learner: true }]
    expect(await client.changeMembers(members, { ...wait, quorums: { election: 2, acceptance: 1 } })).toBe(2)
    const status = await client.status()
    expect(status.quorums).toEqual({ election: 2, acceptance: 1 })
    expect(status.members.map(({ id, priority, learner }) => [id, priority, learner])).toEqual([
      [a, 5, false],
      [b, 0, false],
      [c, 0, true],
      [d, 0, true],
    ])
    // A name alone is a voter of priority 0.
    expect(await client.changeMembers(world.nodes, wait)).toBe(3)
    const after = await client.status()
    expect(after.quorums).toEqual({ election: 3, acceptance: 3 })
    expect(after.members.every(({ priority, learner }) => priority === 0 && !learner)).toBe(true)
  })
})

test('options that could not work are refused by name, and those that are undefined are the defaults', async () => {
  await run(3, async (world) => {
    const members = world.nodes
    const start = (given: object, system: unknown = world) =>
      startReplicated(system as never, Counter, { log: 'c', members, ...given })
    for (const quorums of [null, 2, 'all'])
      await refused(() => start({ quorums }), 'quorums takes an object of options, got')
    await refused(() => start({ quorums: { elections: 2, acceptance: 2 } }), "'elections'; did you mean 'election'?")
    for (const log of ['a b', 'a/b', 7, 'x'.repeat(300)])
      await refused(() => start({ log }), 'log must be a name of 1 to 80')
    for (const system of [undefined, null, {}])
      await refused(
        () => startReplicated(system as never, Counter, { log: 'c', members }),
        'takes a system as its first',
      )
    await refused(() => startReplicated(world, Counter, null as never), 'takes an object of options, got null')
    await refused(() => start({ options: null }), 'takes an object of options, got null')
    await refused(() => start({ options: { electionTimeoutMs: 1e12 } }), 'at most 2^31 - 1, or Infinity')
    expect(world.view.cells(Counter)).toEqual([])
    const { leaseMs, batchMax } = {} as { leaseMs?: number; batchMax?: number }
    const replicated = await start({ quorums: undefined, options: { ...options, leaseMs, batchMax } })

    for (const retryMs of [0, -5, Number.NaN, Number.POSITIVE_INFINITY, '5'])
      await refused(
        () => replicated.client({ retryMs: retryMs as number }),
        'client of replicated log c: retryMs must be a number of milliseconds from 1 to 2^31 - 1, got',
      )
    const client = await replicated.client({ retryMs: 50 })
    const [a, b] = [{ op: 'add', by: 1 } as const, 'node-2']
    for (const given of [null, 500] as never[]) {
      await refused(() => client.execute(a, given), 'takes an object of options')
      await refused(() => client.read('value', given), 'takes an object of options')
      await refused(() => client.status(given), 'status of replicated log c takes an object of options')
      await refused(() => client.changeMembers(members, given), 'changeMembers of replicated log c takes an object')
      await refused(() => client.transferLeadership(b, given), 'takes an object of options')
    }
    await refused(
      () => client.execute(a, { timeoutMs: '5' as never }),
      "timeoutMs must be above 0 and at most 2^31 - 1, got '5'",
    )
    await refused(
      () => client.status({ timeout: 5 } as never),
      "there is no option 'timeout'; did you mean 'timeoutMs'?",
    )
    expect(await client.execute(a, wait)).toBe(1n)
  })
})

test('a log without a clock of its own has clients that send again', async () => {
  await run(1, async (world) => {
    const given = { log: 'c', members: world.nodes, options: { electionTimeoutMs: Number.POSITIVE_INFINITY } }
    const client = await replicatedLog(world, Counter, given).client()
    expect(await client.members()).toHaveLength(1)
  })
})

test('a client that is given too much says what to do', async () => {
  await run(1, async (world) => {
    const { client } = await counter(world)
    const calls = Array.from({ length: 1_025 }, () => client.execute({ op: 'add', by: 1 }, wait))
    const failures = (await Promise.allSettled(calls)).filter(({ status }) => status === 'rejected')
    expect(failures).toHaveLength(1)
    const { reason } = failures[0] as PromiseRejectedResult
    expect(reason).toBeInstanceOf(OverloadError)
    expect(reason.message).toBe(
      'replicated log c: 1024 calls of this client wait for results already; wait for some of them, or use more clients',
    )
  })
})

const starters = {
  startPaxos: (system: unknown, given: unknown) => startPaxos(system as never, given as never),
  startBenOr: (system: unknown, given: unknown) => startBenOr(system as never, given as never),
  startChandraToueg: (system: unknown, given: unknown) => startChandraToueg(system as never, given as never),
  startFailureDetectors: (system: unknown, given: unknown) => startFailureDetectors(system as never, given as never),
}

test.each(Object.entries(starters))(
  '%s refuses what could not work before anything is started',
  async (name, start) => {
    await run(3, async (world) => {
      const called = name === 'startFailureDetectors' ? 'group' : 'instance'
      const whole = { [called]: 'i', members: world.nodes }
      await refused(() => start(undefined, whole), `${name} takes a system as its first argument, got undefined`)
      for (const given of [undefined, null, 5])
        await refused(() => start(world, given), `${name} takes an object of options`)
      await refused(() => start(world, { members: world.nodes }), `${called} must be a name of 1 to 80 letters`)
      await refused(() => start(world, { ...whole, [called]: 'a/b' }), "got 'a/b'")
      for (const members of [undefined, null, 'node-1'])
        await refused(
          () => start(world, { ...whole, members }),
          "members is a list of nodes' names or of { node, id }, got",
        )
      await refused(
        () => start(world, { ...whole, members: [5, 'node-2'] }),
        "a member is a node's name or { node, id }, got 5",
      )
      await refused(
        () => start(world, { ...whole, members: [{ id: 7, node: 'node-1' }] }),
        'the id of a member must be',
      )
      await refused(
        () => start(world, { ...whole, members: [{ id: 'a', node: 7 }] }),
        "node of member a must be a node's name",
      )
      await refused(() => start(world, { ...whole, [`${called}s`]: 'x' }), `did you mean '${called}'?`)
    })
  },
)

test('startPaxos and startFailureDetectors refuse what is theirs alone', async () => {
  await run(3, async (world) => {
    const paxos = (given: object) => startPaxos(world, { instance: 'i', members: world.nodes, ...given })
    await refused(() => paxos({ quorum: { election: 3, acceptance: 1 } }), "'quorum'; did you mean 'quorums'?")
    await refused(() => paxos({ quorums: null }), 'quorums takes an object of options')
    await refused(() => paxos({ retry: 5 }), 'retry takes an object of options, got 5')
    await refused(
      () => paxos({ retry: { minMs: 0, maxMs: 1 } }),
      'retry.minMs must be milliseconds from 1 to 2^30, got 0',
    )
    await refused(() => paxos({ retry: { minMs: 9, maxMs: 8 } }), 'and minMs at least, got 8')
    await refused(
      () => paxos({ members: [{ node: 'node-1', priority: Number.NaN }] }),
      'must be a finite number, got NaN',
    )
    await refused(() => paxos({ definitions: { accepter: 1 } }), "did you mean 'acceptor'?")
    const detectors = startFailureDetectors(world, { group: 'g', members: world.nodes, listenerOf: 5 as never })
    await refused(() => detectors, "listenerOf of group g must be a function of a member's id, got 5")
  })
})

test('what is proposed by mistake fails whoever proposes it, however often, and the process goes on', async () => {
  await run(3, async (world) => {
    const members = world.nodes
    const benOr = await startBenOr(world, { instance: 'b', members })
    const chandraToueg = await startChandraToueg(world, { instance: 'b', members })
    const paxos = await startPaxos(world, { instance: 'b', members })
    const failures: string[] = []
    world.events.on('failure', ({ actor }) => failures.push(actor))
    const processes = [
      benOr.members[0]?.process,
      chandraToueg.members[0]?.process,
      paxos.configuration.members[0]?.proposer,
    ]
    for (const process of processes) {
      for (const message of [undefined, null, 5, 'x', {}, [], { instance: 'other', value: 1 }, undefined])
        await expect(world.ask(process as never, 'propose' as never, message as never)).rejects.toThrow(RangeError)
      expect(
        await world.askWith(wait, process as never, 'propose' as never, { instance: 'b', value: 1 } as never),
      ).toBe(1)
    }
    expect(failures).toEqual([])
  })
})
