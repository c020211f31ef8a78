/** An actor that reads what is not in its context: the number of its thread. Its turns cannot come out the same elsewhere. */
import { threadId } from 'node:worker_threads'
import { type ActorRef, defineActor } from '@troupe/core'

export const LeakyActor = defineActor({
  name: 'LeakyActor',
  module: import.meta.url,
  init: () => ({ thread: -1 }),
  on: {
    remember(state) {
      state.thread = threadId
    },
    shout(_state, to: ActorRef<{ note: (text: string) => void }>, ctx) {
      ctx.tell(to, 'note', `from thread ${threadId}`)
    },
  },
})
