/** The actors of the workloads across threads: senders on the main thread, one receiver on a worker. */
import { type ActorRef, defineActor } from '@troupe/core'
import { bytesPerAcknowledgement, largeBytes, type NestedMessage, nestedMessage } from '../workloads.ts'

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

type To = { readonly to: ActorRef<ReceiverProtocol>; readonly count: number }
const wait = { timeoutMs: 600_000 }

/** Lives on the main thread; what it sends crosses. */
export const Sender = defineActor({
  name: 'Sender',
  init: () => ({}),
  on: {
    async tell(_state, { to, count }: To, ctx) {
      for (let index = 0; index < count; index++) ctx.tell(to, 'add', 1)
      return await ctx.askWith(wait, to, 'total')
    },
    async nested(_state, { to, count }: To, ctx) {
      for (let slot = 0; slot < count; slot++) ctx.tell(to, 'accept', nestedMessage(slot))
      return await ctx.askWith(wait, to, 'total')
    },
    async ask(_state, { to, latencies }: { to: ActorRef<ReceiverProtocol>; latencies: Float64Array }, ctx) {
      for (let index = 0; index < latencies.length; index++) {
        const started = performance.now()
        await ctx.ask(to, 'echo', 1)
        latencies[index] = (performance.now() - started) * 1e6
      }
    },
    async pipelined(_state, { to, count, depth }: To & { depth: number }, ctx) {
      let left = count
      let replies = 0
      const lane = async () => {
        while (left-- > 0) {
          const reply = await ctx.ask(to, 'echo', 1)
          replies += reply
        }
      }
      await Promise.all(Array.from({ length: depth }, lane))
      return replies
    },
    /** Runs at most two acknowledgements ahead of the receiver. */
    async bytes(_state, { to, count, variant }: To & { variant: string }, ctx) {
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
