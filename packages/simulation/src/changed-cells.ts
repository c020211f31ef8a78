/**
 * The actors whose states a step may have changed, so that a property need not look at all of them after every step: those
 * that took a turn or began, and those in an asynchronous turn, which may go on in any step.
 */
import { type ActorCell, Phase } from '@troupe/core/host'
import type { SimulatedKernel } from './simulated-kernel.ts'

export class ChangedCells {
  /** Those noted in this step, up to the count: lists that stay, since a list that is emptied gives up its places. */
  readonly #cells: (ActorCell | undefined)[] = []
  readonly #kernels: (SimulatedKernel | undefined)[] = []
  #count = 0
  readonly #inTurn = new Map<ActorCell, SimulatedKernel>()

  /**
   * How many were noted since the last step ended, each once. They stand in the order in which they were noted: see
   * {@link cellAt} and {@link kernelAt}.
   */
  get count(): number {
    if (this.#inTurn.size > 0) for (const [cell, kernel] of this.#inTurn) this.note(cell, kernel)
    return this.#count
  }

  /** True when one of them is of this definition. */
  has(definition: unknown): boolean {
    const { count } = this
    for (let index = 0; index < count; index++)
      if ((this.#cells[index]?.definition as unknown) === definition) return true
    return false
  }

  cellAt(index: number): ActorCell {
    return this.#cells[index] as ActorCell
  }

  /** The node that it lives on. */
  kernelAt(index: number): SimulatedKernel {
    return this.#kernels[index] as SimulatedKernel
  }

  /** The state of `cell` may be another one than before. */
  note(cell: ActorCell, kernel: SimulatedKernel): void {
    const cells = this.#cells
    const count = this.#count
    // A step changes few.
    for (let index = 0; index < count; index++) if (cells[index] === cell) return
    cells[count] = cell
    this.#kernels[count] = kernel
    this.#count = count + 1
  }

  /** The turn of `cell` has come to an `await`. */
  goesOn(cell: ActorCell, kernel: SimulatedKernel): void {
    this.#inTurn.set(cell, kernel)
  }

  /** All have looked at what this step changed. */
  endStep(): void {
    while (this.#count > 0) {
      const index = --this.#count
      this.#cells[index] = undefined
      this.#kernels[index] = undefined
    }
    if (this.#inTurn.size === 0) return
    for (const [cell, kernel] of this.#inTurn) {
      if (!kernel.alive || (cell.phase !== Phase.busy && (cell.interleaved?.size ?? 0) === 0)) this.#inTurn.delete(cell)
    }
  }
}
