/**
 * comedy 2: actors of plain objects in one thread, and of a class in a thread of its own. A send returns a promise of
 * having been sent, which nobody awaits here.
 */
import { type Actor, type ActorRef, type ActorSystem, createSystem } from 'comedy'
import { Completion, type Open, type PeerWorkloads, type Session, verified } from '../contract.ts'
import { oneByOne } from '../round-trips.ts'
import { bigActors, forkJoinActors, nextRandom, pickOther, ringActors } from '../workloads.ts'

/** A workload in a system of its own, silent. */
function inSystem(prepare: (root: Actor) => Promise<Session['run']>): Open {
  return async () => {
    const system: ActorSystem = createSystem({ test: true, loggerConfig: {} })
    return { run: await prepare(await system.rootActor()), close: () => system.destroy() }
  }
}

/** Sends without waiting for the promise; what goes wrong ends the process. */
function send(actor: ActorRef, topic: string, message: unknown): void {
  void actor.send(topic, message)
}

export const workloads: PeerWorkloads = {
  'ping-pong': inSystem(async (root) => {
    let [pings, pongs] = [0, 0]
    let done = new Completion<void>()
    const ponger = await root.createChild({
      ping(left: number) {
        pings++
        send(pinger, 'pong', left - 1)
      },
    })
    const pinger = await root.createChild({
      pong(left: number) {
        pongs++
        if (left > 0) send(ponger, 'ping', left - 1)
        else done.resolve()
      },
    })
    return async (messages) => {
      pings = pongs = 0
      done = new Completion()
      send(ponger, 'ping', messages - 1)
      await done.promise
      return verified('pings and pongs', pings + pongs, messages)
    }
  }),
  counting: inSystem(async (root) => counted(await root.createChild(Counter))),
  'thread-ring': inSystem(async (root) => {
    const hops = new Float64Array(ringActors)
    let done = new Completion<void>()
    const members: ActorRef[] = []
    for (let index = 0; index < ringActors; index++) {
      const token = (left: number) => {
        hops[index]!++
        if (left > 0) send(members[(index + 1) % ringActors]!, 'token', left - 1)
        else done.resolve()
      }
      members.push(await root.createChild({ token }))
    }
    return async (wanted) => {
      done = new Completion()
      hops.fill(0)
      send(members[0]!, 'token', wanted - 1)
      await done.promise
      return verified(
        'hops',
        hops.reduce((sum, made) => sum + made, 0),
        wanted,
      )
    }
  }),
  'fork-join-throughput': inSystem(async (root) => {
    let [left, sum, each] = [0, 0, 0]
    let done = new Completion<number>()
    const counts = new Float64Array(forkJoinActors)
    const workers: ActorRef[] = []
    for (let index = 0; index < forkJoinActors; index++) {
      const one = () => {
        if (++counts[index]! < each) return
        sum += counts[index]!
        if (--left === 0) done.resolve(sum)
      }
      workers.push(await root.createChild({ one }))
    }
    return async (wanted) => {
      done = new Completion()
      counts.fill(0)
      sum = 0
      left = forkJoinActors
      each = wanted / forkJoinActors
      for (let value = 0; value < each; value++) for (const worker of workers) send(worker, 'one', value)
      return verified('messages', await done.promise, wanted)
    }
  }),
  big: inSystem(async (root) => {
    let [left, pongs, pings] = [0, 0, 0]
    let done = new Completion<number>()
    const members: ActorRef[] = []
    for (let index = 0; index < bigActors; index++) {
      let [random, own] = [index + 1, 0]
      const pingOther = () => {
        random = nextRandom(random)
        send(members[pickOther(random, index, bigActors)]!, 'ping', index)
      }
      members.push(
        await root.createChild({
          start() {
            own = 0
            pingOther()
          },
          ping: (from: number) => send(members[from]!, 'pong', index),
          pong() {
            if (++own < pings) return pingOther()
            pongs += own
            if (--left === 0) done.resolve(pongs)
          },
        }),
      )
    }
    return async (messages) => {
      done = new Completion()
      pongs = 0
      left = bigActors
      pings = messages / 2 / bigActors
      for (const member of members) send(member, 'start', undefined)
      return verified('pongs', await done.promise, messages / 2, messages)
    }
  }),
  ask: {
    variants: ['outside'],
    open: inSystem(async (root) => {
      const server = await root.createChild({ echo: (value: number) => value })
      return async (count) => {
        let replies = 0
        for (let index = 0; index < count; index++) replies += await server.sendAndReceive('echo', 1)
        return verified('replies', replies, count)
      }
    }),
  },
  'xthread-tell': inSystem(async (root) => counted(await root.createChild(Counter, { mode: 'threaded' }))),
  'xthread-ask': {
    variants: ['busy'],
    open: inSystem(async (root) => {
      const counter = await root.createChild(Counter, { mode: 'threaded' })
      return (count) => oneByOne(count, 'busy', () => counter.sendAndReceive('echo', 1))
    }),
  },
}

/** Tells a counter, which says when it has counted as far: an ask may overtake the tells before it. */
function counted(counter: ActorRef): Session['run'] {
  return async (wanted) => {
    const done = counter.sendAndReceive('reach', wanted)
    for (let index = 0; index < wanted; index++) send(counter, 'add', 1)
    return verified('total', await done, wanted)
  }
}

/** Compiled again in the other thread, from its source: it can name nothing outside itself. */
class Counter {
  count = 0
  wanted = Number.POSITIVE_INFINITY
  reached: (count: number) => void = () => {}

  add(by: number): void {
    this.count += by
    if (this.count >= this.wanted) this.reached(this.count)
  }

  echo(value: number): number {
    return value
  }

  /** Counts from 0 again; the reply comes when the count is `wanted`. */
  reach(wanted: number): Promise<number> {
    this.count = 0
    this.wanted = wanted
    return new Promise((resolve) => {
      this.reached = resolve
    })
  }
}
