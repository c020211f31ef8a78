/**
 * What the explorer explores: states are tuples of 32-bit integers, all of one width, and what they mean is the
 * system's affair. Actors (`actor-system.ts`) and plain models (`model-system.ts`) are both such systems.
 */

/** One step between two states. */
export interface SystemStep {
  /** What the code of the step threw: it then changed nothing. `undefined`: nothing. */
  readonly error: unknown
}

/** Called with each step and the state after it, which is the system's own storage; returns true to end there. */
export type Visit<Step> = (step: Step, next: Int32Array) => boolean

export interface TransitionSystem<Step extends SystemStep> {
  /** Integers in a state. */
  readonly width: number
  /** The states in which the system can begin. */
  initial(): readonly Int32Array[]
  /** Visits every step from `tuple`, in an order that depends on nothing else; returns whether a visit ended it. */
  expand(tuple: Int32Array, visit: Visit<Step>): boolean
}
