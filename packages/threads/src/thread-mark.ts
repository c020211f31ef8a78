/**
 * The mark of a thread that hosts a node: what `createSystem` looks for. A main file that defines an actor and also
 * creates a system would run again in each worker thread that loads the definition; the mark is how that is noticed.
 * It hangs on `globalThis`, so that duplicated instances of this module agree.
 */
import { ConfigurationError } from '@troupe/core'

const markKey = Symbol.for('troupe.thread-mark')

/** What a node's thread knows about its loading of definitions. */
export interface ThreadMark {
  readonly node: string
  /** The modules that are being imported now. */
  readonly loading: Set<string>
  /** Fails the imports under way. */
  refuse: (error: ConfigurationError) => void
}

/** Marks this thread as the host of a node. */
export function markThread(node: string): ThreadMark {
  const mark: ThreadMark = { node, loading: new Set(), refuse: () => {} }
  Object.defineProperty(globalThis, markKey, { value: mark, configurable: true })
  return mark
}

/**
 * Throws a `ConfigurationError` in a thread that hosts a node. While it imports a definition's module, the error goes
 * to the spawn that wants the definition, and the promise never settles: whatever the main file does next, such as
 * ending the process because it got an error, must not happen in a node's thread.
 */
export async function refuseInsideNode(): Promise<void> {
  const mark = (globalThis as { [markKey]?: ThreadMark })[markKey]
  if (mark === undefined) return
  if (mark.loading.size === 0) {
    throw new ConfigurationError(
      `createSystem was called on the thread of ${mark.node}, inside a system; spawn actors there by ctx.spawnOn instead`,
      { node: mark.node },
    )
  }
  const files = [...mark.loading]
  mark.refuse(
    new ConfigurationError(
      `${files.join(' or ')} defines an actor and also calls createSystem, which would run again on ${mark.node}; ` +
        'move the actor to its own module',
      { files, node: mark.node },
    ),
  )
  await new Promise<never>(() => {})
}
