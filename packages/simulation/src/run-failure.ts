/** Why a run failed, as it is noted, and the error that says so. */
import {
  type FailureFacts,
  type FailureReason,
  PropertyFailure,
  SimulationDeadlockError,
  SimulationFailure,
  SimulationLimitError,
} from './simulation-errors.ts'

/** What made a run fail. */
export interface RunFailure {
  readonly reason: FailureReason
  readonly what: string
  readonly property?: string
  readonly cause?: unknown
}

/** The error of a run that failed when it had come as far as `reached`. */
export function failureError(
  { reason, what, property, cause }: RunFailure,
  reached: Omit<FailureFacts, 'reason' | 'what' | 'property'>,
): SimulationFailure {
  const facts = { ...reached, reason, what, ...(property === undefined ? {} : { property }) }
  if (reason === 'deadlock') return new SimulationDeadlockError(what, facts)
  if (reason === 'limit') return new SimulationLimitError(what, facts)
  if (property !== undefined) return new PropertyFailure(what, facts, cause)
  return new SimulationFailure(what, facts, cause)
}

/** The text of what was thrown. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}
