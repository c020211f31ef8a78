/**
 * A turn that awaits the reply of an ask, as part of its actor's local state. It is no promise, which nothing could number
 * or copy, but all that it takes to run the turn again up to where it waits: the state in which it began, its message, what
 * was drawn and what came of its asks so far, in the order in which it came.
 */
import type { ReplyToken } from '@troupe/core'
import type { Step } from './step.ts'

export interface SuspendedTurn {
  readonly kind: Step['kind']
  /** The local state in which it began. */
  readonly local: number
  readonly timer: string | undefined
  readonly name: string
  readonly payload: unknown
  /** Who sent its message; -1: nobody, it is the first of its generation. */
  readonly from: number
  /** Where its reply goes; of an ask that is over, nowhere. */
  readonly replyTo: ReplyToken | undefined
  readonly choices: readonly number[]
  readonly answers: readonly Answer[]
  /** What it has sent so far, by number. */
  readonly sent: readonly number[]
}

/** What came of an ask. */
export interface Answer {
  readonly ask: number
  readonly isError: boolean
  readonly value: unknown
}

/** The promise of an ask that the turn awaits. */
export interface AwaitedAsk {
  resolve(value: unknown): void
  reject(error: unknown): void
}

/** A turn that does not end at once was met in a search that can wait for it: nothing was done, it is to be run first. */
export class UnfinishedTurn<Turn> extends Error {
  readonly turn: Turn

  constructor(turn: Turn) {
    super('a turn is to be run first')
    this.turn = turn
  }
}
