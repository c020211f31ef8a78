/** Scripted scenarios of a replicated log: what must be on disk before a word leaves, and come back after a crash. */
import { keyValueMachine, type ReplicaProtocol } from '@troupe/consensus'
import { replicaParts } from '@troupe/consensus/parts'
import { defineActor } from '@troupe/core'
import type { CampaignReplica } from '@troupe/scenarios'
import { expect } from 'vitest'
import { ballotOf, cluster, opens, Stage, scripted } from './scripted-log.ts'

scripted(
  '1: crash between a vote and its sync: the vote was not heard, or it is still there',
  (replica) =>
    Stage.run(3, replica, async (stage) => {
      const { world } = stage
      const [first, second, third] = [ballotOf(1, 2), ballotOf(2, 2), ballotOf(3, 3)]
      await stage.follow(first, 0, ['a'])
      await stage.follow(second, 0, ['a'])
      const heard = stage.heard(2, 'accepted').length
      world.slowDisk(stage.node, 50)
      let struck = false
      world.observe((event) => {
        if (struck || event.type !== 'turn' || event.message !== 'acceptBatch') return
        struck = true
        world.at(world.now()).crash(stage.node)
      })
      stage.tell('acceptBatch', { ballot: second, at: 1, entries: opens(['b']), decided: 0 })
      while (!struck) await world.sleep(1)
      await stage.settle()
      await world.restart(stage.node)
      stage.tell('prepare', { ballot: third, decided: 0, length: 0 })
      const promise = await stage.next(3, 'promise')
      expect(promise.acceptedBallot).toEqual(second)
      const votes = stage.heard(2, 'accepted').slice(heard)
      for (const { length } of votes) expect(promise.length).toBeGreaterThanOrEqual(length)
      // What was heard is there, also when the node goes right after it.
      await stage.follow(ballotOf(4, 2), 0, ['a', 'b'])
      stage.tell('acceptBatch', { ballot: ballotOf(4, 2), at: 2, entries: opens(['c']), decided: 0 })
      await stage.next(2, 'accepted', heard + votes.length + 1)
      await stage.crash()
      stage.tell('prepare', { ballot: ballotOf(5, 3), decided: 0, length: 0 })
      expect(await stage.next(3, 'promise', 1)).toMatchObject({ acceptedBallot: ballotOf(4, 2), length: 3 })
    }),
  ['log-forgotten-vote', 'expected undefined to deeply equal { config: 1, n: 2'],
)

scripted(
  '3: power loss on all nodes: all that was acknowledged is there, and the log goes on',
  (replica) =>
    cluster(3, replica, async ({ world, append }) => {
      for (let round = 0; round < 3; round++) {
        for (let index = 0; index < 10; index++) await append()
        for (const node of world.nodes) world.crash(node)
        for (const node of world.nodes) await world.restart(node)
      }
      expect(await append()).toBe(31)
    }),
  ['log-forgotten-vote', 'a vote is kept: '],
)

scripted(
  '4: a sync that fails: the node halts, and says nothing of what it could not store',
  async (replica) => {
    let failed = 0
    for (let seed = 1; seed <= 8; seed++) {
      const faults = { syncFailure: 0.15, tornWrite: 1 }
      const { injected } = await cluster(
        3,
        replica,
        async ({ world, client, append }) => {
          // Each is appended once, whatever became of the call.
          for (let index = 0; index < 15; index++) await append()
          await world.heal()
          expect(String(await client.read({ key: 'log' }, { timeoutMs: 20_000 }))).toHaveLength(15)
        },
        { seed, faults, swarm: false },
      )
      failed += injected.syncFailure
    }
    expect(failed).toBeGreaterThan(5)
  },
  ['log-forgotten-vote', 'a vote is kept: '],
  ['early-own-vote', 'a vote is kept: '],
)

scripted(
  '18: what an acceptor promised is lost neither by time nor by a change of members',
  async (replica) => {
    await Stage.run(3, replica, async (stage) => {
      const [low, high] = [ballotOf(3, 2), ballotOf(7, 3)]
      stage.tell('prepare', { ballot: high, decided: 0, length: 0 })
      await stage.next(3, 'promise')
      await stage.world.sleep(300_000)
      await stage.crash()
      stage.tell('prepare', { ballot: low, decided: 0, length: 0 })
      expect(await stage.next(2, 'nack')).toMatchObject({ ballot: low, promised: high })
      expect(stage.heard(2, 'promise')).toEqual([])
    })
    // One that is replaced, and comes back a configuration later, has what it had and learns the rest.
    await cluster(
      4,
      replica,
      async ({ world, store, client, append }) => {
        const [a, b, c, d] = world.nodes as [string, string, string, string]
        for (let index = 0; index < 5; index++) await append()
        await store.startReplica({ node: d })
        expect(await client.changeMembers([a, b, d], { timeoutMs: 20_000 })).toBe(2)
        for (let index = 0; index < 5; index++) await append()
        const before = await store.status(c)
        world.crash(c)
        await world.restart(c)
        expect((await store.status(c)).promised?.n).toBeGreaterThanOrEqual(before.promised?.n ?? 0)
        expect(await client.changeMembers([b, c, d], { timeoutMs: 20_000 })).toBe(3)
        world.crash(a)
        world.crash(b)
        expect(await append()).toBe(11)
        expect(await store.status(c)).toMatchObject({ config: 3 })
      },
      { members: 3 },
    )
  },
  ['log-forgotten-promise', 'node-2 hears no nack'],
)

const parts = replicaParts(keyValueMachine)

const stored = new WeakMap<object, Pick<ReturnType<typeof parts.snapshot>, 'machine' | 'sessions'>>()

/** Stores how far it has applied with the machine of the time before. */
const StoresIndexFirst: CampaignReplica = defineActor<ReplicaProtocol>()({
  ...parts,
  name: 'StoresIndexFirst',
  module: import.meta.url,
  snapshotEvery: 5,
  snapshot(state) {
    const now = parts.snapshot(state)
    const before = stored.get(state) ?? { machine: keyValueMachine.initial(), sessions: new Map() }
    stored.set(state, structuredClone({ machine: now.machine, sessions: now.sessions }))
    return { ...now, ...before }
  },
})

/** Drops entries that it has not applied. */
const TrimsUnapplied: CampaignReplica = defineActor<ReplicaProtocol>()({
  ...parts,
  name: 'TrimsUnapplied',
  module: import.meta.url,
  on: {
    ...parts.on,
    acceptBatch(state, message, ctx) {
      parts.on.acceptBatch(state, message, ctx)
      const { entries } = state
      entries.trimmed += entries.entries.length
      entries.entries.length = 0
    },
  },
})

scripted(
  '19: trimming and snapshots: nothing is dropped before it is applied, and state and index are stored in one step',
  (replica) =>
    cluster(
      3,
      replica,
      async ({ world, client, append }) => {
        let length = 0
        for (let round = 0; round < 12; round++) {
          const writing = Array.from({ length: 10 }, () => append())
          await world.sleep(round)
          const node = world.nodes[round % 3] as string
          world.crash(node)
          await world.sleep(1 + round)
          await world.restart(node)
          length = Math.max(length, ...(await Promise.all(writing)).map(Number))
        }
        expect(length).toBe(120)
        expect(String(await client.read({ key: 'log' }))).toHaveLength(120)
      },
      { options: { keepEntries: 6, batchMax: 3 } },
    ),
  [StoresIndexFirst, 'applied alike: '],
  [TrimsUnapplied, 'order: '],
)
