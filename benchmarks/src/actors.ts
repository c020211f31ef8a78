/** The actors of the benchmarks, in a module of their own so that worker threads can load them. */
import { type ActorRef, defineActor, type ReplyToken } from '@troupe/core'
import type { PeerMessage } from './peer-message.ts'

/** Counts what it is told; `total` ends the count. */
export const Counting = defineActor({
  name: 'Counting',
  module: import.meta.url,
  init: () => ({ count: 0 }),
  on: {
    add(state, by: number) {
      state.count += by
    },
    /** The count so far; starts again from 0. */
    total(state) {
      const { count } = state
      state.count = 0
      return count
    },
    echo: (_state, value: number) => value,
    /** Counts a message of some structure. */
    accept(state, _message: PeerMessage) {
      state.count++
    },
    /** Counts a message with much in it. */
    bytes(state, _bytes: Uint8Array) {
      state.count++
    },
  },
})

type Ponging = { ping: (message: { from: ActorRef<Pinging>; left: number }) => void }
type Pinging = {
  pong: (message: { from: ActorRef<Ponging>; left: number }) => void
  play: (message: { with: ActorRef<Ponging>; rounds: number }) => number
}

/** Answers each ping with a pong. */
export const Ponger = defineActor<Ponging>()({
  name: 'Ponger',
  module: import.meta.url,
  init: () => ({}),
  on: {
    ping(_state, { from, left }, ctx) {
      ctx.tell(from, 'pong', { from: ctx.self, left: left - 1 })
    },
  },
})

/** Plays a number of rounds with a ponger, one message in flight, and replies with the messages that were handled. */
export const Pinger = defineActor<Pinging>()({
  name: 'Pinger',
  module: import.meta.url,
  init: () => ({ reply: undefined as ReplyToken<number> | undefined, messages: 0 }),
  on: {
    play(state, message, ctx) {
      state.messages = 0
      state.reply = ctx.deferReply<number>()
      ctx.tell(message.with, 'ping', { from: ctx.self, left: message.rounds })
      return state.reply
    },
    pong(state, { from, left }, ctx) {
      state.messages += 2
      if (left > 0) ctx.tell(from, 'ping', { from: ctx.self, left })
      else if (state.reply !== undefined) ctx.reply(state.reply, state.messages)
    },
  },
})

/** Tells another actor `count` times, in bursts of `burst`, then asks it for its total. */
export const Producer = defineActor({
  name: 'Producer',
  module: import.meta.url,
  init: () => ({ count: 0 }),
  on: {
    async produce(
      _state,
      { to, count }: { to: ActorRef<{ add: (by: number) => void; total: () => number }>; count: number },
      ctx,
    ) {
      for (let index = 0; index < count; index++) ctx.tell(to, 'add', 1)
      return await ctx.askWith({ timeoutMs: 60_000 }, to, 'total')
    },
    /** Asks another actor `count` times, one after the other. */
    async askMany(_state, { to, count }: { to: ActorRef<{ echo: (value: number) => number }>; count: number }, ctx) {
      let sum = 0
      for (let index = 0; index < count; index++) sum += await ctx.ask(to, 'echo', 1)
      return sum
    },
    /** Spawns `count` children, which each do nothing, and stops them. */
    spawnMany(state, count: number, ctx) {
      for (let index = 0; index < count; index++) ctx.stop(ctx.spawn(Counting, undefined))
      state.count += count
      return count
    },
  },
})
