/**
 * Fork-join, creation: actors are spawned by the hundred thousand; each gets one message, answers and stops. Every
 * thread spawns its part, so nothing crosses but the totals.
 *
 * Size: `actors` alive at a time over all threads, `rounds` of them. Verified: the sum of what all of them answered.
 * Messages are numbers.
 */
import { type ActorRef, defineActor, type ReplyToken } from '@troupe/core'
import { defineProgram, expectEqual } from './program.ts'
import { partOf, range } from './random-numbers.ts'

type Forking = { fork: (work: { from: number; to: number }) => number; joined: (value: number) => void }

/** Answers its one message and stops. */
export const Forked = defineActor({
  name: 'Forked',
  module: import.meta.url,
  init: (joiner: ActorRef<Forking>) => ({ joiner }),
  on: {
    work(state, value: number, ctx) {
      ctx.tell(state.joiner, 'joined', value)
      ctx.stop()
    },
  },
})

/** Spawns an actor for each number of a range and replies with the sum of their answers. */
export const Forker = defineActor<Forking>()({
  name: 'Forker',
  module: import.meta.url,
  init: () => ({ left: 0, sum: 0, done: undefined as ReplyToken<number> | undefined }),
  mailbox: { capacity: Number.POSITIVE_INFINITY },
  on: {
    fork(state, { from, to }, ctx) {
      state.left = to - from
      state.sum = 0
      state.done = ctx.deferReply<number>()
      for (let value = from; value < to; value++) ctx.tell(ctx.spawn(Forked, ctx.self), 'work', value)
      return state.done
    },
    joined(state, value, ctx) {
      state.sum += value
      if (--state.left === 0 && state.done !== undefined) ctx.reply(state.done, state.sum)
    },
  },
})

export const forkJoinCreate = defineProgram({
  name: 'fork-join-create',
  summary: 'actors of one message each, which then stop',
  unit: 'actors',
  size: { actors: 200_000, rounds: 8 },
  quick: { actors: 4_000, rounds: 1 },
  problem: ({ actors }) => (actors < 1_000 ? 'actors are 1,000 at least' : undefined),
  expected: ({ actors, rounds }) => (rounds * actors * (actors - 1)) / 2,
  async run(stage, { actors, rounds }) {
    const forkers = await Promise.all(stage.nodes.map((node) => stage.spawn(Forker, undefined, node)))
    let sum = 0
    for (const _round of range(rounds)) {
      const sums = forkers.map((forker, index) =>
        stage.ask(forker, 'fork', partOf({ index, parts: forkers.length, total: actors })),
      )
      for (const part of await Promise.all(sums)) sum += part
    }
    return sum
  },
  verify: (sum, expected) => expectEqual('sum of the answers', sum, expected),
  units: ({ actors, rounds }) => actors * rounds,
})
