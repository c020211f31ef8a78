/**
 * A schedule under a plan: it has its way in some choices, in all others the earliest goes. Where it had its way against
 * that plain order is written down, so that it can be taken away choice by choice.
 */
import type { Choice, Schedule } from './schedule.ts'

export class PlannedSchedule implements Schedule {
  readonly #schedule: Schedule
  /** The choices, numbered from 1, in which it has its way; `undefined`: all. */
  #deviations: ReadonlySet<number> | undefined
  readonly #recorded: number[] | undefined
  #choices = 0

  constructor(schedule: Schedule, deviations: readonly number[] | undefined, recorded: number[] | undefined) {
    this.#schedule = schedule
    if (deviations !== undefined) this.#deviations = new Set(deviations)
    this.#recorded = recorded
  }

  choose(choices: readonly Choice[]): number {
    const number = ++this.#choices
    const chosen = this.#schedule.choose(choices)
    const plain = earliest(choices)
    if (chosen === plain || (this.#deviations !== undefined && !this.#deviations.has(number))) return plain
    this.#recorded?.push(number)
    return chosen
  }

  /** It has its way in all choices from now on. */
  leaveToChance(): void {
    this.#deviations = undefined
  }
}

/** The index of the choice that may happen first; of several the one that came up first. */
function earliest(choices: readonly Choice[]): number {
  let best = 0
  choices.forEach((choice, index) => {
    const { earliestMs, number } = choices[best] as Choice
    if (choice.earliestMs < earliestMs || (choice.earliestMs === earliestMs && choice.number < number)) best = index
  })
  return best
}
