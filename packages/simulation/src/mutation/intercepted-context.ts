/** A context whose calls go through a function: how a turn's effects are watched, left out, delayed or doubled. */
import type { ActorContext } from '@troupe/core'

/**
 * Called in the place of a context's method: `effect` is its name (`tell`, `timers.once`, `log.info`), `proceed` calls
 * the method itself. What it returns is what the handler gets.
 */
export type Intercept = (effect: string, args: readonly any[], proceed: (args: readonly any[]) => unknown) => unknown

/** Parts of the context that have effects as methods. */
const nested = new Set(['timers', 'reminders', 'log'])

/** Calls that neither let something out nor change anything. */
const reads = new Set([
  'now',
  'monotonicNow',
  'backlog',
  'lookup',
  'use',
  'deferReply',
  'timers.isActive',
  'faultPoint',
])

/** True for a call after which the world may be another. */
export function isEffect(effect: string): boolean {
  return !reads.has(effect)
}

/** `ctx` as a handler sees it, with every call handed to `intercept`. */
export function interceptedContext(ctx: ActorContext, intercept: Intercept): ActorContext {
  return intercepted(ctx, '', intercept)
}

function intercepted<Part extends object>(part: Part, prefix: string, intercept: Intercept): Part {
  return new Proxy(part, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key, target)
      if (typeof key !== 'string') return value
      if (typeof value === 'function') {
        return (...args: unknown[]) => intercept(prefix + key, args, (given) => value.apply(target, given))
      }
      return prefix === '' && nested.has(key) ? intercepted(value as object, `${key}.`, intercept) : value
    },
  })
}
