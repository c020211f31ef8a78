/** Mistakes planted into the delivery of posts: variants of the inbox. */
import { type ActorDefinition, defineActor } from '@troupe/core'
import { type InboxProtocol, inboxParts } from '../delivery/inbox.ts'

const module = import.meta.url

/** An inbox whose deduplication table stays in memory: after a crash it takes again what it had taken. */
const ForgetsTaken = defineActor<InboxProtocol>()({
  ...inboxParts,
  name: 'ForgetsTaken',
  module,
  started: (state) => state.last.clear(),
})

/** An inbox that says that it has taken a post before that is durable. */
const AnswersEarly = defineActor<InboxProtocol>()({
  ...inboxParts,
  name: 'AnswersEarly',
  module,
  on: {
    ...inboxParts.on,
    put(state, { from, replyTo, number, value }, ctx) {
      if (number > (state.last.get(from) ?? 0)) ctx.persist('took', { from, number, value })
      ctx.tellEarly(replyTo, 'taken', number)
    },
  },
})

/** The mistakes by name: what is wrong, and the inbox that has it. */
export const deliveryBugs: ReadonlyMap<
  string,
  { readonly what: string; readonly inbox: ActorDefinition<InboxProtocol, void> }
> = new Map([
  ['lost-deduplication', { what: 'the deduplication table is gone after a crash', inbox: ForgetsTaken }],
  ['early-acknowledgement', { what: 'a post is acknowledged before it is durable', inbox: AnswersEarly }],
])
