/**
 * Death watch: who is told of whose death. A watcher stands in the watched cell's list; the watching cell remembers
 * the watch by key, so that a notice is delivered once, and none after `unwatch`. Notices travel behind everything
 * that the dead actor sent this watcher: through the same mailbox on a node, through the same transport between nodes.
 *
 * A link is a watch whose notice stops the watcher: an actor spawned on another node ends with its spawner.
 */
import type { ActorCell } from './actor-cell.ts'
import type { TerminationReason } from './actor-definition.ts'
import { Ref, refKey } from './actor-ref.ts'
import { Envelope, EnvelopeKind, stopEnvelope, type Termination } from './envelope.ts'
import type { NodeKernel } from './node-kernel.ts'
import { FrameKind } from './wire.ts'

const linkPrefix = 'link:'

export class DeathWatch {
  readonly #kernel: NodeKernel

  constructor(kernel: NodeKernel) {
    this.#kernel = kernel
  }

  watch(from: ActorCell, ref: Ref): void {
    this.#watch(from, ref, refKey(ref))
  }

  /** Stops `cell` when the actor `to` ends. */
  link(cell: ActorCell, to: Ref): void {
    this.#watch(cell, to, linkPrefix + refKey(to))
  }

  #watch(from: ActorCell, ref: Ref, key: string): void {
    from.watching ??= new Map()
    if (from.watching.has(key)) return
    // A reference of its own for each watch: by it a notice is known to be of this watch and not of an earlier one.
    from.watching.set(key, new Ref(ref.node, ref.epoch, ref.slot, ref.incarnation, ref.name))
    if (ref.node === this.#kernel.node) this.addWatcher(ref, from.ref, key)
    else {
      const refusal = this.#kernel.send(ref.node, [
        FrameKind.watch,
        ref.epoch,
        ref.slot,
        ref.incarnation,
        ref.name,
        from.ref,
        key,
      ])
      if (refusal !== undefined) this.terminated(from.ref, ref, 'node-down', key)
    }
  }

  unwatch(from: ActorCell, ref: Ref): void {
    const key = refKey(ref)
    if (!from.watching?.delete(key)) return
    if (ref.node === this.#kernel.node) this.removeWatcher(ref, from.ref, key)
    else this.#kernel.send(ref.node, [FrameKind.unwatch, ref.epoch, ref.slot, ref.incarnation, ref.name, from.ref, key])
  }

  /** Puts `watcher`, of any node, into the list of an actor of this node. */
  addWatcher(ref: Ref, watcher: Ref, key: string): void {
    const cell = this.#kernel.lookup(ref)
    if (cell === undefined) {
      // An actor of an earlier epoch ended with its node, whenever the watch arrives: roots are restarted by that.
      const earlier = ref.name === undefined && ref.epoch < this.#kernel.epoch
      this.#notify(watcher, ref, earlier ? 'node-down' : 'not-found', key)
    } else {
      cell.watchers ??= []
      cell.watchers.push({ ref: watcher, key })
    }
  }

  removeWatcher(ref: Ref, watcher: Ref, key: string): void {
    const cell = this.#kernel.lookup(ref)
    const index = cell?.watchers?.findIndex((other) => other.key === key && refKey(other.ref) === refKey(watcher)) ?? -1
    if (index >= 0) cell?.watchers?.splice(index, 1)
  }

  /** A cell is no more: its watchers are told, and its own watches end. */
  gone(cell: ActorCell, reason: TerminationReason): void {
    const { watchers, watching } = cell
    cell.watchers = undefined
    cell.watching = undefined
    for (const { ref, key } of watchers ?? []) this.#notify(ref, cell.ref, reason, key)
    for (const [key, ref] of watching ?? []) {
      if (ref.node === this.#kernel.node) this.removeWatcher(ref, cell.ref, key)
      else
        this.#kernel.send(ref.node, [FrameKind.unwatch, ref.epoch, ref.slot, ref.incarnation, ref.name, cell.ref, key])
    }
  }

  /** A notice for a watcher on this node. */
  terminated(watcher: Ref, ref: Ref, reason: TerminationReason, key: string): void {
    const cell = this.#kernel.lookup(watcher)
    // The reference that was watched: a name, perhaps, where the dead actor knows only its address.
    const watched = cell?.watching?.get(key)
    if (cell === undefined || watched === undefined) return
    if (key.startsWith(linkPrefix)) {
      cell.watching?.delete(key)
      this.#kernel.enqueue(cell, stopEnvelope)
      return
    }
    const termination: Termination = { ref: watched, reason, key }
    this.#kernel.enqueue(cell, new Envelope(EnvelopeKind.terminated, 'terminated', termination, ref, undefined))
  }

  /** A node died: everyone here who watched an actor of it is told. */
  nodeDown(node: string, epoch: number): void {
    for (const cell of this.#kernel.cells) {
      // Most of a node that is large neither watch nor are watched.
      if (cell.extras === undefined) continue
      const { watchers, watching } = cell.extras
      if (watchers !== undefined && watchers.length > 0) {
        cell.watchers = watchers.filter(({ ref }) => ref.node !== node || ref.epoch !== epoch)
      }
      if (watching === undefined) continue
      // By the keys alone: most watch others, and to walk the pairs makes each of them.
      for (const key of watching.keys()) {
        const ref = watching.get(key)
        // A watch of a name, or of an earlier epoch's actor, may have died with the node before it was answered.
        if (ref?.node === node && ref.epoch <= epoch) this.terminated(cell.ref, ref, 'node-down', key)
      }
    }
  }

  #notify(watcher: Ref, ref: Ref, reason: TerminationReason, key: string): void {
    if (watcher.node === this.#kernel.node) this.terminated(watcher, ref, reason, key)
    else this.#kernel.send(watcher.node, [FrameKind.terminated, watcher.epoch, watcher, ref, reason, key])
  }
}
