/**
 * Thread ring: actors in a ring pass one token on. Nothing ever runs at the same time, so all stay on one thread.
 *
 * Size: `actors` in the ring, `hops` of the token. Verified: who holds the token at the end, and that the actors together
 * passed it on as often as it hopped. The token carries whom to tell at the end; it is made anew for each hop.
 */
import { type ActorRef, defineActor, type ReplyToken } from '@troupe/core'
import { defineProgram, expectEqual } from './program.ts'
import { range } from './random-numbers.ts'

type RingMember = {
  connect: (next: ActorRef<RingMember>) => void
  start: (hops: number) => number
  token: (token: { readonly hopsLeft: number; readonly ended: ReplyToken<number> }) => void
  passed: () => number
}

export const RingActor = defineActor<RingMember>()({
  name: 'RingActor',
  module: import.meta.url,
  init: (position: number) => ({ position, passed: 0, next: undefined as ActorRef<RingMember> | undefined }),
  on: {
    connect(state, next) {
      state.next = next
    },
    /** Replies with the position of the actor that has the token after so many hops. */
    start(_state, hops, ctx) {
      const ended = ctx.deferReply<number>()
      ctx.tell(ctx.self, 'token', { hopsLeft: hops, ended })
      return ended
    },
    token(state, { hopsLeft, ended }, ctx) {
      if (hopsLeft === 0 || state.next === undefined) ctx.reply(ended, state.position)
      else {
        state.passed++
        ctx.tell(state.next, 'token', { hopsLeft: hopsLeft - 1, ended })
      }
    },
    passed: (state) => state.passed,
  },
})

export const threadRing = defineProgram({
  name: 'thread-ring',
  summary: 'a token goes round a ring of actors',
  unit: 'messages',
  size: { actors: 100, hops: 8_000_000 },
  quick: { actors: 20, hops: 10_007 },
  oneThread: true,
  expected: ({ actors, hops }) => hops % actors,
  async run(stage, { actors, hops }) {
    const ring = await Promise.all(
      range(actors).map((position) => stage.spawn(RingActor, position, stage.nodeAt(position))),
    )
    await Promise.all(
      ring.map((ref, position) => stage.ask(ref, 'connect', ring[(position + 1) % actors] as ActorRef<RingMember>)),
    )
    const position = await stage.ask(ring[0] as ActorRef<RingMember>, 'start', hops)
    const passed = await Promise.all(ring.map((ref) => stage.ask(ref, 'passed')))
    return { position, passed: passed.reduce((sum, count) => sum + count) }
  },
  verify(result, position, { hops }) {
    expectEqual('position of the token', result.position, position)
    expectEqual('hops', result.passed, hops)
  },
  units: ({ hops }) => hops,
})
