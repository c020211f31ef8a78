/**
 * Replies that do not wait for a sync. A context has early tells and no early replies: a child of the actor, which is
 * not durable, is told early and replies in its place.
 */
import { type ActorContext, type ActorRef, defineActor, ReplyToken, refKey } from '@troupe/core'

type ReplierProtocol = {
  reply: (answer: { readonly token: ReplyToken; readonly value: unknown }) => void
  fail: (answer: { readonly token: ReplyToken; readonly error: Error }) => void
}

const Replier = defineActor<ReplierProtocol>()({
  name: 'EarlyReplier',
  init: () => ({}),
  on: {
    reply: (_state, { token, value }, ctx) => ctx.reply(token, value),
    fail: (_state, { token, error }, ctx) => ctx.replyError(token, error),
  },
})

/** The repliers of all actors of a run. */
export class EarlyReplies {
  readonly #repliers = new Map<string, ActorRef<ReplierProtocol>>()

  /** A generation of the actor begins. */
  begin(ctx: ActorContext): void {
    this.#repliers.set(refKey(ctx.self), ctx.spawn(Replier, undefined))
  }

  /** How the actor of `ctx` replies early, in the turn of `ctx`. */
  of(ctx: ActorContext): EarlyReply {
    return new EarlyReply(ctx, this.#repliers.get(refKey(ctx.self)))
  }
}

/** Early replies of one turn; without a replier they are replies as all others. */
class EarlyReply {
  readonly #ctx: ActorContext
  readonly #replier: ActorRef<ReplierProtocol> | undefined

  constructor(ctx: ActorContext, replier: ActorRef<ReplierProtocol> | undefined) {
    this.#ctx = ctx
    this.#replier = replier
  }

  reply(token: ReplyToken, value: unknown): void {
    if (this.#replier === undefined) this.#ctx.reply(token, value)
    else this.#ctx.tellEarly(this.#replier, 'reply', { token, value })
  }

  fail(token: ReplyToken, error: Error): void {
    if (this.#replier === undefined) this.#ctx.replyError(token, error)
    else this.#ctx.tellEarly(this.#replier, 'fail', { token, error })
  }

  /** True when what a handler returned is an answer that can go out early. */
  canAnswer(result: unknown): boolean {
    if (this.#replier === undefined || result === undefined || result instanceof ReplyToken) return false
    return !(typeof result === 'object' && result !== null && Symbol.asyncIterator in result)
  }

  /** Answers the message of the turn; returns what its handler is to return instead. */
  answer(result: unknown): ReplyToken {
    const token = this.#ctx.deferReply()
    // The token of a message that nobody asked.
    if (token.askId !== 0) this.reply(token, result)
    return token
  }
}
