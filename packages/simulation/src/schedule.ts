/**
 * What a schedule is: who chooses, among all that may happen next, what does. It sees turns, deliveries and the passing
 * of time as choices with bounds, and knows nothing of nodes, networks and clocks.
 */

/** Something that may happen next. The same object stands for it from the step at which it could happen to its end. */
export interface Choice {
  /** A turn of an actor, the arrival of a frame, or what has its own time: a timer, the disk, a fault, the program. */
  readonly kind: 'turn' | 'delivery' | 'time'
  /** What it belongs to, whose choices come one after the other: an actor, a link between two nodes, the clock. */
  readonly chain: object
  /** Where it happens; the clock's is an empty name. */
  readonly node: string
  /** Virtual milliseconds: not before the one, and not after the other. */
  readonly earliestMs: number
  readonly latestMs: number
  /** Rises with each choice that comes up in the run. */
  readonly number: number
}

/** Chooses the next of two or more; seeded, so that a run repeats. */
export interface Schedule {
  /** The index of what happens next. Called at each step with two choices or more. */
  choose(choices: readonly Choice[]): number
}

/** The index of the choice with the largest rank; of equal ones the first. */
export function indexOfLargest(choices: readonly Choice[], rank: (choice: Choice) => number): number {
  let best = 0
  let bestRank = Number.NEGATIVE_INFINITY
  for (const [index, choice] of choices.entries()) {
    const ranked = rank(choice)
    if (ranked > bestRank) {
      best = index
      bestRank = ranked
    }
  }
  return best
}
