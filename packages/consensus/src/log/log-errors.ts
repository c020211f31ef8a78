/** What a call to a replicated object can end with, beside what an ask can. */
import { AskTimeoutError, type ErrorFacts, TroupeError } from '@troupe/core'
import { registerErrors } from '@troupe/core/host'
import type { UnreadyMembers } from './messages.ts'

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
 * or not at all, and nobody can say any more. The client's next command opens a session. When this comes without clients
 * that went away, let callers share a client, or begin the log with a larger `sessionsMax`. `facts`: `log`, `session`, `sessionsMax`.
 */
export class SessionExpiredError extends TroupeError {
  constructor(message: string, facts?: ErrorFacts, options?: ErrorOptions) {
    super('ERR_TROUPE_SESSION_EXPIRED', message, facts, options)
  }
}

/**
 * The members were not changed, or leadership was not handed over: too few of those that are to vote, or to lead, have answered and
 * can. To vote in the next configuration they have what was decided when the change was asked for. `facts.absent` are the ids of those that did not answer, `facts.behind` of those that have not caught up, and
 * `facts.needed` is how many are needed. Where the leader changed at that moment, another may still carry out what was asked of it.
 */
export class MembersNotReadyError extends TroupeError {
  constructor(message: string, facts?: ErrorFacts, options?: ErrorOptions) {
    super('ERR_TROUPE_MEMBERS_NOT_READY', message, facts, options)
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

/**
 * No answer in time; the members were asked then how they are, and the message says what that tells: that none has a replica
 * of the log, that too few of those that vote answer, that none leads. `facts`: those of an `AskTimeoutError`, `log`, `leader`
 * (the id, or `undefined`), and `absent`, the ids of those that did not answer. A command may still be applied.
 */
export class LogTimeoutError extends AskTimeoutError {}

registerErrors(
  LogTimeoutError,
  CommandError,
  SessionExpiredError,
  MembersNotReadyError,
  ForeignMachineError,
  CommandSizeError,
)

/** Why nobody can say what became of a command. */
export function sessionExpired(log: string, session: number, sessionsMax: number): SessionExpiredError {
  const why = `session ${session} was closed: more than ${sessionsMax} clients (sessionsMax, an option of the log) have one, and this one was silent for longest`
  const what = 'the command was applied once or not at all, which nobody can say any more'
  const advice =
    'read before you try again, let several callers share a client, or give the next log a larger sessionsMax'
  return new SessionExpiredError(`replicated log ${log}: ${why}; ${what}; ${advice}`, { log, session, sessionsMax })
}

/** Why a client is not served. */
export function foreignMachine(log: string, definition: string, given: string | undefined): ForeignMachineError {
  const what = `its replicas are of the definition ${definition}, and this client is for ${given}`
  const message = `replicated log ${log}: ${what}; give replicatedLog the definition that the log was started with`
  return new ForeignMachineError(message, { log, definition, given })
}

/** Why member `to` is not to lead. `standing`: what its replica says that it is; `undefined` when it does not answer. */
export function notReadyToLead(log: string, to: string, standing: string | undefined): MembersNotReadyError {
  const why =
    standing === undefined ? 'its replica does not answer' : `its replica is ${standing}, and votes on nothing`
  const message = `replicated log ${log}: leadership is not handed over to ${to}: ${why}; status tells who votes`
  const [absent, behind] = standing === undefined ? [[to], []] : [[], [to]]
  return new MembersNotReadyError(message, { log, needed: 1, absent, behind })
}

/** Why the members were not changed. */
export function membersNotReady(log: string, { needed, absent, behind }: UnreadyMembers): MembersNotReadyError {
  const why = [
    ...(absent.length === 0 ? [] : [`${absent.join(', ')} did not answer`]),
    ...(behind.length === 0 ? [] : [`${behind.join(', ')} have not caught up`]),
  ]
  const what = `${needed} of the members that are to vote have to be there, with all that is decided, and ${why.join(', ')}`
  const message = `replicated log ${log}: the members are not changed: ${what}; start their replicas first, by startReplica`
  return new MembersNotReadyError(message, { log, needed, absent, behind })
}
