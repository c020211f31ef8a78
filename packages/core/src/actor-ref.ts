/**
 * Actor references: data without methods. A reference is an address: node, the node's epoch (raised when the node
 * is replaced), the slot in that node's cell table, and the actor's incarnation (no two actors of a node epoch share
 * one). A *named* reference says node and name instead, and means whoever holds that name there when a message
 * arrives; it stays valid when the node and its actor come back, as `{Name, Node}` does in Erlang.
 */

import type { ActorDefinition, ProtocolOf } from './actor-definition.ts'

declare const protocolOf: unique symbol

/**
 * The address of an actor that takes the messages of `Protocol`. Covariant: a reference can be narrowed to fewer
 * messages, never widened. Compare with {@link sameRef}.
 */
export interface ActorRef<out Protocol = unknown> {
  readonly node: string
  /** The node's epoch, `-1` in a named reference. */
  readonly epoch: number
  readonly slot: number
  readonly incarnation: number
  /** The name, in a named reference only. */
  readonly name: string | undefined
  readonly [protocolOf]?: Protocol
}

/** The class behind {@link ActorRef}; hosts and codecs make and recognise references with it. */
export class Ref implements ActorRef {
  readonly node: string
  readonly epoch: number
  readonly slot: number
  readonly incarnation: number
  readonly name: string | undefined

  constructor(node: string, epoch: number, slot: number, incarnation: number, name?: string) {
    this.node = node
    this.epoch = epoch
    this.slot = slot
    this.incarnation = incarnation
    this.name = name
  }
}

/** A named reference: the actor that is spawned with `name` under the guardian of `node`, whenever a message arrives. */
export function namedRef<Definition extends ActorDefinition<any, any>>(
  _definition: Definition,
  address: { readonly node: string; readonly name: string },
): ActorRef<ProtocolOf<Definition>> {
  return new Ref(address.node, -1, -1, -1, address.name)
}

/** True when both are the address of the same actor incarnation, or the same named reference. */
export function sameRef(left: ActorRef | undefined, right: ActorRef | undefined): boolean {
  if (left === right) return true
  if (left === undefined || right === undefined) return false
  return (
    left.incarnation === right.incarnation &&
    left.slot === right.slot &&
    left.epoch === right.epoch &&
    left.node === right.node &&
    left.name === right.name
  )
}

/** The reference as one string, equal exactly when {@link sameRef} holds: a key for maps, and what logs print. */
export function refKey(ref: ActorRef): string {
  return ref.name === undefined ? `${ref.node}.${ref.epoch}/${ref.slot}.${ref.incarnation}` : `${ref.node}/${ref.name}`
}

/** Where a reply goes: a node and the number of the ask that waits there. Plain data; whoever holds it may reply, once. */
export class ReplyToken<out Reply = unknown> {
  readonly node: string
  readonly epoch: number
  readonly askId: number
  declare readonly reply?: Reply

  constructor(node: string, epoch: number, askId: number) {
    this.node = node
    this.epoch = epoch
    this.askId = askId
  }
}
