/** Scripted scenarios of a replicated log: ballots, promises, votes and quorums. */
import { keyValueMachine, type ReplicaProtocol } from '@troupe/consensus'
import { replicaParts } from '@troupe/consensus/parts'
import { defineActor } from '@troupe/core'
import type { CampaignReplica } from '@troupe/scenarios'
import { expect } from 'vitest'
import { ballotOf, cluster, opens, Stage, scripted } from './scripted-log.ts'

const { on, ...rest } = replicaParts(keyValueMachine)

/** Takes the word of one that has trimmed what this replica lacks for a promise: the entries between are a hole. */
const LeadsWithHole: CampaignReplica = defineActor<ReplicaProtocol>()({
  ...rest,
  name: 'LeadsWithHole',
  module: import.meta.url,
  on: { ...on, promise: (state, { behind: _behind, ...message }, ctx) => on.promise(state, message, ctx) },
})

scripted(
  '5: two votes in one ballot: what stands in a ballot is not replaced in it',
  (replica) =>
    Stage.run(3, replica, async (stage) => {
      const ballot = ballotOf(1, 2)
      await stage.follow(ballot, 0, ['a', 'b'])
      stage.tell('acceptBatch', { ballot, at: 1, entries: opens(['other', 'c']), decided: 0 })
      await stage.settle()
      expect(stage.entries).toEqual(['a', 'b', 'c'])
      stage.tell('acceptSync', { ballot, at: 0, entries: opens(['other']), decided: 0 })
      await stage.settle()
      expect(stage.entries).toEqual(['a', 'b', 'c'])
    }),
  ['stale-batch', /expected \[ 'a', 'other', 'c' \]/],
)

scripted(
  '6: a duplicate reply counted twice: neither a promise nor a vote counts again',
  (replica) =>
    Stage.run(5, replica, async (stage) => {
      await stage.follow(ballotOf(1, 2), 0, [])
      const ballot = await stage.stand(ballotOf(1, 2))
      const promise = (from: number) =>
        stage.tell('promise', { ballot, from: `node-${from}`, length: 0, decided: 0, acceptedBallot: ballotOf(1, 2) })
      for (const from of [3, 3, 3]) promise(from)
      await stage.settle()
      expect(await stage.status()).toMatchObject({ role: 'candidate' })
      promise(4)
      await stage.settle()
      expect(await stage.status()).toMatchObject({ role: 'leader', length: 1, decided: 0 })
      const accepted = (from: number) => stage.tell('accepted', { ballot, from: `node-${from}`, length: 1 })
      for (const from of [3, 3, 3]) accepted(from)
      await stage.settle()
      expect(await stage.status()).toMatchObject({ role: 'leader', decided: 0 })
      accepted(4)
      await stage.settle()
      expect(await stage.status()).toMatchObject({ role: 'leader', decided: 1 })
    }),
  ['log-counted-replies', /role: 'leader'.* to match object \{ role: 'candidate' \}/],
)

scripted('7: a majority of the connected: two of five decide nothing, whoever they hear', (replica) =>
  cluster(5, replica, async ({ world, store, client, leader, append }) => {
    await append()
    const node = await leader()
    const [beside, ...others] = world.nodes.filter((other) => other !== node) as [string, ...string[]]
    const inside = await store.client({ node })
    await inside.read({ key: 'log' })
    const cut = world.partition([node, beside], others)
    const alone = inside.execute({ op: 'append', key: 'log', value: 'y' }, { timeoutMs: 1_500 })
    await expect(alone).rejects.toThrow('no reply')
    expect(await append()).toBe(2)
    cut.heal()
    await world.sleep(2_000)
    // It may have been carried out after all, once.
    expect(['xx', 'xxy']).toContain(await client.read({ key: 'log' }))
  }),
)

scripted(
  '8: an accept that does not raise the promise: a vote leaves every lower ballot behind',
  (replica) =>
    Stage.run(3, replica, async (stage) => {
      const [low, high] = [ballotOf(1, 2), ballotOf(2, 3)]
      await stage.follow(low, 0, ['a'])
      // Not promised, so not voted in.
      stage.tell('acceptSync', { ballot: high, at: 0, entries: opens(['b']), decided: 0 })
      await stage.settle()
      expect(stage.heard(3, 'accepted')).toEqual([])
      stage.tell('prepare', { ballot: high, decided: 0, length: 0 })
      await stage.next(3, 'promise')
      const votes = stage.heard(2, 'accepted').length
      stage.tell('acceptBatch', { ballot: low, at: 1, entries: opens(['c']), decided: 0 })
      expect(await stage.next(2, 'nack')).toMatchObject({ ballot: low, promised: high })
      expect(stage.heard(2, 'accepted')).toHaveLength(votes)
      expect(stage.entries).toEqual(['a'])
      // The vote in the higher ballot does the same, also after a restart.
      await stage.follow(high, 0, ['b'])
      await stage.crash()
      stage.tell('prepare', { ballot: low, decided: 0, length: 0 })
      expect(await stage.next(2, 'nack', 1)).toMatchObject({ ballot: low, promised: high })
    }),
  ['log-accept-below-promise', 'node-2 hears no nack'],
)

scripted(
  '9: a ballot used again, after it was refused or after a restart: each one is drawn once',
  (replica) =>
    Stage.run(3, replica, async (stage) => {
      await stage.follow(ballotOf(1, 2), 0, [])
      const first = await stage.stand(ballotOf(1, 2))
      stage.tell('nack', { ballot: first, promised: ballotOf(first.n, 3) })
      await stage.settle()
      const second = await stage.stand(ballotOf(first.n, 3))
      expect(second.n).toBeGreaterThan(first.n)
      await stage.crash()
      const third = await stage.stand(second.n > 0 ? ballotOf(second.n, 3) : second)
      expect(third.n).toBeGreaterThan(second.n)
      // Nobody told it of any ballot since it is back.
      await stage.crash()
      stage.tell('prepare', { ballot: ballotOf(third.n, 1), decided: 0, length: 0 })
      stage.tell('prepare', { ballot: ballotOf(1, 3), decided: 0, length: 0 })
      expect(await stage.next(3, 'nack')).toMatchObject({ promised: third })
    }),
  ['log-reused-ballot', 'node-3 hears no nack'],
)

scripted(
  '10: promises merged with unequal offsets: the log of the highest ballot is taken whole, from where it may differ',
  (replica) =>
    Stage.run(5, replica, async (stage) => {
      const [older, newer] = [ballotOf(1, 2), ballotOf(1, 3)]
      await stage.follow(older, 0, ['a', 'b', 'old'], 1)
      const ballot = await stage.stand(older)
      // One goes on where this replica's log ends, in the same ballot; the other replaces more, in a higher one.
      const longer = { at: 3, entries: opens(['old 2', 'old 3']) }
      const higher = { at: 1, entries: opens(['b', 'new']) }
      stage.tell('promise', { ballot, from: 'node-2', acceptedBallot: older, length: 5, decided: 1, suffix: longer })
      stage.tell('promise', { ballot, from: 'node-3', acceptedBallot: newer, length: 3, decided: 1, suffix: higher })
      await stage.settle()
      expect(stage.entries).toEqual(['a', 'b', 'new', 'empty'])
      const [sync] = stage.heard(2, 'acceptSync')
      expect(sync).toMatchObject({ at: 1, entries: [{ nonce: 'b' }, { nonce: 'new' }, { kind: 'empty' }] })
      expect(stage.heard(3, 'acceptSync')[0]).toMatchObject({ at: 3, entries: [{ kind: 'empty' }] })
    }),
  ['ignored-log', /expected \[ 'a', 'b', 'old', 'empty' \]/],
)

scripted(
  '11: a new leader behind trimmed acceptors: it catches up before it leads, and has no holes',
  (replica) =>
    cluster(
      3,
      replica,
      async ({ world, store, client, leader, append }) => {
        await append()
        const node = await leader()
        const away = world.nodes.find((other) => other !== node) as string
        const cut = world.partition(
          [away],
          world.nodes.filter((other) => other !== away),
        )
        for (let index = 0; index < 60; index++) await append()
        expect((await store.status(node)).trimmed).toBeGreaterThan(1)
        // It alone can lead now, and the only other one that is there has trimmed what it lacks.
        world.crash(node)
        cut.heal()
        await client.transferLeadership(away)
        const other = world.nodes.find((name) => name !== node && name !== away) as string
        world.tell((await client.members()).find(({ id }) => id === away)?.replica as never, 'takeOver' as never, {
          ballot: (await store.status(other)).promised,
        })
        expect(await append()).toBe(62)
        await world.restart(node)
        expect(await append()).toBe(63)
      },
      { options: { keepEntries: 4 } },
    ),
  [LeadsWithHole, 'node-1 leads without the decided entry 3'],
)

scripted(
  "12: an older ballot's entry committed by counting (figure 8): only votes in the leader's own ballot count",
  (replica) =>
    Stage.run(5, replica, async (stage) => {
      const older = ballotOf(1, 2)
      await stage.follow(older, 0, ['x'])
      const ballot = await stage.stand(older)
      // Two others hold the entry, in the older ballot: with this replica they are a majority that holds it.
      for (const from of [2, 3])
        stage.tell('promise', { ballot, from: `node-${from}`, acceptedBallot: older, length: 1, decided: 0 })
      await stage.settle()
      expect(await stage.status()).toMatchObject({ role: 'leader', length: 2, decided: 0 })
      stage.tell('accepted', { ballot, from: 'node-2', length: 2 })
      await stage.settle()
      expect(await stage.status()).toMatchObject({ decided: 0 })
      stage.tell('accepted', { ballot, from: 'node-3', length: 2 })
      await stage.settle()
      expect(await stage.status()).toMatchObject({ decided: 2 })
    }),
  ['old-ballot-counted', /to match object \{ role: 'leader', length: 2/],
)
