/** Collects garbage on its thread, and says how much memory is in use after that. */
import { defineActor, defineTask } from '@troupe/core'
import { collectGarbage } from '../memory.ts'

export const Sweeper = defineActor({
  name: 'Sweeper',
  module: import.meta.url,
  init: () => ({}),
  on: {
    /** Bytes of this thread's heap after a collection. */
    sweep: () => collectGarbage(),
  },
})

/** The same on a thread of the pool for tasks. */
export const sweepTask = defineTask({ name: 'sweepTask', module: import.meta.url, run: () => collectGarbage() })
