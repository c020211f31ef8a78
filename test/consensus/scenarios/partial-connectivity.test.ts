/**
 * Scripted scenarios of a replicated log: partial connectivity (Ng, Haridi, Carbone, "Omni-Paxos", 2023, section 2). In each
 * of them a command is answered within four election timeouts of the links' change.
 */
import { keyValueMachine, type ReplicaProtocol } from '@troupe/consensus'
import { replicaParts } from '@troupe/consensus/parts'
import { defineActor } from '@troupe/core'
import type { CampaignReplica } from '@troupe/scenarios'
import type { SimulatedWorld } from '@troupe/simulation'
import { expect } from 'vitest'
import { type Cluster, cluster, electionTimeoutMs, scripted } from './scripted-log.ts'

const boundMs = 4 * electionTimeoutMs
const parts = replicaParts(keyValueMachine)
const { on } = parts

/** Takes a leader that is heard for one that can lead, whether it hears a quorum or not. */
const TrustsWhoeverIsHeard: CampaignReplica = defineActor<ReplicaProtocol>()({
  ...parts,
  name: 'TrustsWhoeverIsHeard',
  module: import.meta.url,
  on: { ...on, heartbeatReply: (state, reply, ctx) => on.heartbeatReply(state, { ...reply, connected: true }, ctx) },
})

/** Never catches up when it stands for election: who is behind waits for somebody else to lead. */
const NeverCatchesUp: CampaignReplica = defineActor<ReplicaProtocol>()({
  ...parts,
  name: 'NeverCatchesUp',
  module: import.meta.url,
  on: { ...on, learned() {}, snapshotChunk() {} },
})

/** Takes whoever asks for one who answers: a leader that is heard, and hears nobody, is none the less there. */
const TakesAskingForAnswering: CampaignReplica = defineActor<ReplicaProtocol>()({
  ...parts,
  name: 'TakesAskingForAnswering',
  module: import.meta.url,
  on: {
    ...on,
    heartbeat(state, message, ctx) {
      on.heartbeat(state, message, ctx)
      const { from, config } = message
      const ballot = state.leader?.node === from ? state.leader : { config, n: 0, priority: 0, node: from }
      on.heartbeatReply(state, { config, from, round: state.round, ballot, connected: true }, ctx)
    },
  },
})

/** Virtual milliseconds until a command is answered. */
async function untilAnswered({ world, append }: Cluster): Promise<number> {
  const from = world.now()
  await append()
  return world.now() - from
}

function cut(world: SimulatedWorld, links: readonly (readonly [string, string])[], oneWay = false): void {
  for (const [from, to] of links) world.partition([from], [to], { oneWay })
}

function pairs(nodes: readonly string[]): (readonly [string, string])[] {
  return nodes.flatMap((from, index) => nodes.slice(index + 1).map((to) => [from, to] as const))
}

scripted(
  '21: quorum loss: the leader is heard by one only, and only that one hears a quorum',
  (replica) =>
    cluster(5, replica, async (running) => {
      const { world, append, leader } = running
      await append()
      const node = await leader()
      const [hub, ...others] = world.nodes.filter((other) => other !== node) as [string, ...string[]]
      cut(world, pairs([node, ...others]))
      expect(await untilAnswered(running)).toBeLessThan(boundMs)
      expect(await leader()).toBe(hub)
    }),
  [TrustsWhoeverIsHeard, 'no reply'],
)

scripted(
  '21: constrained election: the one who can lead has fallen behind',
  (replica) =>
    cluster(
      5,
      replica,
      async (running) => {
        const { world, append, leader } = running
        await append()
        const node = await leader()
        const [hub, ...others] = world.nodes.filter((other) => other !== node) as [string, ...string[]]
        const away = world.partition([hub], [node, ...others])
        for (let index = 0; index < 40; index++) await append()
        away.heal()
        cut(world, pairs(others))
        cut(
          world,
          world.nodes.filter((other) => other !== node).map((to) => [node, to] as const),
        )
        expect(await untilAnswered(running)).toBeLessThan(boundMs)
        expect(await leader()).toBe(hub)
        expect(await append()).toBe(43)
      },
      { options: { keepEntries: 4 } },
    ),
  [NeverCatchesUp, 'no reply'],
)

scripted('21: chained: the ends of a line do not hear each other, and one leader stays', (replica) =>
  cluster(3, replica, async (running) => {
    const { world, append, leader } = running
    await append()
    const node = await leader()
    const [end] = world.nodes.filter((other) => other !== node) as [string]
    cut(world, [[node, end]])
    await world.sleep(boundMs)
    const settled = await leader()
    for (let index = 0; index < 10; index++) {
      expect(await untilAnswered(running)).toBeLessThan(boundMs)
      await world.sleep(electionTimeoutMs)
    }
    // Two ends that take each other for dead would take turns.
    expect(await leader()).toBe(settled)
  }),
)

scripted(
  '21: one-way links: the leader is heard and hears nobody',
  (replica) =>
    cluster(3, replica, async (running) => {
      const { world, append, leader } = running
      await append()
      const node = await leader()
      cut(
        world,
        world.nodes.filter((other) => other !== node).map((from) => [from, node] as const),
        true,
      )
      expect(await untilAnswered(running)).toBeLessThan(boundMs)
      expect(await leader()).not.toBe(node)
    }),
  [TakesAskingForAnswering, 'no reply'],
)

scripted('21: a half-cut leader: those who are with it do not hold up the others, nor their clients', (replica) =>
  cluster(5, replica, async (running) => {
    const { world, append, leader } = running
    await append()
    const node = await leader()
    const [beside, ...others] = world.nodes.filter((other) => other !== node) as [string, ...string[]]
    world.partition([node, beside], others)
    expect(await untilAnswered(running)).toBeLessThan(2 * boundMs)
    expect(others).toContain(await leader())
  }),
)
