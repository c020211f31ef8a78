/** A subscription to a key from outside the actors: a small actor that subscribes, and a listener. */
import { compiled, defineActor } from './actor-definition.ts'
import type { ActorRef } from './actor-ref.ts'
import { type ActorKey, receptionist } from './finding.ts'
import type { NodeKernel } from './node-kernel.ts'

/** Never sent anywhere: it is spawned by its own node's kernel, so its arguments may hold a function. */
interface SubscriberArgs {
  readonly key: ActorKey<any>
  readonly listener: (refs: readonly ActorRef<any>[]) => void
}

const Subscriber = defineActor<{ changed: (refs: readonly ActorRef<any>[]) => void }>()({
  name: 'Subscriber',
  init: (args: object) => args as SubscriberArgs,
  started: (state, ctx) => receptionist.subscribe(ctx, state.key, 'changed'),
  on: {
    changed(state, refs) {
      try {
        state.listener(refs)
      } catch (error) {
        void Promise.reject(error)
      }
    },
  },
})

/** Calls `listener` with the list of the key's actors, now and after each change; returns how to end it. */
export function subscribeOutside(
  kernel: NodeKernel,
  key: ActorKey<any>,
  listener: (refs: readonly ActorRef<any>[]) => void,
): () => void {
  if (!kernel.alive) return () => {}
  let ended = false
  const args: SubscriberArgs = {
    key,
    listener: (refs) => {
      if (!ended) listener(refs)
    },
  }
  const cell = kernel.lifecycle.create(kernel.guardian, compiled(Subscriber), args, {})
  kernel.lifecycle.activate(cell)
  return () => {
    ended = true
    kernel.stop(undefined, cell.ref)
  }
}
