/**
 * Scopes of turns on Node: an `AsyncLocalStorage` carries them, a promise hook says when one is needed, and `process.emit` is
 * where rejections are told. Looked up when it is asked for, so that a browser can load this module; there it has nothing.
 *
 * Taking over `process.emit`, instead of listening, keeps two things as they are: listeners of the program hear only of
 * rejections that are its own, and what belongs to no actor ends the thread as Node would have it.
 */
import { interceptRejections, promiseMade, type TurnScope, type TurnScopes } from '@troupe/core/host'

let ofThisThread: TurnScopes | undefined

/**
 * The scopes of this thread's turns, for `createLocalSystem({ scopes })`; `realTime()` has them already. From the first call
 * on, making a promise costs this thread about 10 ns more. `undefined` where there is no Node.
 */
export function turnScopes(): TurnScopes | undefined {
  if (typeof process === 'undefined' || typeof process.getBuiltinModule !== 'function') return undefined
  ofThisThread ??= install()
  return ofThisThread
}

function install(): TurnScopes {
  const { AsyncLocalStorage, AsyncResource } = process.getBuiltinModule('node:async_hooks')
  const { promiseHooks } = process.getBuiltinModule('node:v8')
  const current = new AsyncLocalStorage<TurnScope | undefined>()
  // Running in a resource that is there costs a tenth of `current.run`.
  const nobody = new AsyncResource('troupe', { requireManualDestroy: true })
  promiseHooks.onInit(promiseMade)
  interceptRejections(process, () => current.getStore())
  return {
    enter: (scope) => current.enterWith(scope),
    leave() {
      if (current.getStore() !== undefined) current.enterWith(undefined)
    },
    run: (scope, run) => (scope === undefined ? nobody.runInAsyncScope(run) : current.run(scope, run)),
    settled: (run) => void setImmediate(run),
  }
}
