/**
 * A durable outbox: what is posted to it is delivered to an inbox, in order, one after the other, sent again until the
 * inbox has taken it.
 */
import { type ActorContext, type ActorRef, defineActor } from '@troupe/core'
import type { InboxProtocol } from './inbox.ts'

/** Where an outbox delivers to, and what it is called there. */
export interface OutboxArguments {
  readonly id: string
  readonly inbox: ActorRef<InboxProtocol>
  /** The outbox itself, for the answers: a named reference, which stays valid when it comes back. */
  readonly self: ActorRef<OutboxProtocol>
}

export type OutboxProtocol = {
  /** Accepts the post of that number, from 1 and without gaps; again as often as one likes. Replies once it is durable. */
  post: (post: Post) => boolean
  /** The inbox has taken the post of that number. */
  taken: (number: number) => void
  /** The outbox's own timer. */
  resend: () => void
}

/** What a client posts. */
export interface Post {
  readonly number: number
  readonly value: string
}

interface OutboxState extends OutboxArguments {
  /** The number of the last post that was accepted. */
  accepted: number
  /** Posts that the inbox has not taken, as far as is known. */
  readonly waiting: Post[]
}

type OutboxEvents = {
  posted: (state: OutboxState, post: Post) => void
  delivered: (state: OutboxState, number: number) => void
}

type Context = ActorContext<OutboxProtocol, OutboxEvents>

const resendMs = 40

export const Outbox = defineActor<OutboxProtocol>()({
  name: 'Outbox',
  module: import.meta.url,
  init: (args: OutboxArguments): OutboxState => ({ ...args, accepted: 0, waiting: [] }),
  events: {
    posted(state: OutboxState, post: Post) {
      state.accepted = post.number
      state.waiting.push(post)
    },
    delivered(state: OutboxState, _number: number) {
      state.waiting.shift()
    },
  },
  started(state: OutboxState, ctx: Context) {
    if (state.waiting.length > 0) deliver(state, ctx)
  },
  on: {
    post(state: OutboxState, post: Post, ctx: Context): boolean {
      if (post.number !== state.accepted + 1) return post.number <= state.accepted
      ctx.persist('posted', post)
      if (state.waiting.length === 1) deliver(state, ctx)
      return true
    },
    taken(state: OutboxState, number: number, ctx: Context) {
      if (state.waiting[0]?.number !== number) return
      ctx.persist('delivered', number)
      if (state.waiting.length > 0) deliver(state, ctx)
      else ctx.timers.cancel('resend')
    },
    resend(state: OutboxState, _message: undefined, ctx: Context) {
      if (state.waiting.length > 0) deliver(state, ctx)
    },
  },
})

/** Sends the first that waits, and again after a while. */
function deliver({ id, inbox, self, waiting }: OutboxState, ctx: Context): void {
  const [first] = waiting
  if (first === undefined) return
  ctx.tell(inbox, 'put', { from: id, replyTo: self, ...first })
  ctx.timers.once({ key: 'resend', delayMs: resendMs }, 'resend')
}
