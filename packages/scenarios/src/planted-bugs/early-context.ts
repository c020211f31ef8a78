/** A context whose tells do not wait for what the turn persists: what a forgotten sync amounts to. */
import type { ActorContext } from '@troupe/core'

/** `ctx` as a handler sees it, but `tell` is `tellEarly`. */
export function earlyContext<Context extends ActorContext>(ctx: Context): Context {
  return new Proxy(ctx, {
    get(target, key) {
      const value = Reflect.get(target, key === 'tell' ? 'tellEarly' : key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
