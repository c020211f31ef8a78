/** What the bureau needs of the outside world: where its table of rates is, and the rates. */
import { defineService } from '@troupe/core'

export const Settings = defineService<{ readonly tableUrl: URL }>('settings')

export const Rates = defineService<{
  /** What one unit of `from` is in `to`. */
  rate(pair: { from: string; to: string }, options: { signal: AbortSignal }): Promise<number>
}>('rates')
