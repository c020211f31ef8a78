/** Actors that answer with streams, and that read them. */
import { type ActorRef, defineActor } from '@troupe/core'

type Notes = ActorRef<{ note: (text: string) => void }>
type Held = ActorRef<{ wait: () => void }>
type Numbers = ActorRef<{ count: (to: number) => AsyncIterable<number> }>

export const Streamer = defineActor({
  name: 'Streamer',
  module: import.meta.url,
  init: (args: { to: Notes }) => ({ ...args, yielded: 0, live: { list: [0] } }),
  events: {
    yielded(state) {
      state.yielded++
    },
  },
  on: {
    /** The numbers below `to`; notes when it ends, however it does. */
    async *count(state, to: number, ctx) {
      try {
        for (let number = 0; number < to; number++) {
          state.yielded++
          yield number
        }
      } finally {
        ctx.tell(state.to, 'note', `ended, from ${ctx.sender === undefined ? 'outside' : 'an actor'}`)
      }
    },
    yielded: ({ yielded }) => yielded,
    /** One number, then it is held at the gate within a pull, then another. */
    async *held(_state, gate: Held, ctx) {
      yield 1
      await ctx.ask(gate, 'wait')
      yield 2
    },
    async *failAfter(_state, items: number) {
      for (let number = 0; number < items; number++) yield number
      throw new RangeError('out of numbers')
    },
    async *silent(_state, gate: Held, ctx) {
      yield 0
      await ctx.ask(gate, 'wait')
    },
    /** The same object again and again, changed in between. */
    async *live(state): AsyncGenerator<{ list: number[] }> {
      for (let number = 1; number <= 2; number++) {
        yield { list: [...state.live.list] }
        state.live.list.push(number)
      }
    },
    async *unsendable(): AsyncGenerator<any> {
      yield 1
      yield () => 2
    },
    async *persisted(_state, to: number, ctx) {
      for (let number = 0; number < to; number++) {
        ctx.persist('yielded')
        yield number
      }
    },
    async later() {
      await Promise.resolve()
      return (async function* () {
        yield 'later'
      })()
    },
    /** A stream of another actor's, item by item, doubled. */
    async *doubled(_state, { from, to }: { from: Numbers; to: number }, ctx) {
      for await (const number of await ctx.ask(from, 'count', to)) yield 2 * number
    },
    /** Another actor's stream, as it is. */
    passOn: (_state, { from, to }: { from: Numbers; to: number }, ctx) => ctx.ask(from, 'count', to),
    async sum(_state, { from, to, atMost }: { from: Numbers; to: number; atMost?: number }, ctx) {
      let sum = 0
      for await (const number of await ctx.ask(from, 'count', to)) {
        sum += number
        if (number === atMost) break
      }
      return sum
    },
    /** Takes one number and forgets the rest. */
    async first(_state, { from, to }: { from: Numbers; to: number }, ctx) {
      const numbers = await ctx.ask(from, 'count', to)
      return (await numbers[Symbol.asyncIterator]().next()).value as number
    },
    /** Takes one number and is then held at the gate. */
    async firstThenHold(_state, { from, to, gate }: { from: Numbers; to: number; gate: Held }, ctx) {
      for await (const _number of await ctx.ask(from, 'count', to)) await ctx.ask(gate, 'wait')
    },
    stop: (_state, _message: undefined, ctx) => ctx.stop(),
    fail() {
      throw new Error('on purpose')
    },
  },
})
