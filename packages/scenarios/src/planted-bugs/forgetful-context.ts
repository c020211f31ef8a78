/** A context that keeps one event of an actor in memory only: what a forgotten `persist` amounts to. */
import type { ActorContext } from '@troupe/core'

/**
 * `ctx` as a handler sees it, but `persist` of the event `forgotten` only calls `apply`: the state changes, nothing
 * reaches the journal, and nothing that the turn lets out waits for it.
 */
export function forgetfulContext<Context extends ActorContext>(
  ctx: Context,
  forgotten: string,
  apply: (event: any) => void,
): Context {
  return new Proxy(ctx, {
    get(target, key) {
      if (key === 'persist') {
        return (name: string, event: unknown) => {
          if (name === forgotten) apply(event)
          else (target.persist as (name: string, event: unknown) => void)(name, event)
        }
      }
      const value = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
