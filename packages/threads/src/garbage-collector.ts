/**
 * V8's garbage collector, called by name. The function is not in JavaScript's global scope; it comes with a context that
 * is made while `--expose-gc` is set.
 */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/** Collects this thread's garbage before it returns: all of it, or with `minor` what was made lately. */
export type Collect = (options?: { readonly type: 'minor' }) => void

let ofThisThread: Collect | undefined

/** The collector of this thread; one that does nothing where V8 gives none. */
export function garbageCollector(): Collect {
  ofThisThread ??= find()
  return ofThisThread
}

function find(): Collect {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('globalThis.gc')
  return typeof collect === 'function' ? (collect as Collect) : () => {}
}
