/**
 * Fork-join, throughput: many actors get many messages each, in turn, and say when they have them all. Every thread has
 * a sender and its part of the actors, so nothing crosses but the totals.
 *
 * Size: `actors`, `messages` for each in one go, `rounds` of them. Verified: what each actor counted. Messages are numbers.
 */
import { type ActorRef, defineActor, type ReplyToken } from '@troupe/core'
import { defineProgram, expectEqual } from './program.ts'
import { partOf } from './random-numbers.ts'

type Sending = {
  run: (work: { actors: number; messages: number; rounds: number }) => { received: number; sum: number }
  next: () => void
  counted: (count: { received: number; sum: number }) => void
}

/** Counts and adds up what it gets, and tells when it has got so many. */
export const ThroughputCounter = defineActor({
  name: 'ThroughputCounter',
  module: import.meta.url,
  init: ({ sender, messages }: { sender: ActorRef<Sending>; messages: number }) => ({
    sender,
    messages,
    received: 0,
    sum: 0,
  }),
  mailbox: { capacity: Number.POSITIVE_INFINITY },
  on: {
    count(state, value: number, ctx) {
      state.received++
      state.sum += value
      if (state.received === state.messages) {
        ctx.tell(state.sender, 'counted', { received: state.received, sum: state.sum })
        state.received = 0
        state.sum = 0
      }
    },
  },
})

/** Sends to its counters in turn, and again when all have said that they have got everything. */
export const ThroughputSender = defineActor<Sending>()({
  name: 'ThroughputSender',
  module: import.meta.url,
  init: () => ({
    counters: [] as ActorRef<{ count: (value: number) => void }>[],
    messages: 0,
    roundsLeft: 0,
    waiting: 0,
    received: 0,
    sum: 0,
    done: undefined as ReplyToken<{ received: number; sum: number }> | undefined,
  }),
  on: {
    run(state, { actors, messages, rounds }, ctx) {
      for (let index = 0; index < actors; index++) {
        state.counters.push(ctx.spawn(ThroughputCounter, { sender: ctx.self, messages }))
      }
      state.messages = messages
      state.roundsLeft = rounds
      state.done = ctx.deferReply<{ received: number; sum: number }>()
      ctx.tell(ctx.self, 'next')
      return state.done
    },
    next(state, _nothing, ctx) {
      state.roundsLeft--
      state.waiting = state.counters.length
      for (let value = 0; value < state.messages; value++) {
        for (const counter of state.counters) ctx.tell(counter, 'count', value)
      }
    },
    counted(state, { received, sum }, ctx) {
      state.received += received
      state.sum += sum
      if (--state.waiting > 0) return
      if (state.roundsLeft > 0) ctx.tell(ctx.self, 'next')
      else if (state.done !== undefined) ctx.reply(state.done, { received: state.received, sum: state.sum })
    },
  },
})

export const forkJoinThroughput = defineProgram({
  name: 'fork-join-throughput',
  summary: 'many messages to each of many actors',
  unit: 'messages',
  size: { actors: 60, messages: 20_000, rounds: 16 },
  quick: { actors: 60, messages: 100, rounds: 2 },
  expected: ({ actors, messages, rounds }) => ({
    received: actors * messages * rounds,
    sum: (rounds * actors * messages * (messages - 1)) / 2,
  }),
  async run(stage, { actors, messages, rounds }) {
    const senders = await Promise.all(stage.nodes.map((node) => stage.spawn(ThroughputSender, undefined, node)))
    const counts = senders.map((sender, index) => {
      const { from, to } = partOf({ index, parts: senders.length, total: actors })
      return to > from ? stage.ask(sender, 'run', { actors: to - from, messages, rounds }) : { received: 0, sum: 0 }
    })
    const total = { received: 0, sum: 0 }
    for (const { received, sum } of await Promise.all(counts)) {
      total.received += received
      total.sum += sum
    }
    return total
  },
  verify(total, expected) {
    expectEqual('messages received', total.received, expected.received)
    expectEqual('sum of the messages', total.sum, expected.sum)
  },
  units: ({ actors, messages, rounds }) => actors * messages * rounds,
})
