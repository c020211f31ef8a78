/** The checker's one error class: what it was given cannot be explored, and what to do instead. */
import { TroupeError } from '@troupe/core'
import { registerErrors } from '@troupe/core/host'

/**
 * A system that this checker cannot explore: an actor reads a clock, watches another or keeps state that is not plain data, or
 * a property throws. A malformed option is a `ConfigurationError`. The message names the actor and the message of the turn; `facts` hold them for programs.
 */
export class CheckerError extends TroupeError {
  constructor(message: string, facts?: Readonly<Record<string, unknown>>, options?: ErrorOptions) {
    super('ERR_TROUPE_CHECKER', message, facts, options)
  }
}

// A search on several threads meets it on any of them.
registerErrors(CheckerError)
