/** One client's bucket: each request takes a token, and a timer puts one back at a fixed rate until the bucket is full. */
import { type ActorRef, defineActor } from '@troupe/core'

/** How much a client may send. */
export interface Limits {
  /** Tokens of a full bucket: how many requests may come at once. */
  readonly burst: number
  /** Milliseconds after which one token is put back. */
  readonly refillMs: number
  /** Milliseconds after which a full bucket that nobody uses ends. */
  readonly idleMs: number
}

/** What a request is told. */
export interface Verdict {
  readonly admitted: boolean
  /** Tokens left. */
  readonly remaining: number
  /** Milliseconds until the next token; 0 when the request was admitted. */
  readonly retryAfterMs: number
}

/** What a bucket tells its owner: nobody has used it for a while. */
type Owner = { idle: (bucket: { client: string }) => void }

type Messages = {
  acquire: (client: string) => Verdict
  refill: () => void
  idle: () => void
}

export const Bucket = defineActor<Messages>()({
  name: 'Bucket',
  module: import.meta.url,
  init: (args: { client: string; limits: Limits; owner: ActorRef<Owner> }) => ({
    ...args,
    tokens: args.limits.burst,
    refilledAt: 0,
  }),
  started(state, ctx) {
    ctx.timers.once({ key: 'idle', delayMs: state.limits.idleMs }, 'idle')
  },
  on: {
    acquire(state, _client, ctx) {
      const { refillMs, burst } = state.limits
      if (state.tokens === 0) {
        return { admitted: false, remaining: 0, retryAfterMs: Math.max(0, state.refilledAt + refillMs - ctx.now()) }
      }
      if (state.tokens === burst) {
        state.refilledAt = ctx.now()
        ctx.timers.fixedRate({ key: 'refill', periodMs: refillMs }, 'refill')
        ctx.timers.cancel('idle')
      }
      state.tokens--
      return { admitted: true, remaining: state.tokens, retryAfterMs: 0 }
    },
    refill(state, _message, ctx) {
      const { burst, idleMs } = state.limits
      state.tokens++
      state.refilledAt = ctx.now()
      if (state.tokens < burst) return
      ctx.timers.cancel('refill')
      ctx.timers.once({ key: 'idle', delayMs: idleMs }, 'idle')
    },
    idle(state, _message, ctx) {
      ctx.tell(state.owner, 'idle', { client: state.client })
    },
  },
})
