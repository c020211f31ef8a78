/** A durable inbox: takes each post of each outbox once, however often it arrives, and says so each time. */
import { type ActorContext, type ActorRef, defineActor } from '@troupe/core'
import type { OutboxProtocol, Post } from './outbox.ts'

/** A post on its way. */
export interface Put extends Post {
  /** The outbox's id. */
  readonly from: string
  readonly replyTo: ActorRef<OutboxProtocol>
}

export type InboxProtocol = {
  put: (put: Put) => void
  /** The values that were taken, in order, by outbox. */
  items: () => ReadonlyMap<string, readonly string[]>
}

export interface InboxState {
  readonly items: Map<string, string[]>
  /** The deduplication table: the number of the last post that was taken, by outbox. */
  readonly last: Map<string, number>
}

type InboxEvents = {
  took: (state: InboxState, put: { readonly from: string; readonly number: number; readonly value: string }) => void
}

export type InboxContext = ActorContext<InboxProtocol, InboxEvents>

export const inboxParts = {
  name: 'Inbox',
  module: import.meta.url,
  init: (): InboxState => ({ items: new Map(), last: new Map() }),
  events: {
    took({ items, last }: InboxState, { from, number, value }: { from: string; number: number; value: string }) {
      items.set(from, [...(items.get(from) ?? []), value])
      last.set(from, number)
    },
  },
  on: {
    put(state: InboxState, { from, replyTo, number, value }: Put, ctx: InboxContext) {
      // An outbox sends the next only when this one was taken: what is not newer was taken before.
      if (number > (state.last.get(from) ?? 0)) ctx.persist('took', { from, number, value })
      ctx.tell(replyTo, 'taken', number)
    },
    items: (state: InboxState): ReadonlyMap<string, readonly string[]> => state.items,
  },
}

export const Inbox = defineActor<InboxProtocol>()(inboxParts)
