/** The actors of the workloads across threads: senders on the main thread, one receiver on a worker. */
import { type ActorRef, defineActor, type ReplyToken } from '@troupe/core'
import { bytesPerAcknowledgement, largeBytes, type NestedMessage, nestedMessage, tellBurst } from '../workloads.ts'

/** What the receiver takes. */
export type ReceiverProtocol = {
  add: (by: number) => void
  accept: (message: NestedMessage) => void
  bytes: (bytes: Uint8Array) => void
  total: () => number
  echo: (value: number) => number
}

/** Counts and sums up what it is told, on a thread of its own. */
export const Receiver = defineActor<ReceiverProtocol>()({
  name: 'Receiver',
  module: import.meta.url,
  mailbox: { capacity: Number.POSITIVE_INFINITY },
  init: () => ({ total: 0 }),
  on: {
    add(state, by) {
      state.total += by
    },
    accept(state, message) {
      state.total += message.value.op === 'put' && message.value.val === message.slot ? 1 : 0
    },
    bytes(state, bytes) {
      if (bytes.length === largeBytes) state.total += bytes[0]!
      bytes[1] = 1 // seen by the sender only where the memory is shared
    },
    /** The sum; the next one begins. */
    total(state) {
      const { total } = state
      state.total = 0
      return total
    },
    echo: (_state, value) => value,
  },
})

type Receiving = ActorRef<ReceiverProtocol>
type To = { readonly to: Receiving; readonly count: number }
type Burst = To & { readonly next: number; readonly isNested: boolean }
type Sending = {
  tell: (message: To) => number
  nested: (message: To) => number
  more: (message: Burst) => void
  ask: (message: { to: Receiving; latencies: Float64Array }) => number
  timed: (value: number) => void
  pipelined: (message: To & { depth: number }) => number
  echoed: (value: number) => void
  lost: (error: Error) => void
  bytes: (message: To & { variant: string }) => Promise<{ sum: number; isShared: boolean }>
}
const wait = { timeoutMs: 600_000 }
const thenTimed = { onReply: 'timed', onError: 'lost' } as const
const then = { onReply: 'echoed', onError: 'lost' } as const

/** Lives on the main thread; what it sends crosses. */
export const Sender = defineActor<Sending>()({
  name: 'Sender',
  init: () => ({
    reply: undefined as ReplyToken<number> | undefined,
    asks: undefined as Receiving | undefined,
    latencies: new Float64Array(0),
    asked: 0,
    unasked: 0,
    unanswered: 0,
    replies: 0,
  }),
  on: {
    tell(state, { to, count }, ctx) {
      state.reply = ctx.deferReply<number>()
      ctx.tell(ctx.self, 'more', { to, count, next: 0, isNested: false })
      return state.reply
    },
    nested(state, { to, count }, ctx) {
      state.reply = ctx.deferReply<number>()
      ctx.tell(ctx.self, 'more', { to, count, next: 0, isNested: true })
      return state.reply
    },
    /** Tells in bursts, so that what was told leaves meanwhile; at the end it asks for the total. */
    async more(state, { to, count, next, isNested }, ctx) {
      const end = Math.min(next + tellBurst, count)
      if (isNested) for (let slot = next; slot < end; slot++) ctx.tell(to, 'accept', nestedMessage(slot))
      else for (let index = next; index < end; index++) ctx.tell(to, 'add', 1)
      if (end < count) ctx.tell(ctx.self, 'more', { to, count, next: end, isNested })
      else ctx.reply(state.reply!, await ctx.askWith(wait, to, 'total'))
    },
    /** One ask after the other: the reply is a message, which notes how long it took and asks again. */
    ask(state, { to, latencies }, ctx) {
      Object.assign(state, { asks: to, latencies, replies: 0 })
      state.reply = ctx.deferReply<number>()
      state.asked = performance.now()
      ctx.askThen(thenTimed, to, 'echo', 1)
      return state.reply
    },
    timed(state, value, ctx) {
      const now = performance.now()
      state.latencies[state.replies] = (now - state.asked) * 1e6
      state.replies += value
      state.asked = now
      if (state.replies < state.latencies.length) ctx.askThen(thenTimed, state.asks!, 'echo', 1)
      else ctx.reply(state.reply!, state.replies)
    },
    /** As many asks as `depth` are under way; each reply, a message, asks the next one. */
    pipelined(state, { to, count, depth }, ctx) {
      Object.assign(state, { asks: to, unasked: count - depth, unanswered: count, replies: 0 })
      state.reply = ctx.deferReply<number>()
      for (let lane = 0; lane < depth; lane++) ctx.askThen(then, to, 'echo', 1)
      return state.reply
    },
    echoed(state, value, ctx) {
      state.replies += value
      if (state.unasked-- > 0) ctx.askThen(then, state.asks!, 'echo', 1)
      if (--state.unanswered === 0) ctx.reply(state.reply!, state.replies)
    },
    lost(state, error, ctx) {
      ctx.replyError(state.reply!, error)
    },
    /** Runs at most two acknowledgements ahead of the receiver. */
    async bytes(_state, { to, count, variant }, ctx) {
      const copied = new Uint8Array(largeBytes)
      const shared = new Uint8Array(new SharedArrayBuffer(largeBytes))
      let sum = 0
      let before: Promise<number> = Promise.resolve(0)
      for (let sent = 0; sent < count; sent += bytesPerAcknowledgement) {
        for (let index = 0; index < bytesPerAcknowledgement; index++) {
          const bytes = variant === 'copied' ? copied : variant === 'shared' ? shared : new Uint8Array(largeBytes)
          bytes[0] = 1
          if (variant === 'transferred') ctx.tellWith({ transfer: [bytes.buffer as ArrayBuffer] }, to, 'bytes', bytes)
          else ctx.tell(to, 'bytes', bytes)
        }
        const acknowledged = ctx.askWith(wait, to, 'total')
        sum += await before
        before = acknowledged
      }
      return { sum: sum + (await before), isShared: shared[1] === 1 }
    },
  },
})
