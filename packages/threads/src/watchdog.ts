/**
 * The watchdog: notices on the main thread that a node's thread does not move any more, because an actor on it is in a
 * loop that never ends, or in a very long one.
 *
 * It looks at each node's beat from time to time. One that has not moved since the last look may have nothing to do; so
 * the node's doorbell is rung, which makes a healthy thread go round once. One that has not moved for `stuckAfterMs`
 * since it was rung is stuck.
 */
import type { StuckTurn } from '@troupe/core'
import { Doorbell, type DoorbellDescriptor } from './channel/index.ts'
import { readTurnBoard, type TurnBoardDescriptor } from './turn-board.ts'

/** A node as the watchdog sees it. */
export interface WatchedNode {
  readonly node: string
  readonly epoch: number
  readonly doorbell: DoorbellDescriptor
  readonly board: TurnBoardDescriptor
}

/** What was seen of one node. */
interface Seen {
  readonly board: TurnBoardDescriptor
  beat: number
  /** When this beat was first seen, and when the node was rung because of it. */
  sinceMs: number
  rungMs: number | undefined
  told: boolean
}

export class Watchdog {
  readonly #stuckAfterMs: number
  readonly #seen = new Map<string, Seen>()

  constructor(stuckAfterMs: number) {
    this.#stuckAfterMs = stuckAfterMs
  }

  /** Looks at the nodes that are up, at `nowMs`; returns those that are stuck and were not before. */
  look(nodes: readonly WatchedNode[], nowMs: number): (WatchedNode & { readonly turn: StuckTurn })[] {
    const stuck: (WatchedNode & { readonly turn: StuckTurn })[] = []
    for (const node of nodes) {
      const { beat } = readTurnBoard(node.board)
      const seen = this.#seen.get(node.node)
      if (seen === undefined || seen.board !== node.board || seen.beat !== beat) {
        this.#seen.set(node.node, { board: node.board, beat, sinceMs: nowMs, rungMs: undefined, told: false })
        continue
      }
      if (seen.rungMs === undefined) {
        seen.rungMs = nowMs
        new Doorbell(node.doorbell).ring()
      } else if (!seen.told && nowMs - seen.rungMs >= this.#stuckAfterMs) {
        seen.told = true
        stuck.push({ ...node, turn: this.turnOf(node, nowMs) })
      }
    }
    return stuck
  }

  /** The turn that a node which does not answer is in. */
  turnOf({ node, board }: { readonly node: string; readonly board: TurnBoardDescriptor }, nowMs: number): StuckTurn {
    const { beat, actor, message } = readTurnBoard(board)
    const seen = this.#seen.get(node)
    return { actor, message, forMs: seen?.board === board && seen.beat === beat ? nowMs - seen.sinceMs : 0 }
  }
}
