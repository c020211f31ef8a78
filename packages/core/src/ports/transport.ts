/** The transport port: frames between nodes, at most once, first in first out from one node to another. */
import type { Frame } from '../wire.ts'

/** Why a frame was not accepted. */
export type Refusal = 'node-down' | 'overload'

export interface Transport {
  /**
   * Hands `frame` over for the node of that name. Returns why not, or `undefined` when it was accepted, which does
   * not mean that it arrives. Throws a `NotSendableError` when the frame's payload cannot be copied.
   */
  send(node: string, frame: Frame): Refusal | undefined
}
