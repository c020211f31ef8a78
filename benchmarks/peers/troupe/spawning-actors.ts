/** The actors of the workloads in one thread that spawn others, as a user would write them. */
import { type ActorRef, defineActor, type RefOf, type ReplyToken } from '@troupe/core'
import { forkBurst } from '../workloads.ts'

const unbounded = { capacity: Number.POSITIVE_INFINITY }

type Forking = {
  fork: (count: number) => number
  more: (message: { next: number; count: number }) => void
  done: (value: number) => void
}

/** Takes one message, acknowledges it and stops. */
const Forked = defineActor<{ work: (message: { value: number; from: ActorRef<Forking> }) => void }>()({
  name: 'Forked',
  init: () => ({}),
  on: {
    work(_state, { value, from }, ctx) {
      ctx.tell(from, 'done', value)
      ctx.stop()
    },
  },
})

/** Spawns actors, tells each one message and counts the acknowledgements. */
export const Forker = defineActor<Forking>()({
  name: 'Forker',
  mailbox: unbounded,
  init: () => ({ left: 0, sum: 0, reply: undefined as ReplyToken<number> | undefined }),
  on: {
    fork(state, count, ctx) {
      state.left = count
      state.sum = 0
      ctx.tell(ctx.self, 'more', { next: 0, count })
      state.reply = ctx.deferReply<number>()
      return state.reply
    },
    more(_state, { next, count }, ctx) {
      const end = Math.min(next + forkBurst, count)
      for (let value = next; value < end; value++) {
        ctx.tell(ctx.spawn(Forked, undefined), 'work', { value, from: ctx.self })
      }
      if (end < count) ctx.tell(ctx.self, 'more', { next: end, count })
    },
    done(state, value, ctx) {
      state.sum += value
      if (--state.left === 0) ctx.reply(state.reply!, state.sum)
    },
  },
})

type Adding = { result: (value: number) => void }
type FibonacciProtocol = Adding & { compute: (message: { n: number; to: ActorRef<Adding> }) => void }

/** One call of fibonacci: computes, or spawns two of its kind and adds up. */
const Fibonacci = defineActor<FibonacciProtocol>()({
  name: 'Fibonacci',
  init: () => ({ to: undefined as ActorRef<Adding> | undefined, first: -1 }),
  on: {
    compute(state, { n, to }, ctx) {
      if (n <= 2) {
        ctx.tell(to, 'result', 1)
        ctx.stop()
        return
      }
      state.to = to
      ctx.tell(ctx.spawn(Fibonacci, undefined), 'compute', { n: n - 1, to: ctx.self })
      ctx.tell(ctx.spawn(Fibonacci, undefined), 'compute', { n: n - 2, to: ctx.self })
    },
    result(state, value, ctx) {
      if (state.first < 0) {
        state.first = value
        return
      }
      ctx.tell(state.to!, 'result', state.first + value)
      ctx.stop()
    },
  },
})

/** Has a number computed by actors. */
export const FibonacciHost = defineActor<Adding & { start: (n: number) => number }>()({
  name: 'FibonacciHost',
  init: () => ({ reply: undefined as ReplyToken<number> | undefined }),
  on: {
    start(state, n, ctx) {
      ctx.tell(ctx.spawn(Fibonacci, undefined), 'compute', { n, to: ctx.self })
      state.reply = ctx.deferReply<number>()
      return state.reply
    },
    result(state, value, ctx) {
      ctx.reply(state.reply!, value)
    },
  },
})

/** Holds children that have nothing to do. */
export const IdleHost = defineActor({
  name: 'IdleHost',
  mailbox: unbounded,
  init: () => ({ children: [] as RefOf<typeof Idle>[] }),
  on: {
    hold(state, count: number, ctx) {
      for (let index = 0; index < count; index++) state.children.push(ctx.spawn(Idle, undefined))
    },
    async check(state, _: undefined, ctx) {
      let alive = 0
      for (const child of state.children) alive += await ctx.ask(child, 'echo', 1)
      return alive
    },
  },
})

/** An actor as in `memory`: a state of one number, and what a default mailbox takes. */
const Idle = defineActor({
  name: 'Idle',
  init: () => ({ count: 0 }),
  on: {
    add(state, by: number) {
      state.count += by
    },
    total: (state) => state.count,
    echo: (_state, value: number) => value,
  },
})
