/** The actors of the workloads in one thread that send messages, as a user would write them. */
import { type ActorRef, defineActor, type RefOf, type ReplyToken } from '@troupe/core'
import { complement, nextRandom, pickOther, tellBurst } from '../workloads.ts'

const unbounded = { capacity: Number.POSITIVE_INFINITY }
const wait = { timeoutMs: 600_000 }

type Pong = { ping: (left: number) => void; meet: (other: ActorRef<Ping>) => void; pings: () => number }
type Ping = { pong: (left: number) => void; play: (message: { with: ActorRef<Pong>; messages: number }) => number }

/** Answers each ping with a pong. */
export const Ponger = defineActor<Pong>()({
  name: 'Ponger',
  init: () => ({ other: undefined as ActorRef<Ping> | undefined, pings: 0 }),
  on: {
    meet(state, other) {
      state.other = other
    },
    ping(state, left, ctx) {
      state.pings++
      ctx.tell(state.other!, 'pong', left - 1)
    },
    pings(state) {
      const { pings } = state
      state.pings = 0
      return pings
    },
  },
})

/** Plays with a ponger, one message in flight; replies with the pongs it got. */
export const Pinger = defineActor<Ping>()({
  name: 'Pinger',
  init: () => ({
    other: undefined as ActorRef<Pong> | undefined,
    reply: undefined as ReplyToken<number> | undefined,
    pongs: 0,
  }),
  on: {
    play(state, message, ctx) {
      state.pongs = 0
      state.other = message.with
      state.reply = ctx.deferReply<number>()
      ctx.tell(message.with, 'meet', ctx.self)
      ctx.tell(message.with, 'ping', message.messages - 1)
      return state.reply
    },
    pong(state, left, ctx) {
      state.pongs++
      if (left > 0) ctx.tell(state.other!, 'ping', left - 1)
      else ctx.reply(state.reply!, state.pongs)
    },
  },
})

/** Counts what it is told. */
export const Counter = defineActor({
  name: 'Counter',
  mailbox: unbounded,
  init: () => ({ count: 0 }),
  on: {
    add(state, by: number) {
      state.count += by
    },
    total(state) {
      const { count } = state
      state.count = 0
      return count
    },
    echo: (_state, value: number) => value,
  },
})

type Producing = {
  produce: (message: { to: RefOf<typeof Counter>; count: number }) => number
  more: (message: { to: RefOf<typeof Counter>; count: number }) => void
  ask: (message: { to: RefOf<typeof Counter>; count: number }) => number
  counted: (total: number) => void
  echoed: (value: number) => void
  lost: (error: Error) => void
}

/** What the end of an ask becomes. */
const then = { onReply: 'echoed', onError: 'lost' } as const
const thenCounted = { ...wait, onReply: 'counted', onError: 'lost' } as const

/** Tells a counter in bursts, then asks for the total; or asks it again and again. */
export const Producer = defineActor<Producing>()({
  name: 'Producer',
  init: () => ({
    reply: undefined as ReplyToken<number> | undefined,
    asks: undefined as ActorRef<{ echo: (value: number) => number }> | undefined,
    left: 0,
    replies: 0,
  }),
  on: {
    produce(state, message, ctx) {
      state.reply = ctx.deferReply<number>()
      ctx.tell(ctx.self, 'more', message)
      return state.reply
    },
    more(_state, { to, count }, ctx) {
      const burst = Math.min(count, tellBurst)
      for (let index = 0; index < burst; index++) ctx.tell(to, 'add', 1)
      if (count > burst) ctx.tell(ctx.self, 'more', { to, count: count - burst })
      else ctx.askThen(thenCounted, to, 'total')
    },
    counted(state, total, ctx) {
      ctx.reply(state.reply!, total)
    },
    ask(state, { to, count }, ctx) {
      Object.assign(state, { asks: to, left: count, replies: 0 })
      state.reply = ctx.deferReply<number>()
      ctx.askThen(then, to, 'echo', 1)
      return state.reply
    },
    echoed(state, value, ctx) {
      state.replies += value
      if (--state.left > 0) ctx.askThen(then, state.asks!, 'echo', 1)
      else ctx.reply(state.reply!, state.replies)
    },
    lost(state, error, ctx) {
      ctx.replyError(state.reply!, error)
    },
  },
})

type Ring = {
  link: (next: ActorRef<Ring>) => void
  token: (left: number) => void
  start: (hops: number) => number
  hops: () => number
}

/** Hands a token on; the one that started it replies when the token has made its hops. */
export const RingMember = defineActor<Ring>()({
  name: 'RingMember',
  init: () => ({
    next: undefined as ActorRef<Ring> | undefined,
    hops: 0,
    reply: undefined as ReplyToken<number> | undefined,
  }),
  on: {
    link(state, next) {
      state.next = next
    },
    start(state, hops, ctx) {
      state.reply = ctx.deferReply<number>()
      ctx.tell(state.next!, 'token', hops - 1)
      return state.reply
    },
    token(state, left, ctx) {
      state.hops++
      if (left > 0) ctx.tell(state.next!, 'token', left - 1)
      else ctx.reply(state.reply!, left)
    },
    hops(state) {
      const { hops } = state
      state.hops = 0
      return hops
    },
  },
})

type Spreading = {
  spread: (message: { to: readonly ActorRef<Counting>[]; each: number }) => number
  more: (message: { to: readonly ActorRef<Counting>[]; each: number }) => void
  counted: (count: number) => void
}
type Counting = {
  expect: (message: { count: number; from: ActorRef<Spreading> }) => void
  one: (value: number) => void
}

/** Counts messages and says when it has as many as it expects. */
export const ForkJoinWorker = defineActor<Counting>()({
  name: 'ForkJoinWorker',
  mailbox: unbounded,
  init: () => ({ count: 0, expected: 0, from: undefined as ActorRef<Spreading> | undefined }),
  on: {
    expect(state, { count, from }) {
      Object.assign(state, { count: 0, expected: count, from })
    },
    one(state, _value, ctx) {
      if (++state.count === state.expected) ctx.tell(state.from!, 'counted', state.count)
    },
  },
})

/** Tells each of its workers its share, in turn and in bursts, and sums up what they counted. */
export const Spreader = defineActor<Spreading>()({
  name: 'Spreader',
  init: () => ({ left: 0, sum: 0, reply: undefined as ReplyToken<number> | undefined }),
  on: {
    spread(state, { to, each }, ctx) {
      state.left = to.length
      state.sum = 0
      for (const worker of to) ctx.tell(worker, 'expect', { count: each, from: ctx.self })
      ctx.tell(ctx.self, 'more', { to, each })
      state.reply = ctx.deferReply<number>()
      return state.reply
    },
    more(_state, { to, each }, ctx) {
      const rounds = Math.min(each, Math.ceil(tellBurst / to.length))
      for (let index = 0; index < rounds; index++) for (const worker of to) ctx.tell(worker, 'one', index)
      if (each > rounds) ctx.tell(ctx.self, 'more', { to, each: each - rounds })
    },
    counted(state, count, ctx) {
      state.sum += count
      if (--state.left === 0) ctx.reply(state.reply!, state.sum)
    },
  },
})

type BigSink = {
  play: (message: { actors: readonly ActorRef<BigMember>[]; pings: number }) => number
  done: (pongs: number) => void
}
type BigMember = {
  start: (message: { actors: readonly ActorRef<BigMember>[]; pings: number; sink: ActorRef<BigSink> }) => void
  ping: (from: number) => void
  pong: (from: number) => void
}

/** Pings the others, chosen at random, one after the other, and answers their pings. */
export const BigActor = defineActor<BigMember>()({
  name: 'BigActor',
  init: (args: { index: number }) => ({
    index: args.index,
    random: args.index + 1,
    actors: [] as readonly ActorRef<BigMember>[],
    sink: undefined as ActorRef<BigSink> | undefined,
    pings: 0,
    pongs: 0,
  }),
  on: {
    start(state, { actors, pings, sink }, ctx) {
      Object.assign(state, { actors, sink, pings, pongs: 0 })
      pingOther(state, ctx)
    },
    ping(state, from, ctx) {
      ctx.tell(state.actors[from]!, 'pong', state.index)
    },
    pong(state, _from, ctx) {
      if (++state.pongs === state.pings) ctx.tell(state.sink!, 'done', state.pongs)
      else pingOther(state, ctx)
    },
  },
})

function pingOther(
  state: { random: number; index: number; actors: readonly ActorRef<BigMember>[] },
  ctx: { tell(ref: ActorRef<BigMember>, name: 'ping', from: number): void },
): void {
  state.random = nextRandom(state.random)
  ctx.tell(state.actors[pickOther(state.random, state.index, state.actors.length)]!, 'ping', state.index)
}

/** Starts the others and waits for all of them. */
export const BigHost = defineActor<BigSink>()({
  name: 'BigHost',
  init: () => ({ left: 0, pongs: 0, reply: undefined as ReplyToken<number> | undefined }),
  on: {
    play(state, { actors, pings }, ctx) {
      state.left = actors.length
      state.pongs = 0
      // One list for all: what is told in one thread is shared.
      for (const actor of actors) ctx.tell(actor, 'start', { actors, pings, sink: ctx.self })
      state.reply = ctx.deferReply<number>()
      return state.reply
    },
    done(state, pongs, ctx) {
      state.pongs += pongs
      if (--state.left === 0) ctx.reply(state.reply!, state.pongs)
    },
  },
})

type MallProtocol = {
  open: (message: { creatures: readonly ActorRef<CreatureProtocol>[]; meetings: number }) => number
  meet: (message: { colour: number; from: ActorRef<CreatureProtocol> }) => void
  met: (meetings: number) => void
}
type CreatureProtocol = {
  enter: (mall: ActorRef<MallProtocol>) => void
  mate: (colour: number) => void
  close: () => void
}

/** Goes to the mall until it is closed, and changes its colour with each meeting. */
export const Creature = defineActor<CreatureProtocol>()({
  name: 'Creature',
  init: (args: { colour: number }) => ({
    colour: args.colour,
    meetings: 0,
    mall: undefined as ActorRef<MallProtocol> | undefined,
  }),
  on: {
    enter(state, mall, ctx) {
      state.mall = mall
      state.meetings = 0
      ctx.tell(mall, 'meet', { colour: state.colour, from: ctx.self })
    },
    mate(state, colour, ctx) {
      state.meetings++
      state.colour = complement(state.colour, colour)
      ctx.tell(state.mall!, 'meet', { colour: state.colour, from: ctx.self })
    },
    close(state, _, ctx) {
      ctx.tell(state.mall!, 'met', state.meetings)
    },
  },
})

/** Brings creatures together by two, until there were enough meetings. */
export const Mall = defineActor<MallProtocol>()({
  name: 'Mall',
  init: () => ({
    waiting: undefined as { colour: number; from: ActorRef<CreatureProtocol> } | undefined,
    meetings: 0,
    left: 0,
    sum: 0,
    reply: undefined as ReplyToken<number> | undefined,
  }),
  on: {
    open(state, { creatures, meetings }, ctx) {
      Object.assign(state, { waiting: undefined, meetings, left: creatures.length, sum: 0 })
      for (const creature of creatures) ctx.tell(creature, 'enter', ctx.self)
      state.reply = ctx.deferReply<number>()
      return state.reply
    },
    meet(state, visitor, ctx) {
      if (state.meetings === 0) ctx.tell(visitor.from, 'close')
      else if (state.waiting === undefined) state.waiting = visitor
      else {
        const first = state.waiting
        state.waiting = undefined
        state.meetings--
        ctx.tell(first.from, 'mate', visitor.colour)
        ctx.tell(visitor.from, 'mate', first.colour)
      }
    },
    met(state, meetings, ctx) {
      state.sum += meetings
      if (--state.left === 0) ctx.reply(state.reply!, state.sum)
    },
  },
})
