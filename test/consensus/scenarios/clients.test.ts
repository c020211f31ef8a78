/** Scripted scenarios of a replicated log: what its clients may see. */
import type { ActorRef } from '@troupe/core'
import { CampaignStore } from '@troupe/scenarios'
import { expect, test } from 'vitest'
import { ballotOf, cluster, Stage, type StoreClient, scripted } from './scripted-log.ts'

const put = (client: StoreClient, value: unknown, timeoutMs = 20_000) =>
  client.execute({ op: 'put', key: 'a', value }, { timeoutMs })

scripted(
  '13: a read, or a compare-and-set that fails, goes through a round of its own and is not answered from memory',
  (replica) =>
    cluster(3, replica, async ({ world, store, client, leader }) => {
      await put(client, 1)
      const node = await leader()
      const { length } = await store.status(node)
      let probes = 0
      world.observe((event) => {
        if (event.type === 'sent' && event.message === 'readAck') probes++
      })
      expect(await client.read({ key: 'a' })).toBe(1)
      expect(probes).toBeGreaterThan(0)
      expect(await client.execute({ op: 'compareAndSet', key: 'a', expected: 7, value: 8 })).toBe(false)
      expect((await store.status(node)).length).toBe(length + 1)
      // Of one that is cut off neither is answered, although both would be answered the same.
      const inside = await store.client({ node })
      await put(inside, 1)
      world.partition(
        [node],
        world.nodes.filter((other) => other !== node),
      )
      const timeoutMs = 1_000
      const calls = [
        inside.read({ key: 'a' }, { timeoutMs }),
        inside.execute({ op: 'compareAndSet', key: 'a', expected: 7, value: 8 }, { timeoutMs }),
      ]
      for (const outcome of await Promise.allSettled(calls)) expect(outcome.status).toBe('rejected')
    }),
  ['read-without-probe', 'expected 0 to be greater than 0'],
)

scripted(
  "14: a read before the leader's own first entry is decided waits for it, however many say that it leads",
  (replica) =>
    Stage.run(3, replica, async (stage) => {
      await stage.follow(ballotOf(1, 2), 0, ['decided, for all it knows'])
      const client = await stage.client()
      const ballot = await stage.stand(ballotOf(1, 2))
      stage.tell('promise', { ballot, from: 'node-2', acceptedBallot: ballotOf(1, 2), length: 1, decided: 0 })
      await stage.settle()
      stage.tell('reads', { client, first: 1, queries: [{ key: 'a' }] })
      await stage.settle()
      for (const id of [1, 2]) for (const from of ['node-2', 'node-3']) stage.tell('readAck', { ballot, from, id })
      await stage.settle()
      expect(stage.heard('client', 'answers')).toEqual([])
      stage.tell('accepted', { ballot, from: 'node-2', length: 2 })
      await stage.settle()
      const [{ id }] = stage.heard(2, 'readProbe').slice(-1)
      stage.tell('readAck', { ballot, from: 'node-2', id })
      expect(await stage.next('client', 'answers')).toMatchObject({ first: 1 })
    }),
  ['early-read', /expected \[ \{ first: 1, values: .* to deeply equal \[\]/],
)

scripted(
  '15: an isolated leader serves no reads that others have made stale',
  (replica) =>
    cluster(3, replica, async ({ world, store, client, leader }) => {
      await put(client, 'old')
      const node = await leader()
      const inside = await store.client({ node })
      expect(await inside.read({ key: 'a' })).toBe('old')
      world.partition(
        [node],
        world.nodes.filter((other) => other !== node),
      )
      await put(client, 'new')
      await world.sleep(1_000)
      const stale = inside.read({ key: 'a' }, { timeoutMs: 5_000 }).catch(() => 'no answer')
      await world.sleep(4_000)
      await world.heal()
      expect(['new', 'no answer']).toContain(await stale)
      expect(await inside.read({ key: 'a' })).toBe('new')
    }),
  ['read-without-probe', /expected \[ 'new', 'no answer' \] to include 'old'/],
)

scripted(
  '20: a command that comes again, after snapshots, restarts and new leaders, is answered and not applied again',
  (replica) =>
    cluster(
      3,
      replica,
      async ({ world, store, client, leader, append }) => {
        const [first] = await client.members()
        await append()
        // Once more, by hand: what is sent again when its answer was lost.
        const session = 1
        const again = async () => {
          for (const { replica: ref } of await client.members()) {
            const operations = [{ op: 'append', key: 'log', value: 'again' }]
            world.tell(ref as ActorRef<any>, 'commands', {
              client: client.ref,
              session,
              ackedUpTo: 0,
              first: 1,
              operations,
            })
          }
          await world.sleep(200)
        }
        await again()
        // Enough for every replica to have stored its state, which is all that comes back.
        const other = await store.client({ node: 'local' })
        for (let index = 0; index < 60; index++) await append(other)
        for (const node of world.nodes) world.crash(node)
        for (const node of world.nodes) await world.restart(node)
        await append(other)
        await again()
        world.crash(await leader())
        await append(other)
        await again()
        const log = String(await other.read({ key: 'log' }, { timeoutMs: 20_000 }))
        expect(log).toBe('x'.repeat(63))
        expect(first).toBeDefined()
        // Closed for too many others, a session applies nothing more, also of what comes late.
        for (let index = 0; index < 4; index++) await append(await store.client({ node: 'local' }))
        await again()
        expect(await other.read({ key: 'log' }, { timeoutMs: 20_000 })).toBe('x'.repeat(67))
        // Its client, which has heard so, opens another.
        expect(await append()).toBe(68)
      },
      { options: { sessionsMax: 4, keepEntries: 8 } },
    ),
  ['lost-results', 'applied alike: '],
)

test('a client of which nobody wants anything is still, and tries again when somebody does', () =>
  cluster(3, CampaignStore, async ({ world, client }) => {
    let retries = 0
    world.observe(({ type }) => void (type === 'turn' && retries++), { only: ['turn'], messages: ['retry'] })
    /** The retries of ten seconds in which nobody asks for anything. */
    const idle = async () => {
      const before = retries
      await world.sleep(10_000)
      return retries - before
    }
    await put(client, 1)
    // One that finds nothing waiting is the last.
    expect(await idle()).toBeLessThanOrEqual(1)
    expect(await idle()).toBe(0)
    for (const node of world.nodes) world.crash(node)
    const answered = put(client, 2)
    const before = retries
    await world.sleep(1_000)
    expect(retries - before).toBeGreaterThan(3)
    for (const node of world.nodes) await world.restart(node)
    await answered
    expect(await idle()).toBeLessThanOrEqual(1)
    expect(await idle()).toBe(0)
  }))
