/** The `sometimes` claims of a campaign: how many seeds reached each, and which none did. */
import type { Claims } from './properties.ts'
import { VacuousCampaignError } from './simulation-errors.ts'

export class ClaimTally {
  readonly #seeds = new Map<string, number>()

  /** A run made these claims, whether it failed or not. */
  add(claims: Claims): void {
    for (const [name, reached] of Object.entries(claims)) {
      this.#seeds.set(name, (this.#seeds.get(name) ?? 0) + (reached ? 1 : 0))
    }
  }

  /** For each claim, how many of the runs reached it. */
  get seedsReached(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#seeds)
  }

  /** Throws a {@link VacuousCampaignError} when a claim was reached by none of the `runs`. */
  check(runs: number): void {
    const { seedsReached } = this
    if (Object.values(seedsReached).includes(0)) throw new VacuousCampaignError(runs, seedsReached)
  }
}
