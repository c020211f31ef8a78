/**
 * Scripts: what an actor is to do when it gets a message, as data. A message carries the body that its receiver carries
 * out, and so on down the tree, so that a whole program is one value.
 *
 * Messages that were caused along the same way, from the program's start through the same actors, are one *lane*. Two
 * messages of one lane reach an actor in the order in which they were caused, on every host and whatever the
 * interleaving, since every hop is first in first out and an actor carries out one body at a time. `compile` leaves out
 * what would make more than the order between lanes depend on chance:
 *
 * - Asks go to actors of a higher index only, so that nobody waits in a circle.
 * - Actors of an odd index may fail and are restarted; a timer or a child of theirs would be lost or not by chance, so
 *   they have none, but timers that the failure of the same turn cancels.
 * - A child is told and asked by its parent alone, and stops in the turn in which it began.
 */

/** One of the program's actors. */
export interface Peer {
  readonly index: number
  /** Addressed by its name and not by its reference. */
  readonly byName: boolean
}

/** What the receiver of one message does, in order. */
export interface Body {
  readonly id: number
  readonly ops: readonly Op[]
  /** After the last operation: the turn throws, or the actor stops itself. */
  readonly end: 'nothing' | 'fail' | 'stop'
}

export interface AskOp {
  readonly kind: 'ask'
  readonly to: Peer
  readonly body: Body
  /** The reply is the handler's, comes from a later turn of the receiver, or from another actor. */
  readonly reply: 'now' | 'later' | Peer
}

export interface ScriptedTimer {
  readonly key: string
  readonly delayMs: number
  readonly body: Body
  /** Another timer of that key, set before: it must deliver nothing. */
  readonly replaces: boolean
  readonly cancelled: boolean
}

export interface ChildOp {
  readonly kind: 'child'
  readonly id: string
  /** The node's number; `undefined`: under its parent. */
  readonly node: number | undefined
  readonly onFailure: 'restart' | 'stop' | 'resume'
  /** How its parent watches it. */
  readonly watch: 'no' | 'once' | 'twice' | 'withdrawn'
  /** Another actor that is told to watch it. */
  readonly watcher: Peer | undefined
  readonly life: readonly { readonly isAsk: boolean; readonly body: Body }[]
  /** Sent after its stop. */
  readonly late: { readonly isAsk: boolean; readonly body: Body } | undefined
}

export type Op =
  | { readonly kind: 'tell'; readonly to: Peer; readonly body: Body }
  | AskOp
  | { readonly kind: 'askBoth'; readonly left: AskOp; readonly right: AskOp }
  | { readonly kind: 'timers'; readonly id: number; readonly timers: readonly ScriptedTimer[] }
  | ChildOp
  /** An ask with a message that nobody has. */
  | { readonly kind: 'askUnknown'; readonly to: Peer }
  /** A child whose `init` throws. */
  | { readonly kind: 'spawnFails' }

/** A whole program. */
export interface Program {
  /** For each actor the number of its node. */
  readonly places: readonly number[]
  /** What is told from outside, in order. */
  readonly start: readonly { readonly to: number; readonly body: Body }[]
}
