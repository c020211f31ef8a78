/** The services of each thread: the table stays open from the start of its node to the end. */
import { open } from 'node:fs/promises'
import { provideService } from '@troupe/core'
import { Rates, Settings } from './rates.ts'

export const services = {
  settings: { tableUrl: new URL('../data/rates.json', import.meta.url) },
  rates: provideService(Rates, {
    needs: [Settings],
    async start({ use }) {
      const file = await open(use(Settings).tableUrl)
      return {
        file,
        async rate({ from, to }: { from: string; to: string }, { signal }: { signal: AbortSignal }) {
          signal.throwIfAborted()
          const { size } = await file.stat()
          const { buffer } = await file.read(Buffer.alloc(size), 0, size, 0)
          const table: Record<string, number> = JSON.parse(buffer.toString())
          const [perFrom, perTo] = [table[from], table[to]]
          if (perFrom === undefined || perTo === undefined) throw new RangeError(`no rate from ${from} to ${to}`)
          return perTo / perFrom
        },
      }
    },
    stop: ({ file }) => file.close(),
  }),
}
