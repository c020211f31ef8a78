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

/**
 * Collects what was made lately, on this thread alone. V8 spreads even the smallest collection over threads of its own, and
 * waits for them: where the cores are busy, that takes two to four times as long as the collection. It asks for these two
 * flags anew each time; another thread that collects at the same moment may do it alone too.
 */
export function collectYoung(): void {
  const collect = garbageCollector()
  setFlagsFromString('--no-parallel-scavenge')
  setFlagsFromString('--no-concurrent-array-buffer-sweeping')
  collect({ type: 'minor' })
  setFlagsFromString('--parallel-scavenge')
  setFlagsFromString('--concurrent-array-buffer-sweeping')
}

function find(): Collect {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('globalThis.gc')
  return typeof collect === 'function' ? (collect as Collect) : () => {}
}
