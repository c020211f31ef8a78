/**
 * The actors whose states a step may have changed, so that a property need not look at all of them after every step: those
 * that took a turn or began, and those in an asynchronous turn, which may go on in any step.
 */
import { type ActorCell, Phase } from '@troupe/core/host'
import type { SimulatedKernel } from './simulated-kernel.ts'

/** An actor and the node that it lives on. */
export interface CellOnNode {
  readonly cell: ActorCell
  readonly kernel: SimulatedKernel
}

export class ChangedCells {
  readonly #cells: CellOnNode[] = []
  readonly #inTurn = new Map<ActorCell, CellOnNode>()

  /** Those noted since the last step ended, each once, in the order in which they were noted. */
  noted(): readonly CellOnNode[] {
    for (const [cell, place] of this.#inTurn) {
      if (!this.#has(cell)) this.#cells.push(place)
    }
    return this.#cells
  }

  /** The state of `cell` may be another one than before. */
  note(cell: ActorCell, kernel: SimulatedKernel): void {
    if (this.#has(cell)) return
    this.#cells.push({ cell, kernel })
  }

  /** The turn of `cell` has come to an `await`. */
  goesOn(cell: ActorCell, kernel: SimulatedKernel): void {
    this.#inTurn.set(cell, { cell, kernel })
  }

  /** All have looked at what this step changed. */
  endStep(): void {
    if (this.#cells.length > 0) this.#cells.length = 0
    if (this.#inTurn.size === 0) return
    for (const [cell, { kernel }] of this.#inTurn) {
      if (!kernel.alive || (cell.phase !== Phase.busy && (cell.interleaved?.size ?? 0) === 0)) this.#inTurn.delete(cell)
    }
  }

  /** A step changes few. */
  #has(cell: ActorCell): boolean {
    for (const noted of this.#cells) if (noted.cell === cell) return true
    return false
  }
}
