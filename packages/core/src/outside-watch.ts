/** Death watch from outside the actors: a small actor that watches, and a promise. */
import { compiled, defineActor, type TerminationReason } from './actor-definition.ts'
import type { Ref } from './actor-ref.ts'
import type { NodeKernel } from './node-kernel.ts'
import { noOptions } from './spawn-options.ts'

/** Never sent anywhere: it is spawned by its own node's kernel, so its arguments may hold a function. */
interface WatcherArgs {
  readonly ref: Ref
  readonly resolve: (reason: TerminationReason) => void
}

const Watcher = defineActor({
  name: 'Watcher',
  init: (args: WatcherArgs) => args,
  started: (state, ctx) => ctx.watch(state.ref),
  on: {},
  terminated(state, _ref, reason, ctx) {
    state.resolve(reason)
    ctx.stop()
  },
})

/** Resolves when the actor is no more, at once when it is already gone. */
export function whenTerminated(kernel: NodeKernel, ref: Ref): Promise<TerminationReason> {
  return new Promise((resolve) => {
    if (!kernel.alive) return resolve('node-down')
    const forget = kernel.onHalt(() => resolve('node-down'))
    const args: WatcherArgs = {
      ref,
      resolve(reason) {
        forget()
        resolve(reason)
      },
    }
    const cell = kernel.lifecycle.create(kernel.guardian, compiled(Watcher), args, noOptions)
    cell.isInternal = true
    kernel.lifecycle.activate(cell)
  })
}
