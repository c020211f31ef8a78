/** A twin of the rates: it takes virtual time, moves the rates, and fails now and then, all of it as the seed says. */
import { provideService } from '@troupe/core'
import { Rates } from './rates.ts'

export const ratesTwin = provideService(Rates, {
  start: ({ clock, random }) => ({
    async rate({ from, to }: { from: string; to: string }) {
      await new Promise<void>((resolve) => void clock.schedule(1 + random.int(50), resolve))
      if (random.chance(0.2)) throw new Error(`no answer for ${from} to ${to}`)
      return 1 + random.float()
    },
  }),
})
