/** Says how often its thread has called `fdatasync`. */
import { defineActor } from '@troupe/core'
import { SyncCount } from './counting-fs.ts'

export const SyncCounter = defineActor({
  name: 'SyncCounter',
  module: import.meta.url,
  init: () => ({}),
  on: { calls: (_state, _message: undefined, ctx) => ctx.use(SyncCount)() },
})
