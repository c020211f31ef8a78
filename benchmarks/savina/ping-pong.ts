/**
 * Ping-pong: two actors send one message back and forth. Nothing ever runs at the same time, so both stay on one thread.
 *
 * Size: `pings`. Verified: as many pings as pongs were handled, and as many as were asked for. Messages are numbers.
 */
import { type ActorRef, defineActor, type ReplyToken } from '@troupe/core'
import { defineProgram, expectEqual } from './program.ts'

type Pinging = { play: (pings: number) => number; pong: (left: number) => void }
type Ponging = { ping: (message: { from: ActorRef<Pinging>; left: number }) => void; count: () => number }

export const Pinger = defineActor<Pinging>()({
  name: 'Pinger',
  module: import.meta.url,
  init: ({ ponger }: { ponger: ActorRef<Ponging> }) => ({
    ponger,
    pongs: 0,
    done: undefined as ReplyToken<number> | undefined,
  }),
  on: {
    /** Plays so many pings and replies with the pongs that came back. */
    play(state, pings, ctx) {
      state.done = ctx.deferReply<number>()
      ctx.tell(state.ponger, 'ping', { from: ctx.self, left: pings })
      return state.done
    },
    pong(state, left, ctx) {
      state.pongs++
      if (left > 0) ctx.tell(state.ponger, 'ping', { from: ctx.self, left })
      else if (state.done !== undefined) ctx.reply(state.done, state.pongs)
    },
  },
})

export const Ponger = defineActor<Ponging>()({
  name: 'Ponger',
  module: import.meta.url,
  init: () => ({ pings: 0 }),
  on: {
    ping(state, { from, left }, ctx) {
      state.pings++
      ctx.tell(from, 'pong', left - 1)
    },
    count: (state) => state.pings,
  },
})

export const pingPong = defineProgram({
  name: 'ping-pong',
  summary: 'two actors, one message in flight',
  unit: 'messages',
  size: { pings: 4_000_000 },
  quick: { pings: 5_000 },
  oneThread: true,
  expected: ({ pings }) => pings,
  async run(stage, { pings }) {
    const ponger = await stage.spawn(Ponger, undefined, stage.nodeAt(1))
    const pinger = await stage.spawn(Pinger, { ponger })
    const pongs = await stage.ask(pinger, 'play', pings)
    return { pongs, pings: await stage.ask(ponger, 'count') }
  },
  verify(result, pings) {
    expectEqual('pongs', result.pongs, pings)
    expectEqual('pings', result.pings, pings)
  },
  units: ({ pings }) => pings * 2,
})
