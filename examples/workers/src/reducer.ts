/** The reducer: merges what the workers counted, and answers who asked once everybody's part is there. */
import { defineActor, type ReplyToken } from '@troupe/core'
import { addCounts, mostFrequent, type TermCounts } from './terms.ts'

/** What was counted. */
export interface Totals {
  readonly occurrences: number
  readonly terms: number
  readonly mostFrequent: readonly (readonly [term: string, count: number])[]
}

export type Reducing = {
  /** What one worker counted. */
  partial: (counts: ReadonlyMap<string, number>) => void
  /** The totals of `parts` partial counts, with the `limit` most frequent terms; then the reducer starts again. */
  totals: (request: { parts: number; limit: number }) => Totals
}

interface Waiting {
  readonly reply: ReplyToken<Totals>
  readonly parts: number
  readonly limit: number
}

export const Reducer = defineActor<Reducing>()({
  name: 'Reducer',
  module: import.meta.url,
  init: () => ({ counts: new Map() as TermCounts, parts: 0, waiting: undefined as Waiting | undefined }),
  on: {
    partial(state, counts, ctx) {
      addCounts(state.counts, counts)
      state.parts++
      if (state.waiting !== undefined && state.parts >= state.waiting.parts) {
        ctx.reply(state.waiting.reply, totalsOf(state.counts, state.waiting.limit))
        reset(state)
      }
    },
    totals(state, { parts, limit }, ctx) {
      if (state.parts >= parts) {
        const totals = totalsOf(state.counts, limit)
        reset(state)
        return totals
      }
      state.waiting = { reply: ctx.deferReply<Totals>(), parts, limit }
      return state.waiting.reply
    },
  },
})

function reset(state: { counts: TermCounts; parts: number; waiting: Waiting | undefined }): void {
  state.counts = new Map()
  state.parts = 0
  state.waiting = undefined
}

/** The totals of `counts`. */
export function totalsOf(counts: TermCounts, limit: number): Totals {
  let occurrences = 0
  for (const count of counts.values()) occurrences += count
  return { occurrences, terms: counts.size, mostFrequent: mostFrequent(counts, limit) }
}
