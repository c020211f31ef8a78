/**
 * Big: many actors; each pings one of the others, drawn by lot, waits for its pong, and pings again. Two small messages
 * for each exchange, of which with N threads all but one in N would cross: all stay on one thread.
 *
 * Size: `actors`, `pings` of each. Verified: each got as many pongs as it sent pings, and all got as many pings together.
 * Messages carry nothing but their sender.
 */
import { type ActorRef, defineActor, type ReplyToken } from '@troupe/core'
import { defineProgram, expectEqual } from './program.ts'
import { range } from './random-numbers.ts'

type Neighbour = {
  play: (game: { others: readonly ActorRef<Neighbour>[]; pings: number }) => number
  ping: (from: ActorRef<Neighbour>) => void
  pong: () => void
  pinged: () => number
}

export const BigActor = defineActor<Neighbour>()({
  name: 'BigActor',
  module: import.meta.url,
  init: () => ({
    others: [] as readonly ActorRef<Neighbour>[],
    pingsLeft: 0,
    pongs: 0,
    pinged: 0,
    done: undefined as ReplyToken<number> | undefined,
  }),
  on: {
    /** Pings so often and replies with the pongs. */
    play(state, { others, pings }, ctx) {
      state.others = others
      state.pingsLeft = pings - 1
      state.done = ctx.deferReply<number>()
      ctx.tell(ctx.random.pick(others), 'ping', ctx.self)
      return state.done
    },
    ping(state, from, ctx) {
      state.pinged++
      ctx.tell(from, 'pong')
    },
    pong(state, _nothing, ctx) {
      state.pongs++
      if (state.pingsLeft-- > 0) ctx.tell(ctx.random.pick(state.others), 'ping', ctx.self)
      else if (state.done !== undefined) ctx.reply(state.done, state.pongs)
    },
    pinged: (state) => state.pinged,
  },
})

export const big = defineProgram({
  name: 'big',
  summary: 'actors ping others drawn by lot',
  unit: 'messages',
  size: { actors: 120, pings: 40_000 },
  quick: { actors: 40, pings: 100 },
  oneThread: true,
  expected: () => undefined,
  async run(stage, { actors, pings }) {
    const all = await Promise.all(range(actors).map((index) => stage.spawn(BigActor, undefined, stage.nodeAt(index))))
    const pongs = await Promise.all(all.map((actor) => stage.ask(actor, 'play', { others: all, pings })))
    return { pongs, pinged: await Promise.all(all.map((actor) => stage.ask(actor, 'pinged'))) }
  },
  verify({ pongs, pinged }, _expected, { actors, pings }) {
    for (const [index, count] of pongs.entries()) expectEqual(`pongs of actor ${index}`, count, pings)
    expectEqual('actors', pongs.length, actors)
    expectEqual(
      'pings of all',
      pinged.reduce((sum, count) => sum + count, 0),
      actors * pings,
    )
  },
  units: ({ actors, pings }) => 2 * actors * pings,
})
