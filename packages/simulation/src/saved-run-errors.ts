/** What can be wrong with a saved run. */
import { TroupeError } from '@troupe/core'

/** The text is no saved run, or one of a format that this version does not know (`facts.format`). */
export class SavedRunError extends TroupeError {
  constructor(message: string, facts: Readonly<Record<string, unknown>> = {}, options?: ErrorOptions) {
    super('ERR_TROUPE_SAVED_RUN', message, facts, options)
  }
}

/** The module of a saved run's program cannot be imported, or does not export it. */
export class ScenarioNotFoundError extends TroupeError {
  constructor(message: string, facts: Readonly<Record<string, unknown>>, options?: ErrorOptions) {
    super('ERR_TROUPE_SCENARIO_NOT_FOUND', message, facts, options)
  }
}

/** A replay took other steps than the saved run: `facts.after` is the last step where both agreed, `facts.by` the first where not. */
export class ReplayDivergedError extends TroupeError {
  constructor(message: string, facts: Readonly<Record<string, unknown>>) {
    super('ERR_TROUPE_REPLAY_DIVERGED', message, facts)
  }
}
