/** The transport port: frames between nodes, at most once, first in first out from one node to another. */
import type { Ref } from '../actor-ref.ts'
import type { Frame } from '../wire.ts'

/** Why a frame was not accepted. */
export type Refusal = 'node-down' | 'overload'

export interface Transport {
  /**
   * Hands `frame` over for the node of that name. Returns why not, or `undefined` when it was accepted, which does
   * not mean that it arrives. Throws a `NotSendableError` when the frame's payload cannot be copied.
   */
  send(node: string, frame: Frame): Refusal | undefined

  /**
   * A tell, with an `askId` of -1, or an ask, to the node of `to`: what {@link send} does with the frame that says so, and
   * in the same order, for transports that need no frame. Throws a `MalformedFrameError` when the frame would be none.
   */
  sendMessage?(to: Ref, name: string, payload: unknown, sender: Ref | undefined, askId: number): Refusal | undefined

  /** The same for the reply to ask `askId` of an actor of `node` in its `epoch`. */
  sendReply?(node: string, epoch: number, askId: number, value: unknown): Refusal | undefined
}
