/** How often and how soon a node that died is replaced, so that one that cannot live does not keep the system busy. */
import type { ReplacementOptions } from './system-options.ts'

export class ReplacementBudget {
  readonly maxReplacements: number
  readonly withinMs: number
  readonly #backoff: { readonly minMs: number; readonly maxMs: number }
  #times: number[] = []

  constructor({ maxReplacements, withinMs, backoff }: Required<ReplacementOptions>) {
    this.maxReplacements = maxReplacements
    this.withinMs = withinMs
    this.#backoff = backoff
  }

  /** Takes one replacement at `nowMs`: how long to wait before it, in milliseconds; `undefined` when none is left. */
  take(nowMs: number): number | undefined {
    this.#times = this.#times.filter((time) => nowMs - time < this.withinMs)
    const recent = this.#times.length
    if (recent >= this.maxReplacements) return undefined
    this.#times.push(nowMs)
    const { minMs, maxMs } = this.#backoff
    return recent === 0 ? 0 : Math.min(maxMs, minMs * 2 ** (recent - 1))
  }
}
