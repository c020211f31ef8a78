/**
 * Effect 4: an actor is a fiber over an unbounded queue. It takes all that waits at once (`Queue.takeAll`) and handles the
 * batch in one step; messages are offered by `offerUnsafe`, which is synchronous and wakes the fiber. Fibers are scheduled
 * as microtasks, which is several times as fast as the default `setImmediate`.
 */
import { Deferred, Effect, Fiber, Queue, Scheduler } from 'effect'
import { Completion, type PeerWorkloads, verified } from '../contract.ts'
import { batchSize, forkBurst, forkJoinActors, ringActors } from '../workloads.ts'

const scheduling = { scheduler: new Scheduler.MixedScheduler('sync') }

function run<A, E>(effect: Effect.Effect<A, E>): Promise<A> {
  return Effect.runPromise(effect, scheduling)
}

/** A fiber that handles its messages in batches, for ever. */
function actor<Message>(handle: (message: Message) => void) {
  const queue = Effect.runSync(Queue.unbounded<Message>())
  const fiber = Effect.runFork(
    Effect.whileLoop({
      while: () => true,
      body: () => Queue.takeAll(queue),
      step: (messages) => {
        for (const message of messages) handle(message)
      },
    }),
    scheduling,
  )
  return { queue, fiber, send: (message: Message) => Queue.offerUnsafe(queue, message) }
}

const stop = (...actors: readonly { fiber: Fiber.Fiber<unknown, unknown> }[]) =>
  run(Effect.forEach(actors, ({ fiber }) => Fiber.interrupt(fiber), { discard: true }))

export const workloads: PeerWorkloads = {
  'ping-pong': () => {
    let [pings, pongs] = [0, 0]
    let done = new Completion<void>()
    const ponger = actor(({ left }: { type: 'ping'; left: number }) => {
      pings++
      pinger.send({ type: 'pong', left: left - 1 })
    })
    const pinger = actor(({ left }: { type: 'pong'; left: number }) => {
      pongs++
      if (left > 0) ponger.send({ type: 'ping', left: left - 1 })
      else done.resolve()
    })
    return {
      async run(messages) {
        pings = pongs = 0
        done = new Completion()
        ponger.send({ type: 'ping', left: messages - 1 })
        await done.promise
        return verified('pings and pongs', pings + pongs, messages)
      },
      close: () => stop(pinger, ponger),
    }
  },
  /** In batches on both sides. */
  counting: () => {
    type Count = { type: 'add'; by: number } | { type: 'total'; to: Completion<number> }
    let count = 0
    const counter = actor((message: Count) => {
      if (message.type === 'add') count += message.by
      else {
        message.to.resolve(count)
        count = 0
      }
    })
    return {
      async run(wanted) {
        const produce = Effect.gen(function* () {
          for (let sent = 0; sent < wanted; sent += batchSize) {
            const batch: Count[] = []
            for (let index = sent; index < Math.min(sent + batchSize, wanted); index++)
              batch.push({ type: 'add', by: 1 })
            yield* Queue.offerAll(counter.queue, batch)
          }
          const to = new Completion<number>()
          counter.send({ type: 'total', to })
          return yield* Effect.promise(() => to.promise)
        })
        return verified('total', await run(produce), wanted)
      },
      close: () => stop(counter),
    }
  },
  'thread-ring': () => {
    const hops = new Float64Array(ringActors)
    let done = new Completion<void>()
    const members = Array.from({ length: ringActors }, (_, index) =>
      actor(({ left }: { type: 'token'; left: number }) => {
        hops[index]!++
        if (left > 0) members[(index + 1) % ringActors]!.send({ type: 'token', left: left - 1 })
        else done.resolve()
      }),
    ) as { fiber: Fiber.Fiber<unknown, unknown>; send(message: { type: 'token'; left: number }): boolean }[]
    return {
      async run(wanted) {
        done = new Completion()
        hops.fill(0)
        members[0]!.send({ type: 'token', left: wanted - 1 })
        await done.promise
        return verified(
          'hops',
          hops.reduce((sum, made) => sum + made, 0),
          wanted,
        )
      },
      close: () => stop(...members),
    }
  },
  /** A fiber that takes one message, acknowledges it and ends. */
  'fork-join-create': () => ({
    async run(count) {
      let [left, sum] = [count, 0]
      const done = new Completion<number>()
      const forker = actor((value: number) => {
        sum += value
        if (--left === 0) done.resolve(sum)
      })
      const child = Effect.fnUntraced(function* (queue: Queue.Queue<number>) {
        forker.send(yield* Queue.take(queue))
      })
      const fork = Effect.gen(function* () {
        for (let value = 0; value < count; value++) {
          const queue = yield* Queue.unbounded<number>()
          yield* Effect.forkDetach(child(queue))
          Queue.offerUnsafe(queue, value)
          if (value % forkBurst === 0) yield* Effect.yieldNow
        }
      })
      await run(fork)
      const outcome = verified('sum of acknowledgements', await done.promise, (count * (count - 1)) / 2, count)
      await stop(forker)
      return outcome
    },
  }),
  /** In batches, round the actors. */
  'fork-join-throughput': () => {
    let [left, sum, each] = [0, 0, 0]
    let done = new Completion<number>()
    const counts = new Float64Array(forkJoinActors)
    const workers = Array.from({ length: forkJoinActors }, (_, index) =>
      actor((_message: { type: 'one'; value: number }) => {
        if (++counts[index]! < each) return
        sum += counts[index]!
        if (--left === 0) done.resolve(sum)
      }),
    )
    return {
      async run(wanted) {
        done = new Completion()
        counts.fill(0)
        each = wanted / forkJoinActors
        left = forkJoinActors
        sum = 0
        const spread = Effect.gen(function* () {
          for (let sent = 0; sent < each; sent += batchSize) {
            for (const worker of workers) {
              const batch: { type: 'one'; value: number }[] = []
              for (let value = sent; value < Math.min(sent + batchSize, each); value++)
                batch.push({ type: 'one', value })
              yield* Queue.offerAll(worker.queue, batch)
            }
          }
        })
        await run(spread)
        return verified('messages', await done.promise, wanted)
      },
      close: () => stop(...workers),
    }
  },
  /** A message carries the deferred that its reply completes. The asker is a fiber, or outside of them a program that awaits each ask. */
  ask: {
    variants: ['outside', 'inside'],
    open: (variant) => {
      const server = actor(({ value, to }: { value: number; to: Deferred.Deferred<number> }) => {
        Deferred.doneUnsafe(to, Effect.succeed(value))
      })
      const ask = Effect.suspend(() => {
        const to = Deferred.makeUnsafe<number>()
        server.send({ value: 1, to })
        return Deferred.await(to)
      })
      const askMany = (count: number) =>
        Effect.gen(function* () {
          let replies = 0
          for (let index = 0; index < count; index++) replies += yield* ask
          return replies
        })
      return {
        async run(count) {
          if (variant === 'inside') return verified('replies', await run(askMany(count)), count)
          let replies = 0
          for (let index = 0; index < count; index++) replies += await run(ask)
          return verified('replies', replies, count)
        },
        close: () => stop(server),
      }
    },
  },
}
