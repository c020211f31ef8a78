/** Actors that the tests of this package run: small ones that talk, persist and wait. */
import { type ActorRef, defineActor } from '@troupe/core'

/** Counts, and may be durable. */
export const Counter = defineActor({
  name: 'Counter',
  init: (args: { start: number }) => ({ count: args.start }),
  events: {
    added(state, by: number) {
      state.count += by
    },
  },
  on: {
    add(state, by: number) {
      state.count += by
      return state.count
    },
    addDurably(state, by: number, ctx) {
      ctx.persist('added', by)
      return state.count
    },
    read: (state) => state.count,
    fail() {
      throw new Error('told to fail')
    },
  },
})

/** Asks another actor inside its own turns. */
export const Relay = defineActor({
  name: 'Relay',
  init: (args: { to: ActorRef<{ add: (by: number) => number }> }) => ({ to: args.to, relayed: 0 }),
  on: {
    async relay(state, by: number, ctx) {
      const count = await ctx.askWith({ timeoutMs: 50 }, state.to, 'add', by).catch(() => -1)
      const again = await ctx.askWith({ timeoutMs: 50 }, state.to, 'add', 1).catch(() => -1)
      state.relayed++
      return [count, again]
    },
  },
})

/** Sends numbers, one at a tick, to a collector that notes what it gets and from whom. */
export const Sender = defineActor<{ begin: (to: ActorRef<CollectorProtocol>) => void; tick: () => void }>()({
  name: 'Sender',
  init: (args: { count: number }) => ({
    count: args.count,
    sent: 0,
    to: undefined as ActorRef<CollectorProtocol> | undefined,
  }),
  on: {
    begin(state, to, ctx) {
      state.to = to
      ctx.tell(ctx.self, 'tick')
    },
    tick(state, _message, ctx) {
      if (state.to === undefined || state.sent === state.count) return
      state.sent++
      ctx.tell(state.to, 'item', { from: ctx.node, number: state.sent })
      ctx.timers.once({ key: 'tick', delayMs: ctx.random.int(4) }, 'tick')
    },
  },
})

export type CollectorProtocol = {
  item: (item: { from: string; number: number }) => void
  read: () => { from: string; number: number }[]
}

export const Collector = defineActor<CollectorProtocol>()({
  name: 'Collector',
  init: () => ({ items: [] as { from: string; number: number }[] }),
  on: {
    item(state, item) {
      state.items.push(item)
    },
    read: (state) => state.items,
  },
})
