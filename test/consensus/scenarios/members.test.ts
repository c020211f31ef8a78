/** Scripted scenarios of a replicated log: changes of members. */
import { expect } from 'vitest'
import { ballotOf, cluster, Stage, scripted } from './scripted-log.ts'

scripted(
  '17: overlapping reconfigurations: two leaders are asked for two changes, and one follows the other',
  (replica) =>
    cluster(
      7,
      replica,
      async ({ world, store, client, leader, append }) => {
        const [a, b, c, d, e, f, g] = world.nodes as [string, string, string, string, string, string, string]
        await append()
        for (const node of [f, g]) await store.startReplica({ node })
        const node = await leader()
        const [beside, ...others] = [a, b, c, d, e].filter((other) => other !== node) as [string, ...string[]]
        // The old leader is cut off with one follower and two that could join, and asked to go on with these alone.
        const inside = await store.client({ node })
        await append(inside)
        const cut = world.partition([node, beside, f, g], others)
        const small = inside.changeMembers([node, beside, f], { timeoutMs: 8_000 }).catch(() => 'not answered')
        await world.sleep(100)
        const lost = append(inside).catch(() => 'not answered')
        const large = client.changeMembers([...others, node], { timeoutMs: 20_000 })
        expect(await append()).toBeGreaterThan(2)
        await world.sleep(3_000)
        for (const alone of [node, f]) expect(await store.status(alone)).toMatchObject({ config: 1 })
        cut.heal()
        const numbers = [await small, await large]
        await lost
        await append()
        // Whichever came first, the other began where it ended, and every replica is where they led.
        const numbered = numbers.filter((number) => typeof number === 'number')
        expect(new Set(numbered).size).toBe(numbered.length)
        const { config } = await store.status(await leader())
        expect(Math.max(...numbered)).toBe(config)
      },
      { members: 5 },
    ),
  ['early-configuration', 'decided implies voted for: '],
)

scripted(
  '17: commands that are under way when a configuration ends are carried out in the next one, once',
  (replica) =>
    cluster(
      4,
      replica,
      async ({ world, store, client, append }) => {
        const [, b, c, d] = world.nodes as [string, string, string, string]
        await append()
        await store.startReplica({ node: d })
        const others = await Promise.all(Array.from({ length: 4 }, () => store.client({ node: 'local' })))
        const writing = Array.from({ length: 80 }, async (_, index) => {
          await world.sleep(index / 4)
          return await append(others[index % others.length])
        })
        await world.sleep(4)
        expect(await client.changeMembers([b, c, d], { timeoutMs: 20_000 })).toBe(2)
        expect(new Set(await Promise.all(writing)).size).toBe(80)
        expect(await append()).toBe(82)
      },
      { members: 3, options: { inFlightMax: 4 } },
    ),
  ['entry-after-end', 'end: '],
)

scripted(
  '17: a leader that hears from others that its configuration has ended does not stand in the next one at once',
  (replica) =>
    Stage.run(3, replica, async (stage) => {
      await stage.follow(ballotOf(1, 2), 0, [])
      const ballot = await stage.stand(ballotOf(1, 2))
      stage.tell('promise', { ballot, from: 'node-3', length: 0, decided: 0, acceptedBallot: ballotOf(1, 2) })
      await stage.settle()
      expect(await stage.status()).toMatchObject({ role: 'leader', length: 1 })
      const { configuration, identity } = stage.state
      // It may vote there: the configuration knows it.
      const members = configuration.members.map((member) => ({ ...member, identity: identity as string }))
      const next = { kind: 'configuration', configuration: { ...configuration, number: 2, members } } as const
      stage.tell('learned', { from: 'node-2', at: 1, entries: [next] })
      await stage.settle()
      expect(await stage.status()).toMatchObject({ config: 2, role: 'follower', standing: 'voter', applied: 2 })
      expect(stage.heard(2, 'prepare').filter(({ ballot: { config } }) => config === 2)).toEqual([])
    }),
)

scripted(
  'a change of members is proposed once enough of those that are to vote have what was decided, and refused else',
  (replica) =>
    Stage.run(3, replica, async (stage) => {
      await stage.follow(ballotOf(1, 2), 0, ['a', 'b'], 2)
      const ballot = await stage.stand(ballotOf(1, 2))
      stage.tell('promise', { ballot, from: 'node-3', length: 2, decided: 2, acceptedBallot: ballotOf(1, 2) })
      await stage.settle()
      stage.tell('accepted', { ballot, from: 'node-3', length: 3 })
      await stage.settle()
      expect(await stage.status()).toMatchObject({ role: 'leader', decided: 3, length: 3 })
      const { members } = stage.state.configuration
      const client = await stage.client()
      const quorums = { election: 2, acceptance: 2 }
      const ask = (change: number) => stage.tell('reconfigure', { client, config: 1, change, members, quorums })
      const answer = (from: string, applied: number, by = ballot, identity = `word of ${from}`) =>
        stage.tell('joinAck', { ballot: by, from, identity, applied })

      ask(1)
      await stage.next(2, 'joinProbe')
      answer('node-2', 2)
      const asked = stage.heard(3, 'joinProbe').length
      await stage.next(3, 'joinProbe', asked)
      // A leader that hears nobody has nothing to refuse.
      for (let round = 1; stage.heard('client', 'unready').length === 0 && round < 60; round++) {
        const { round: latest } = stage.state
        stage.tell('heartbeatReply', {
          config: 1,
          from: 'node-3',
          round: latest,
          ballot: ballotOf(0, 3),
          connected: true,
        })
        await stage.world.sleep(25)
      }
      expect(stage.heard('client', 'unready')).toEqual([
        { config: 1, change: 1, needed: 2, absent: ['node-3'], behind: ['node-2'] },
      ])
      answer('node-2', 3)
      await stage.settle()
      expect((await stage.status()).length).toBe(3)

      ask(2)
      answer('node-2', 3, ballotOf(1, 2))
      await stage.settle()
      expect((await stage.status()).length).toBe(3)
      answer('node-2', 3)
      await stage.settle()
      expect(stage.entries.at(-1)).toBe('configuration')
    }),
)
