/** A durable actor that can say what it has: the numbers that it was given, in ranges, and how many came twice. */
import { defineActor } from '@troupe/core'

/** What a ledger has. */
export interface LedgerContents {
  /** First and last number of each unbroken run, in order. */
  readonly ranges: readonly (readonly [first: number, last: number])[]
  /** Numbers that were applied although a later one, or the same, had been before. */
  readonly twice: number
}

export const Ledger = defineActor({
  name: 'Ledger',
  module: import.meta.url,
  init: () => ({ ranges: [] as [number, number][], twice: 0 }),
  snapshotEvery: 150,
  events: {
    added(state, entry: { number: number; note: string }) {
      const last = state.ranges.at(-1)
      if (last === undefined || entry.number > last[1] + 1) state.ranges.push([entry.number, entry.number])
      else if (entry.number === last[1] + 1) last[1] = entry.number
      else state.twice++
    },
  },
  on: {
    add(_state, entry: { number: number; note: string }, ctx) {
      ctx.persist('added', entry)
      return entry.number
    },
    contents: (state): LedgerContents => structuredClone(state),
  },
})
