/**
 * Interleaved turns: those of re-entrant messages. Such a turn holds nobody while it awaits, and may begin while the turn
 * of another message holds the mailbox. Each has a context of its own; what all share is the state. The synchronous parts
 * of turns still run one at a time.
 */
import type { ActorCell } from './actor-cell.ts'
import type { Envelope } from './envelope.ts'
import { Phase } from './phase.ts'
import type { TurnContext } from './turn-context.ts'

/** An asynchronous turn that holds nobody. */
export interface InterleavedTurn {
  readonly envelope: Envelope
  readonly context: TurnContext
}

/** Interleaved turns that an actor may have under way: beyond, the next one holds its mailbox until one ends. */
const interleavedMax = 1_000

/** True when `envelope`, whose turn went asynchronous, need not hold the mailbox of `cell`. */
export function interleaves(cell: ActorCell, envelope: Envelope): boolean {
  const { reentrant } = cell.definition
  if (reentrant.size === 0) return false
  return cell.phase === Phase.busy || (reentrant.has(envelope.name) && interleavedOf(cell) < interleavedMax)
}

/** How many interleaved turns of `cell` are under way. */
export function interleavedOf(cell: ActorCell): number {
  return cell.interleaved?.size ?? 0
}

/** True when `cell`, whose mailbox is held by a turn, has a message that may be handled all the same. */
export function mayInterleave(cell: ActorCell): boolean {
  return (
    cell.phase === Phase.busy &&
    cell.stopReason === undefined &&
    (cell.mailbox.lanes?.reentrant ?? 0) > 0 &&
    interleavedOf(cell) < interleavedMax
  )
}

/** Runs `turn`, or a part of one, in a context of its own, whatever turn holds the actor. */
export function withContext<Result>(cell: ActorCell, context: TurnContext | undefined, turn: () => Result): Result {
  const { generation } = cell
  const held = cell.context
  cell.context = context
  try {
    return turn()
  } finally {
    if (cell.generation === generation) cell.context = held
  }
}

/** The turn of `envelope` awaits something: its context is put aside, so that the next turn gets another. */
export function interleave(cell: ActorCell, envelope: Envelope): InterleavedTurn {
  const turn: InterleavedTurn = { envelope, context: cell.context as TurnContext }
  cell.interleaved ??= new Map()
  cell.interleaved.set(envelope, turn)
  cell.context = undefined
  return turn
}
