/**
 * How a simulated run fails. Each error says which seed, when, at which step and what came last, so that the run can be
 * gone through again: the same seed, options and program give the same run to the last step.
 */
import { TroupeError } from '@troupe/core'
import type { RunRecord } from './run-record.ts'

/** What made a run fail. */
export type FailureReason = 'invariant' | 'check' | 'program' | 'determinism' | 'limit' | 'deadlock' | 'internal'

/** Where and how a run failed. */
export interface FailureFacts {
  readonly seed: number
  readonly reason: FailureReason
  /** What was wrong, in words. */
  readonly what: string
  /** Virtual milliseconds since the start of the run. */
  readonly virtualMs: number
  /** The number of the step after which the run failed; the first is 1. */
  readonly step: number
  /** The name of the invariant that failed, if one did. */
  readonly invariant?: string
  /** The running hash at the failure: equal for two runs that failed in the same way. */
  readonly hash: string
  /** The last events before the failure, one line each, oldest first. */
  readonly lastEvents: readonly string[]
  /** With `record: true`: what went wrong, and counts. */
  readonly record?: RunRecord
}

/** A run failed: an invariant, a check, the program itself, or a leak of the real world. `cause` is what was thrown. */
export class SimulationFailure extends TroupeError {
  declare readonly facts: FailureFacts & Readonly<Record<string, unknown>>

  constructor(what: string, facts: FailureFacts, cause?: unknown, code = 'ERR_TROUPE_SIMULATION') {
    const { seed, virtualMs, step, lastEvents } = facts
    const message = [
      `seed ${seed} failed at ${virtualMs.toFixed(3)} ms, step ${step}: ${what}`,
      `run it again: simulate({ seed: ${seed}, ... }) with the same options and program`,
      'last events:',
      ...lastEvents.map((line) => `  ${line}`),
    ].join('\n')
    super(code, message, { ...facts }, cause === undefined ? undefined : { cause })
  }
}

/** The program waits, and nothing can ever happen any more. */
export class SimulationDeadlockError extends SimulationFailure {
  constructor(what: string, facts: FailureFacts) {
    super(what, facts, undefined, 'ERR_TROUPE_SIMULATION_DEADLOCK')
  }
}

/** The run took more events or more virtual time than it was allowed. */
export class SimulationLimitError extends SimulationFailure {
  constructor(what: string, facts: FailureFacts) {
    super(what, facts, undefined, 'ERR_TROUPE_SIMULATION_LIMIT')
  }
}

/** Simulated code reached for the real world: its clock, its randomness, its timers, its files or its network. */
export class DeterminismError extends TroupeError {
  constructor(message: string, facts: Readonly<Record<string, unknown>>) {
    super('ERR_TROUPE_DETERMINISM', message, facts)
  }
}
