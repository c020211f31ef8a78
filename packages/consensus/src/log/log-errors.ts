/** What a call to a replicated object can end with, beside what an ask can. */
import { type ErrorFacts, TroupeError } from '@troupe/core'
import { registerErrors } from '@troupe/core/host'

/**
 * The state machine threw, and changed nothing, or its result is no message. The message is the machine's own. `facts`: `kind`,
 * the name of what it threw; `log`; and what it was called with, as a text of 200 characters at most: `command`, or `query`.
 */
export class CommandError extends TroupeError {
  constructor(message: string, facts?: ErrorFacts, options?: ErrorOptions) {
    super('ERR_TROUPE_COMMAND', message, facts, options)
  }
}

/**
 * The client's session was closed, since too many others were opened and used after it: the command was applied once
 * or not at all, and nobody can say any more. Raise `sessionsMax` when this comes without clients that went away.
 */
export class SessionExpiredError extends TroupeError {
  constructor(message: string, facts?: ErrorFacts, options?: ErrorOptions) {
    super('ERR_TROUPE_SESSION_EXPIRED', message, facts, options)
  }
}

/**
 * The log has another machine than its client: it was started with a definition of another name. Nothing was applied. `facts`:
 * `log`, and the names of both definitions, `definition` that of the log and `given` the client's.
 */
export class ForeignMachineError extends TroupeError {
  constructor(message: string, facts?: ErrorFacts, options?: ErrorOptions) {
    super('ERR_TROUPE_FOREIGN_MACHINE', message, facts, options)
  }
}

/** A command or a query is larger than `commandBytesMax`; `facts.bytes` is about how large. Nothing was sent. */
export class CommandSizeError extends TroupeError {
  constructor(message: string, facts?: ErrorFacts, options?: ErrorOptions) {
    super('ERR_TROUPE_COMMAND_SIZE', message, facts, options)
  }
}

registerErrors(CommandError, SessionExpiredError, ForeignMachineError, CommandSizeError)
