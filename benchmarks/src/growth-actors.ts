/** The actors of the growth suite, in a module of their own so that worker threads can load them. */
import { type ActorRef, defineActor, type ReplyToken } from '@troupe/core'

type Membership = {
  expect: (message: { count: number; crowd: ActorRef<Crowded> }) => void
  count: (by: number) => void
  report: () => void
}
type Crowded = {
  gather: (count: number) => number
  tellAll: (rounds: number) => number
  done: () => void
  handled: () => number
  sum: (handled: number) => void
}

/** Counts; tells its crowd when it has as many as it was told to expect, and its count when asked for it. */
const Member = defineActor<Membership>()({
  name: 'Member',
  mailbox: { capacity: Number.POSITIVE_INFINITY },
  init: () => ({ count: 0, expected: 0, crowd: undefined as ActorRef<Crowded> | undefined }),
  on: {
    expect(state, { count, crowd }) {
      state.expected = count
      state.crowd = crowd
    },
    count(state, by, ctx) {
      state.count += by
      if (state.count === state.expected && state.crowd !== undefined) ctx.tell(state.crowd, 'done')
    },
    report(state, _, ctx) {
      if (state.crowd !== undefined) ctx.tell(state.crowd, 'sum', state.count)
    },
  },
})

/** The parent of the others: spawns them, tells them all in turn, sums up what they handled. */
export const Crowd = defineActor<Crowded>()({
  name: 'Crowd',
  mailbox: { capacity: Number.POSITIVE_INFINITY },
  init: () => ({
    members: [] as ActorRef<Membership>[],
    left: 0,
    sum: 0,
    reply: undefined as ReplyToken<number> | undefined,
  }),
  on: {
    gather(state, count, ctx) {
      for (let index = 0; index < count; index++) state.members.push(ctx.spawn(Member, undefined))
      return count
    },
    tellAll(state, rounds, ctx) {
      const { members } = state
      for (const member of members) ctx.tell(member, 'expect', { count: rounds, crowd: ctx.self })
      for (let round = 0; round < rounds; round++) for (const member of members) ctx.tell(member, 'count', 1)
      state.left = members.length
      state.reply = ctx.deferReply<number>()
      return state.reply
    },
    done(state, _, ctx) {
      if (--state.left === 0 && state.reply !== undefined) ctx.reply(state.reply, state.members.length)
    },
    handled(state, _, ctx) {
      state.sum = 0
      state.left = state.members.length
      for (const member of state.members) ctx.tell(member, 'report')
      state.reply = ctx.deferReply<number>()
      return state.reply
    },
    sum(state, handled, ctx) {
      state.sum += handled
      if (--state.left === 0 && state.reply !== undefined) ctx.reply(state.reply, state.sum)
    },
  },
})

type Sinking = { add: (by: number) => void; take: (bytes: Uint8Array) => void; total: () => number }

/** Counts what it is told; `total` ends the count. */
export const Sink = defineActor<Sinking>()({
  name: 'Sink',
  module: import.meta.url,
  init: () => ({ count: 0 }),
  on: {
    add(state, by) {
      state.count += by
    },
    take(state) {
      state.count++
    },
    total(state) {
      const { count } = state
      state.count = 0
      return count
    },
  },
})

/** Fills the mailbox of another again and again, and waits until it is empty before each time. */
export const Flooder = defineActor({
  name: 'Flooder',
  module: import.meta.url,
  init: () => ({}),
  on: {
    async flood(_state, { to, depth, rounds }: { to: ActorRef<Sinking>; depth: number; rounds: number }, ctx) {
      for (let round = 0; round < rounds; round++) {
        for (let index = 0; index < depth - 1; index++) ctx.tell(to, 'add', 1)
        const counted = await ctx.askWith({ timeoutMs: 600_000 }, to, 'total')
        if (counted !== depth - 1) throw new Error(`counted ${counted} of ${depth - 1}`)
      }
      return rounds * depth
    },
  },
})

/** What a shipper sends: so many messages of that size at a time, as often. */
export interface Shipment {
  readonly to: ActorRef<Sinking>
  readonly size: number
  readonly batch: number
  readonly rounds: number
}

/** Sends bytes, and waits until a batch is handled before the next one. */
export const Shipper = defineActor({
  name: 'Shipper',
  init: () => ({}),
  on: {
    async ship(_state, { to, size, batch, rounds }: Shipment, ctx) {
      const bytes = new Uint8Array(size)
      for (let round = 0; round < rounds; round++) {
        for (let index = 0; index < batch; index++) ctx.tell(to, 'take', bytes)
        const counted = await ctx.askWith({ timeoutMs: 600_000 }, to, 'total')
        if (counted !== batch) throw new Error(`counted ${counted} of ${batch}`)
      }
      return rounds * batch
    },
  },
})

/** Replies after a while. */
export const Ticker = defineActor<{ afterMs: (ms: number) => boolean; tick: (reply: ReplyToken<boolean>) => void }>()({
  name: 'Ticker',
  module: import.meta.url,
  init: () => ({}),
  on: {
    afterMs(_state, ms, ctx) {
      const reply = ctx.deferReply<boolean>()
      ctx.timers.once({ key: 'tick', delayMs: ms }, 'tick', reply)
      return reply
    },
    tick(_state, reply, ctx) {
      ctx.reply(reply, true)
    },
  },
})
