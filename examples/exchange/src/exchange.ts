/** A bureau de change: it asks for the rate of the moment and keeps count of what it turned over. */
import { defineActor } from '@troupe/core'
import { Rates } from './rates.ts'

export const Exchange = defineActor({
  name: 'Exchange',
  module: import.meta.url,
  uses: [Rates],
  init: () => ({ changes: 0 }),
  on: {
    async change(state, { amount, from, to }: { amount: number; from: string; to: string }, ctx) {
      const rate = await ctx.use(Rates).rate({ from, to }, { signal: ctx.signal })
      state.changes++
      return amount * rate
    },
    changes: (state) => state.changes,
  },
})
