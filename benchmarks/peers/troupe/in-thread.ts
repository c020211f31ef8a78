/** The workloads in one thread, on a local system in real time. */
import { type ActorHandle, type ActorRef, createLocalSystem, type LocalSystem } from '@troupe/core'
import { realTime } from '@troupe/threads/real-time'
import { type Open, type PeerWorkloads, type Session, verified } from '../contract.ts'
import { heapGrowth } from '../heap.ts'
import { bigActors, chameneosCreatures, fibonacci, forkJoinActors, ringActors } from '../workloads.ts'
import * as actors from './in-thread-actors.ts'
import { FibonacciHost, Forker, IdleHost } from './spawning-actors.ts'

const wait = { timeoutMs: 600_000 }

export const inThreadWorkloads: PeerWorkloads = {
  'ping-pong': onLocal(async (system) => {
    const [pinger, ponger] = [
      await system.spawn(actors.Pinger, undefined),
      await system.spawn(actors.Ponger, undefined),
    ]
    return async (messages) => {
      const pongs = await pinger.askWith(wait, 'play', { with: ponger.ref, messages })
      return verified('pings and pongs', pongs + (await ponger.ask('pings')), messages)
    }
  }),
  counting: onLocal(async (system) => {
    const counter = await system.spawn(actors.Counter, undefined)
    const producer = await system.spawn(actors.Producer, undefined)
    return async (count) =>
      verified('total', await producer.askWith(wait, 'produce', { to: counter.ref, count }), count)
  }),
  'thread-ring': onLocal(async (system) => {
    const members = await Promise.all(
      Array.from({ length: ringActors }, () => system.spawn(actors.RingMember, undefined)),
    )
    for (const [index, member] of members.entries()) member.tell('link', members[(index + 1) % ringActors]!.ref)
    return async (hops) => {
      await members[0]!.askWith(wait, 'start', hops)
      let made = 0
      for (const member of members) made += await member.ask('hops')
      return verified('hops', made, hops)
    }
  }),
  'fork-join-create': onLocal(async (system) => {
    const forker = await system.spawn(Forker, undefined)
    return async (count) => {
      const sum = await forker.askWith(wait, 'fork', count)
      return verified('sum of acknowledgements', sum, (count * (count - 1)) / 2, count)
    }
  }),
  'fork-join-throughput': onLocal(async (system) => {
    const spreader = await system.spawn(actors.Spreader, undefined)
    const to = await spawnAll(forkJoinActors, () => system.spawn(actors.ForkJoinWorker, undefined))
    return async (count) =>
      verified('messages', await spreader.askWith(wait, 'spread', { to, each: count / forkJoinActors }), count)
  }),
  big: onLocal(async (system) => {
    const host = await system.spawn(actors.BigHost, undefined)
    const members = await spawnAll(bigActors, (index) => system.spawn(actors.BigActor, { index }))
    return async (messages) => {
      const pongs = await host.askWith(wait, 'play', { actors: members, pings: messages / 2 / bigActors })
      return verified('pongs', pongs, messages / 2, messages)
    }
  }),
  chameneos: onLocal(async (system) => {
    const mall = await system.spawn(actors.Mall, undefined)
    const creatures = await spawnAll(chameneosCreatures, (index) =>
      system.spawn(actors.Creature, { colour: index % 3 }),
    )
    return async (meetings) => {
      const sum = await mall.askWith(wait, 'open', { creatures, meetings })
      return verified('meetings of all creatures', sum, 2 * meetings, meetings)
    }
  }),
  fibonacci: onLocal(async (system) => {
    const host = await system.spawn(FibonacciHost, undefined)
    return async (n) => verified('result', await host.askWith(wait, 'start', n), fibonacci(n), 2 * fibonacci(n) - 1)
  }),
  ask: onLocal(async (system, variant) => {
    const counter = await system.spawn(actors.Counter, undefined)
    const producer = await system.spawn(actors.Producer, undefined)
    if (variant === 'inside') {
      return async (count) =>
        verified('replies', await producer.askWith(wait, 'ask', { to: counter.ref, count }), count)
    }
    return async (count) => {
      let replies = 0
      for (let index = 0; index < count; index++) replies += await counter.ask('echo', 1)
      return verified('replies', replies, count)
    }
  }),
  memory: {
    variants: [''],
    open: onLocal(async (system) => {
      const host = await system.spawn(IdleHost, undefined)
      return async (count) => {
        const value = (await heapGrowth(() => host.askWith(wait, 'hold', count))) / count
        return { ...verified('actors alive', await host.askWith(wait, 'check'), count), value }
      }
    }),
  },
}

/** Opens a workload on a local system whose messages are shared, as they are in production. */
function onLocal(prepare: (system: LocalSystem, variant: string) => Promise<Session['run']>): Open {
  return async (variant) => {
    const system = createLocalSystem({ messages: 'shared', realTime: realTime() })
    return { run: await prepare(system, variant), close: () => system.stop() }
  }
}

async function spawnAll<Protocol extends object>(
  count: number,
  spawn: (index: number) => Promise<ActorHandle<Protocol>>,
): Promise<ActorRef<Protocol>[]> {
  const handles = await Promise.all(Array.from({ length: count }, (_, index) => spawn(index)))
  return handles.map(({ ref }) => ref)
}
