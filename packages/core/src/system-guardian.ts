/**
 * The system guardian: remembers the roots, the actors that were spawned from outside, and starts those of a node that
 * died again when a node of that name is back, by their supervision.
 */
import type { CompiledDefinition } from './actor-definition.ts'
import { type Ref, sameRef } from './actor-ref.ts'
import { NodeDownError, toError } from './errors.ts'
import type { NodeKernel } from './node-kernel.ts'
import { whenTerminated } from './outside-watch.ts'
import type { SpawnOptions } from './spawn-options.ts'
import { directiveFor, supervisionOf } from './supervision.ts'

/** One root, as it was spawned. */
export interface Root {
  readonly definition: CompiledDefinition
  readonly args: unknown
  readonly options: SpawnOptions
  readonly node: string
  /** Where it lives now. */
  ref: Ref
  /** True once it was told to stop: it does not come back, even if its node dies before it is done. */
  stopping: boolean
}

export class SystemGuardian {
  readonly #kernel: NodeKernel
  readonly #roots = new Set<Root>()
  readonly #spawning = new Set<Promise<Ref>>()
  /** The latest epoch in which each node has come up again. */
  readonly #upEpochs = new Map<string, number>()

  /** `kernel` is that of the node on which the system guardian lives. */
  constructor(kernel: NodeKernel) {
    this.#kernel = kernel
  }

  /** The living roots, in the order in which they were spawned. */
  get roots(): readonly Root[] {
    return [...this.#roots]
  }

  /** The spawns that have no answer yet: each is a root to come, or none when it rejects. */
  get spawning(): readonly Promise<Ref>[] {
    return [...this.#spawning]
  }

  /** Starts a root on `node`; rejects with what its spawn threw there. */
  spawn(node: string, definition: CompiledDefinition, args: unknown, options: SpawnOptions): Promise<Ref> {
    const spawned = this.#spawn(node, definition, args, options)
    const ended = () => void this.#spawning.delete(spawned)
    this.#spawning.add(spawned)
    spawned.then(ended, ended)
    return spawned
  }

  async #spawn(node: string, definition: CompiledDefinition, args: unknown, options: SpawnOptions): Promise<Ref> {
    const ref = await this.#kernel.spawnOn(undefined, node, definition, args, options)
    const root: Root = { definition, args, options, node, ref, stopping: false }
    this.#roots.add(root)
    this.#forgetWhenDone(root)
    return ref
  }

  /** The root at `ref`, if there is one, was told to stop. */
  stopping(ref: Ref): void {
    for (const root of this.#roots) if (sameRef(root.ref, ref)) root.stopping = true
  }

  /** A root that ended by itself does not come back with its node; one that died with the node does. */
  #forgetWhenDone(root: Root): void {
    const { ref } = root
    void whenTerminated(this.#kernel, ref).then((reason) => {
      if (reason !== 'node-down' && root.ref === ref) this.#roots.delete(root)
    })
  }

  /**
   * A node of that name is up again, with a new epoch: its roots that are to be restarted are, in order; the others are
   * forgotten. Those that were spawned on it since it could be reached stay as they are. A node that is back once more
   * before all were started goes through them again.
   */
  async nodeUp(node: string, epoch: number): Promise<void> {
    this.#upEpochs.set(node, Math.max(epoch, this.#upEpochs.get(node) ?? epoch))
    for (const root of this.roots) {
      if (this.#upEpochs.get(node) !== epoch) return
      if (root.node !== node || root.ref.epoch >= epoch) continue
      if (root.stopping || !isRestarted(root)) {
        this.#roots.delete(root)
        continue
      }
      try {
        root.ref = await this.#kernel.spawnOn(undefined, node, root.definition, root.args, root.options)
        this.#forgetWhenDone(root)
      } catch (thrown) {
        const error = toError(thrown)
        const actor = `/${node}/${root.options.name ?? root.definition.name}`
        this.#kernel.ports.events.emit('escalated', { actor, ref: root.ref, error })
      }
    }
  }
}

/** True for a root that is to be started again after the death of its node. */
function isRestarted({ options, definition, node }: Root): boolean {
  const { onFailure } = supervisionOf(options.supervise, definition.supervise)
  // The error is made where its kind matters: its stack costs more than all else here.
  if (typeof onFailure === 'string') return onFailure === 'restart'
  return directiveFor(onFailure, new NodeDownError(`node ${node} died`, { node })) === 'restart'
}
