/** What is asked under load: at once, later, in vain, and by streams. */
import { defineActor, type ReplyToken } from '@troupe/core'

export type ServerProtocol = {
  echo: (n: number) => number
  /** Answers some milliseconds later, from another turn. */
  later: (n: number) => number
  /** Fails its turn with a `RangeError`. */
  fail: () => never
  /** A stream of 0 to n - 1. */
  count: (n: number) => AsyncIterable<number>
  answer: (m: { readonly token: ReplyToken<number>; readonly n: number }) => void
}

type State = { next: number }

export const Server = defineActor<ServerProtocol>()({
  name: 'Server',
  module: import.meta.url,
  init: (): State => ({ next: 0 }),
  // It goes on after a failed turn, and comes back with its node.
  supervise: { onFailure: { default: 'resume', ERR_TROUPE_NODE_DOWN: 'restart' } },
  on: {
    echo: (_state, n) => n,
    later(state, n, ctx) {
      const token = ctx.deferReply<number>()
      ctx.timers.once({ key: `later ${state.next++}`, delayMs: 1 + ctx.random.int(4) }, 'answer', { token, n })
      return token
    },
    fail() {
      throw new RangeError('as asked')
    },
    async *count(_state, n) {
      for (let item = 0; item < n; item++) yield item
    },
    answer(_state, { token, n }, ctx) {
      ctx.reply(token, n)
    },
  },
})
