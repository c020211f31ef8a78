/**
 * How a simulated run fails. Each error says which seed, when, at which step and what came last, so that the run can be
 * gone through again: the same seed, options and program give the same run to the last step.
 */
import { TroupeError } from '@troupe/core'
import type { Claims } from './properties.ts'
import type { RunRecord } from './run-record.ts'
import type { StateChange } from './state-recorder.ts'
import type { TraceEvent } from './trace.ts'

/** What made a run fail. */
export type FailureReason =
  | 'always'
  | 'sometimes'
  | 'eventually'
  | 'check'
  | 'program'
  | 'determinism'
  | 'limit'
  | 'deadlock'
  | 'internal'

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
  /** The name of the property that does not hold, if that is the reason. */
  readonly property?: string
  /** The run's `sometimes` claims, and whether each was reached before the failure. */
  readonly claims: Claims
  /** The running hash at the failure: equal for two runs that failed in the same way. */
  readonly hash: string
  /** The last events before the failure, one line each, oldest first. */
  readonly lastEvents: readonly string[]
}

/** What a run with `trace` or `record` keeps. */
export interface Recording {
  readonly trace?: readonly TraceEvent[]
  /** With `trace: { states: true }`. */
  readonly states?: readonly StateChange[]
  /** With `record: true`. */
  readonly record?: RunRecord
}

/**
 * How to run a failing seed again, as the message of a {@link SimulationFailure} says it to who called `simulate`. Who runs it
 * by a command puts that in its place.
 */
export function rerunHint(seed: number): string {
  return `run it again: simulate({ seed: ${seed}, ... }) with the same options and program`
}

/** A run failed: a property, a check, the program itself, or a leak of the real world. `cause` is what was thrown. */
export class SimulationFailure extends TroupeError {
  declare readonly facts: FailureFacts & Readonly<Record<string, unknown>>
  /** All events up to the failure, when the run was asked to keep them. Not enumerable: too long to be printed. */
  declare readonly trace: readonly TraceEvent[] | undefined
  /** The states up to the failure, with `trace: { states: true }`. Not enumerable. */
  declare readonly states: readonly StateChange[] | undefined
  /** What went wrong in the run, with `record: true`. Not enumerable. */
  declare readonly record: RunRecord | undefined

  constructor(what: string, facts: FailureFacts, cause?: unknown, code = 'ERR_TROUPE_SIMULATION') {
    const { seed, virtualMs, step, lastEvents } = facts
    const message = [
      `seed ${seed} failed at ${virtualMs.toFixed(3)} ms, step ${step}: ${what}`,
      rerunHint(seed),
      'last events:',
      ...lastEvents.map((line) => `  ${line}`),
    ].join('\n')
    super(code, message, { ...facts }, cause === undefined ? undefined : { cause })
  }

  /** This error, with what the run kept. */
  withRecording({ trace, states, record }: Recording): this {
    return Object.defineProperties(this, {
      trace: { value: trace },
      states: { value: states },
      record: { value: record },
    })
  }
}

/**
 * A property does not hold, or its predicate threw, which is then the `cause`: an `always` after this step, or an
 * `eventually` whose time is over. `facts.property` names it, `facts.reason` says which of the two.
 */
export class PropertyFailure extends SimulationFailure {
  constructor(what: string, facts: FailureFacts, cause?: unknown) {
    super(what, facts, cause, 'ERR_TROUPE_SIMULATION_PROPERTY')
  }
}

/** No run of a campaign failed, and none reached what it was to reach: it says nothing about that. */
export class VacuousCampaignError extends TroupeError {
  declare readonly facts: {
    readonly runs: number
    /** The claims that no seed reached. */
    readonly unreached: readonly string[]
    /** For each claim, how many seeds reached it. */
    readonly seedsReached: Readonly<Record<string, number>>
  }

  constructor(runs: number, seedsReached: Readonly<Record<string, number>>) {
    const unreached = Object.keys(seedsReached).filter((name) => seedsReached[name] === 0)
    const message = [
      `none of ${runs} seeds reached ${unreached.join(', ')}; more seeds, other faults or other knobs may, or the claim is wrong`,
      ...Object.entries(seedsReached).map(([name, seeds]) => `  ${name}: ${seeds} of ${runs} seeds`),
    ].join('\n')
    super('ERR_TROUPE_SIMULATION_VACUOUS', message, { runs, unreached, seedsReached })
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
