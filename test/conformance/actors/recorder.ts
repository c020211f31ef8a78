/** What cases observe with: a list of notes that can be waited for, and a gate that holds asynchronous turns. */
import { defineActor, type ReplyToken } from '@troupe/core'

/** Keeps notes in the order in which they arrive; `when(n)` answers once there are `n`. */
export const Recorder = defineActor({
  name: 'Recorder',
  module: import.meta.url,
  init: () => ({ notes: [] as string[], waiting: [] as { count: number; token: ReplyToken<string[]> }[] }),
  on: {
    note(state, text: string, ctx) {
      state.notes.push(text)
      for (const { token } of state.waiting.filter(({ count }) => count <= state.notes.length)) {
        ctx.reply(token, [...state.notes])
      }
      state.waiting = state.waiting.filter(({ count }) => count > state.notes.length)
    },
    when(state, count: number, ctx) {
      if (state.notes.length >= count) return [...state.notes]
      const token = ctx.deferReply<string[]>()
      state.waiting.push({ count, token })
      return token
    },
    notes: (state) => [...state.notes],
  },
})

/** Holds whoever asks `wait` until it is opened. */
export const Gate = defineActor({
  name: 'Gate',
  module: import.meta.url,
  init: () => ({
    held: [] as ReplyToken<void>[],
    arrivals: [] as { count: number; token: ReplyToken<void> }[],
    seen: 0,
  }),
  on: {
    wait(state, _message, ctx) {
      const token = ctx.deferReply<void>()
      state.held.push(token)
      state.seen++
      for (const { token: arrival } of state.arrivals.filter(({ count }) => count <= state.seen)) {
        ctx.reply(arrival, undefined)
      }
      state.arrivals = state.arrivals.filter(({ count }) => count > state.seen)
      return token
    },
    open(state, _message, ctx) {
      for (const token of state.held.splice(0)) ctx.reply(token, undefined)
    },
    /** Answers once `count` asks have come to wait. */
    arrived(state, count: number, ctx) {
      if (state.seen >= count) return undefined
      const token = ctx.deferReply<undefined>()
      state.arrivals.push({ count, token })
      return token
    },
  },
})
