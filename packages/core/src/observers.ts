/**
 * What a host may watch of its kernel beside the event stream. Called in the middle of a turn or an ask: an observer
 * must be quick, must not throw and must not touch actors.
 */
import type { ActorCell } from './actor-cell.ts'
import type { Ref } from './actor-ref.ts'
import type { Envelope } from './envelope.ts'

/** Who watches turns. */
export interface TurnObserver {
  /** A turn begins; until {@link turnEnds} the thread belongs to it. */
  turnBegins(cell: ActorCell, envelope: Envelope): void
  /** A turn is over, or has come to its first `await`. */
  turnEnds(): void
}

/** Who watches the asks that are made on a node. */
export interface AskObserver {
  /** False while nobody would hear of an ask that begins now: {@link askOpened} need not be called. Default: true. */
  readonly isWatching?: boolean
  askOpened(ask: ObservedAsk): void
  /** It ended; `error` undefined: with a reply. */
  askEnded(ask: ObservedAsk, error: Error | undefined): void
}

/** One ask under way. */
export interface ObservedAsk {
  readonly askId: number
  readonly from: ActorCell | undefined
  readonly to: Ref
  readonly name: string
}
