/**
 * Links, as in Erlang: two actors that live and die together. Either side may ask for one, each notes it, and when one
 * ends by `failed`, `killed` or `node-down` the other is stopped as failed. A plain stop takes the link away and no more.
 *
 * A link has an id, made of who asked for it and of whom, under which both sides keep it. So a notice is acted on once,
 * and not at all when the link was taken back meanwhile; a link asked for by both sides is two, and the first notice
 * ends the actor.
 */
import type { ActorCell } from './actor-cell.ts'
import type { TerminationReason } from './actor-definition.ts'
import { Ref, refKey, sameRef } from './actor-ref.ts'
import type { NodeKernel } from './node-kernel.ts'
import { FrameKind } from './wire.ts'

export class Links {
  readonly #kernel: NodeKernel

  constructor(kernel: NodeKernel) {
    this.#kernel = kernel
  }

  link(from: ActorCell, ref: Ref): void {
    const id = linkId(from.ref, ref)
    if (sameRef(from.ref, ref) || from.links?.has(id)) return
    note(from, id, ref)
    if (ref.node === this.#kernel.node) {
      this.accept(ref, from.ref, id)
      return
    }
    const { node, epoch, slot, incarnation, name } = ref
    const refusal = this.#kernel.send(node, [FrameKind.link, epoch, slot, incarnation, name, from.ref, id])
    if (refusal !== undefined) this.ended(from.ref, ref, 'node-down', id)
  }

  unlink(from: ActorCell, ref: Ref): void {
    for (const id of [linkId(from.ref, ref), linkId(ref, from.ref)]) {
      if (!from.links?.delete(id)) continue
      const { node, epoch, slot, incarnation, name } = ref
      if (node === this.#kernel.node) this.withdraw(ref, id)
      else this.#kernel.send(node, [FrameKind.unlink, epoch, slot, incarnation, name, from.ref, id])
    }
  }

  /** `linker`, of any node, linked itself to an actor of this node. */
  accept(ref: Ref, linker: Ref, id: string): void {
    const cell = this.#kernel.lookup(ref)
    if (cell !== undefined) {
      note(cell, id, linker)
      return
    }
    const earlier = ref.name === undefined && ref.epoch < this.#kernel.epoch
    this.#notify(linker, ref, earlier ? 'node-down' : 'not-found', id)
  }

  /** The other side took its link back. */
  withdraw(ref: Ref, id: string): void {
    this.#kernel.lookup(ref)?.links?.delete(id)
  }

  /** A cell is no more: those it is linked to are told. */
  gone(cell: ActorCell, reason: TerminationReason): void {
    const { links } = cell
    cell.links = undefined
    for (const [id, peer] of links ?? []) this.#notify(peer, cell.ref, reason, id)
  }

  /** A notice for an actor on this node: `ref`, to which it is linked, ended. */
  ended(linked: Ref, ref: Ref, reason: TerminationReason, id: string): void {
    const cell = this.#kernel.lookup(linked)
    if (!cell?.links?.delete(id) || reason === 'stopped' || cell === this.#kernel.guardian) return
    this.#kernel.stopping.endWithLinked(cell, ref, reason)
  }

  /** A node died: everyone here who is linked to an actor of it ends. */
  nodeDown(node: string, epoch: number): void {
    for (const cell of this.#kernel.cells) {
      const { links } = cell
      if (links === undefined || links.size === 0) continue
      for (const [id, peer] of [...links]) {
        // A link to a name, or to an earlier epoch's actor, may have died with the node before it was answered.
        if (peer.node === node && peer.epoch <= epoch) this.ended(cell.ref, peer, 'node-down', id)
      }
    }
  }

  #notify(linked: Ref, ref: Ref, reason: TerminationReason, id: string): void {
    if (linked.node === this.#kernel.node) this.ended(linked, ref, reason, id)
    else this.#kernel.send(linked.node, [FrameKind.linkEnded, linked.epoch, linked, ref, reason, id])
  }
}

function note(cell: ActorCell, id: string, peer: Ref): void {
  cell.links ??= new Map()
  cell.links.set(id, new Ref(peer.node, peer.epoch, peer.slot, peer.incarnation, peer.name))
}

function linkId(from: Ref, to: Ref): string {
  return `${refKey(from)}>${refKey(to)}`
}
