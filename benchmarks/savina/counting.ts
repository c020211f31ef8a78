/**
 * Counting: a producer tells a counter to count, again and again, and then asks for the total. The counter does less
 * than what a message costs to cross, so both stay on one thread.
 *
 * Size: `messages` in one go, `rounds` of them. Verified: the total of each round. Messages are numbers.
 */
import { type ActorRef, defineActor } from '@troupe/core'
import { defineProgram, expectEqual } from './program.ts'

type Counting = { increment: () => void; total: () => number }

export const Counter = defineActor<Counting>()({
  name: 'Counter',
  module: import.meta.url,
  init: () => ({ count: 0 }),
  mailbox: { capacity: Number.POSITIVE_INFINITY },
  on: {
    increment(state) {
      state.count++
    },
    total: (state) => state.count,
  },
})

export const CountingProducer = defineActor({
  name: 'CountingProducer',
  module: import.meta.url,
  init: ({ counter }: { counter: ActorRef<Counting> }) => ({ counter }),
  on: {
    async produce({ counter }, { messages, rounds }: { messages: number; rounds: number }, ctx) {
      const totals: number[] = []
      for (let round = 0; round < rounds; round++) {
        for (let index = 0; index < messages; index++) ctx.tell(counter, 'increment')
        totals.push(await ctx.askWith({ timeoutMs: 60_000 }, counter, 'total'))
      }
      return totals
    },
  },
})

export const counting = defineProgram({
  name: 'counting',
  summary: 'one producer, then the total',
  unit: 'messages',
  size: { messages: 1_000_000, rounds: 10 },
  quick: { messages: 10_000, rounds: 2 },
  oneThread: true,
  expected: () => undefined,
  async run(stage, size) {
    const counter = await stage.spawn(Counter, undefined, stage.nodeAt(1))
    const producer = await stage.spawn(CountingProducer, { counter })
    return await stage.ask(producer, 'produce', size)
  },
  verify(totals, _expected, { messages, rounds }) {
    expectEqual('rounds', totals.length, rounds)
    for (const [round, total] of totals.entries()) {
      expectEqual(`total after round ${round}`, total, messages * (round + 1))
    }
  },
  units: ({ messages, rounds }) => messages * rounds,
})
