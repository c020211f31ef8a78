/** A context that changes what an actor tells others: how a mistake in a message is planted without its sender's code. */
import type { ActorContext } from '@troupe/core'

/** A tell as it is about to be made. */
export interface Telling {
  readonly to: unknown
  readonly message: string
  readonly payload: any
  /** True where output commit is not waited for. */
  readonly early: boolean
}

/** `ctx` as a handler sees it, but each `tell` and `tellEarly` is made as `change` says. */
export function tellingContext<Context extends ActorContext>(
  ctx: Context,
  change: (telling: Telling) => Pick<Telling, 'payload' | 'early'>,
): Context {
  return new Proxy(ctx, {
    get(target, key) {
      const value = Reflect.get(target, key, target)
      if (key === 'tell' || key === 'tellEarly') {
        return (to: unknown, message: string, payload: unknown) => {
          const { payload: changed, early } = change({ to, message, payload, early: key === 'tellEarly' })
          const tell = (early ? target.tellEarly : target.tell) as (to: unknown, name: string, payload: unknown) => void
          tell.call(target, to, message, changed)
        }
      }
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
