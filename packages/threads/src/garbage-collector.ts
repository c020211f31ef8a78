/**
 * V8's garbage collector, called by name. The function is not in JavaScript's global scope; it comes with a context that
 * is made while `--expose-gc` is set.
 */
import { env, execArgv, versions } from 'node:process'
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
 * V8 frees the memory of dropped buffers on threads of its own, and counts it as used until one has come to it. That can be
 * late where all cores are busy, and the count at the end of a collection may make it begin a full one.
 */
const freesElsewhere = 'concurrent-array-buffer-sweeping'

/**
 * True where it can be told not to, which is a switch of the whole process. Not every V8 has it, and one that does not know
 * a switch complains; nor is it touched where somebody has set it, or one that implies it.
 */
const canFreeHere =
  versions.v8.startsWith('13.6.') && !/array.buffer.sweeping|single.threaded/.test(`${execArgv} ${env.NODE_OPTIONS}`)

/**
 * Collects what this thread made lately, and frees the buffers among it before it returns. A collection of another thread
 * that begins meanwhile may do the same.
 */
export function collectYoung(): void {
  const collect = garbageCollector()
  if (canFreeHere) setFlagsFromString(`--no-${freesElsewhere}`)
  collect({ type: 'minor' })
  if (canFreeHere) setFlagsFromString(`--${freesElsewhere}`)
}

function find(): Collect {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('globalThis.gc')
  return typeof collect === 'function' ? (collect as Collect) : () => {}
}
