/**
 * What an asynchronous turn waits for, and what waits for it. A turn counts as waiting for its asks alone when it has
 * open ones and nothing else that the runtime knows of could make it go on.
 */
import type { ActorCell } from './actor-cell.ts'
import type { ActorRef, ReplyToken } from './actor-ref.ts'
import { type Envelope, EnvelopeKind } from './envelope.ts'
import type { PendingAsk } from './pending-ask.ts'
import { Phase } from './phase.ts'

/** A turn that waits for asks alone, as plain data. */
export interface WaitingTurn {
  readonly ref: ActorRef
  /** Its number among the turns of its node. */
  readonly turn: number
  readonly path: string
  readonly asks: readonly WaitingAsk[]
}

/** An open ask of such a turn's actor. */
export interface WaitingAsk {
  readonly askId: number
  readonly name: string
  /** By the clock of the asker's node. */
  readonly openedAt: number
  /** True when the turn under way made it; an earlier one did otherwise. */
  readonly isOfTurn: boolean
  /** Where its message is, as far as it is known. */
  at: ActorRef
  /** Where it was before: sent on from there. */
  readonly passed: ActorRef[]
  /** The position, in the picture, of the turn that must go on before the ask can be answered; -1 while it is not known. */
  by: number
}

/** Which ask is meant: its asker's node and its number there. */
export type AskAddress = Pick<ReplyToken, 'node' | 'epoch' | 'askId'>

/** Open asks that an actor may have for its turn to be looked at. */
const asksMax = 64
/** Envelopes of a mailbox, and of a stash, among which a message is looked for. */
const searchMax = 10_000

/** The youngest ask that the turn under way of `cell` made and waits for, if the turn is asynchronous. */
export function youngestAskOfTurn(cell: ActorCell): PendingAsk | undefined {
  if (cell.phase !== Phase.busy) return undefined
  let ask = cell.lastAsk
  while (ask !== undefined && ask.during !== cell.current) ask = ask.earlier
  return ask
}

/**
 * The turn under way of `cell` when it waits for asks alone. `undefined` when it may go on by itself: it has a task or a
 * stream open, the disk to wait for, an ask that a signal of the actor's own may end, or it has not asked anything.
 */
export function waitingTurn(cell: ActorCell): WaitingTurn | undefined {
  const { context, durable } = cell
  // A re-entrant message may bring what the turn waits for.
  if (cell.definition.reentrant.size > 0) return undefined
  if (context === undefined || youngestAskOfTurn(cell) === undefined) return undefined
  if (cell.openTasks > 0 || (cell.incoming?.size ?? 0) > 0 || durable?.isSynced === false) return undefined
  const asks: WaitingAsk[] = []
  for (let ask = cell.lastAsk; ask !== undefined; ask = ask.earlier) {
    // What ends as a message comes after the turn.
    if (ask.onReply !== undefined) continue
    if (asks.length === asksMax || (ask.signal !== undefined && !context.isSignal(ask.signal))) return undefined
    const { askId, name, openedAt, to } = ask
    asks.push({ askId, name, openedAt, isOfTurn: ask.during === cell.current, at: to, passed: [], by: -1 })
  }
  return { ref: cell.ref, turn: cell.currentTurn, path: cell.path(), asks }
}

/**
 * True when the message of `ask` cannot be answered before the turn under way of `cell` goes on: that turn handles it and
 * has given its reply to nobody else, or it waits for the turn to end.
 */
export function waitsForTurn(cell: ActorCell, ask: AskAddress): boolean {
  const { current } = cell
  if (cell.phase !== Phase.busy || current === undefined || cell.deferred?.get(ask) !== undefined) return false
  if (current.kind === EnvelopeKind.message && isOf(current, ask)) return !cell.context?.hasGivenAway(current)
  const waiting = find(cell.mailbox, ask) ?? find(cell.stash ?? [], ask)
  return waiting !== undefined && mustWait(cell, waiting)
}

/** True when `envelope`, which waits at `cell`, has to wait until the asynchronous turn under way there is over. */
function mustWait({ phase, definition }: ActorCell, { name }: Envelope): boolean {
  return phase === Phase.busy && !definition.reentrant.has(name)
}

function find(envelopes: Iterable<Envelope>, ask: AskAddress): Envelope | undefined {
  let searched = 0
  for (const envelope of envelopes) {
    if (isOf(envelope, ask)) return envelope
    if (++searched === searchMax) break
  }
  return undefined
}

function isOf({ kind, replyTo }: Envelope, { node, epoch, askId }: AskAddress): boolean {
  return kind === EnvelopeKind.message && replyTo?.askId === askId && replyTo.epoch === epoch && replyTo.node === node
}
