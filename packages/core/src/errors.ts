/**
 * Typed errors. Each has a stable `code`, a message that names the actor and what to do, and `facts` for programs.
 * Errors cross threads as {@link ErrorData}, keeping class, code and facts.
 */

/** Facts of an error: plain data only, since they travel with it. */
export type ErrorFacts = Readonly<Record<string, unknown>>

/** The base of every error that Troupe raises itself. */
export class TroupeError extends Error {
  /** A stable code, `ERR_TROUPE_...`. */
  readonly code: string
  /** What a program needs to act on the error; plain data. */
  readonly facts: ErrorFacts

  constructor(code: string, message: string, facts: ErrorFacts = {}, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
    this.facts = facts
  }
}

/** The arguments with which every concrete Troupe error is made, and made again on another thread. */
type ErrorArguments = [message: string, facts?: ErrorFacts, options?: ErrorOptions]

/** A definition, a spawn option or a system option is malformed. */
export class ConfigurationError extends TroupeError {
  constructor(...[message, facts, options]: ErrorArguments) {
    super('ERR_TROUPE_CONFIGURATION', message, facts, options)
  }
}

/** A definition could not be found on the node that was to run it: its module fails to import or does not export it. */
export class DefinitionNotFoundError extends TroupeError {
  constructor(...[message, facts, options]: ErrorArguments) {
    super('ERR_TROUPE_DEFINITION_NOT_FOUND', message, facts, options)
  }
}

/** `init` threw; `cause` is what it threw. Nothing of the actor is left behind. */
export class SpawnError extends TroupeError {
  constructor(...[message, facts, options]: ErrorArguments) {
    super('ERR_TROUPE_SPAWN', message, facts, options)
  }
}

/** The name is already used by a living sibling, or the durable id by a living actor of the node. */
export class NameTakenError extends TroupeError {
  constructor(...[message, facts, options]: ErrorArguments) {
    super('ERR_TROUPE_NAME_TAKEN', message, facts, options)
  }
}

/** A value that cannot be put in a message; `facts.path` says where in the value. */
export class NotSendableError extends TroupeError {
  constructor(...[message, facts, options]: ErrorArguments) {
    super('ERR_TROUPE_NOT_SENDABLE', message, facts, options)
  }
}

/** The actor has no handler for a message of that name. */
export class UnknownMessageError extends TroupeError {
  constructor(...[message, facts, options]: ErrorArguments) {
    super('ERR_TROUPE_UNKNOWN_MESSAGE', message, facts, options)
  }
}

/** No reply within the ask's timeout. */
export class AskTimeoutError extends TroupeError {
  constructor(...[message, facts, options]: ErrorArguments) {
    super('ERR_TROUPE_ASK_TIMEOUT', message, facts, options)
  }
}

/**
 * The ask closes a cycle of asks, each in an asynchronous turn that holds its actor: none could be answered before its
 * asker's turn is over. `facts.cycle` lists the `actor` paths and the `message` that each asked the next.
 */
export class AskCycleError extends TroupeError {
  constructor(...[message, facts, options]: ErrorArguments) {
    super('ERR_TROUPE_ASK_CYCLE', message, facts, options)
  }
}

/** The asker's signal was aborted; `cause` is its reason. Also the reason of a callee's signal when nobody waits. */
export class AskAbortedError extends TroupeError {
  constructor(...[message, facts, options]: ErrorArguments) {
    super('ERR_TROUPE_ASK_ABORTED', message, facts, options)
  }
}

/** The actor asked is not alive, or stopped before it replied. */
export class ActorStoppedError extends TroupeError {
  constructor(...[message, facts, options]: ErrorArguments) {
    super('ERR_TROUPE_ACTOR_STOPPED', message, facts, options)
  }
}

/** The node is not there, or died before the reply. */
export class NodeDownError extends TroupeError {
  constructor(...[message, facts, options]: ErrorArguments) {
    super('ERR_TROUPE_NODE_DOWN', message, facts, options)
  }
}

/** An actor was stopped since one that it is linked to ended; `facts.reason` says how. */
export class LinkedActorError extends TroupeError {
  constructor(...[message, facts, options]: ErrorArguments) {
    super('ERR_TROUPE_LINKED_ACTOR', message, facts, options)
  }
}

/** The mailbox or the channel to it was full. */
export class OverloadError extends TroupeError {
  constructor(...[message, facts, options]: ErrorArguments) {
    super('ERR_TROUPE_OVERLOAD', message, facts, options)
  }
}

/**
 * A router did not send a message on; `facts.reason` says why: `no-routee`, `broadcast-ask` (an ask has one answer),
 * `strategy-failed` (`cause` is what it threw) or `draining`.
 */
export class RoutingError extends TroupeError {
  constructor(...[message, facts, options]: ErrorArguments) {
    super('ERR_TROUPE_ROUTING', message, facts, options)
  }
}

/** `ctx.stash` in an actor whose stash is full; `facts.capacity` says how much it holds. */
export class StashOverflowError extends TroupeError {
  constructor(...[message, facts, options]: ErrorArguments) {
    super('ERR_TROUPE_STASH_OVERFLOW', message, facts, options)
  }
}

/** A service that the host was not given: at the spawn of an actor that declares it, or in `ctx.use`. */
export class ServiceMissingError extends TroupeError {
  constructor(...[message, facts, options]: ErrorArguments) {
    super('ERR_TROUPE_SERVICE_MISSING', message, facts, options)
  }
}

/**
 * A service did not start or stop on a node: its provider threw (`cause` is what it threw), or its time was up. `facts`
 * has `service`, `node`, `phase` (`start` or `stop`) and `reason` (`failed`, `timeout` or `node-ended`).
 */
export class ServiceError extends TroupeError {
  constructor(...[message, facts, options]: ErrorArguments) {
    super('ERR_TROUPE_SERVICE', message, facts, options)
  }
}

/**
 * What only a durable actor may do (`ctx.persist`, reminders, a snapshot) in one that is not, an event that it does not
 * declare, an ask after a persist, or a history that its definition rejects.
 */
export class DurabilityError extends TroupeError {
  constructor(...[message, facts, options]: ErrorArguments) {
    super('ERR_TROUPE_DURABILITY', message, facts, options)
  }
}

/**
 * A task has no result: it threw (`cause` is what it threw), its thread died under it, its caller's signal was aborted,
 * or its time was up. `facts` has its name, its module and the `reason`: `failed`, `died`, `aborted` or `timeout`.
 */
export class TaskError extends TroupeError {
  constructor(...[message, facts, options]: ErrorArguments) {
    super('ERR_TROUPE_TASK', message, facts, options)
  }
}

/** The journal has an event or a snapshot of a version that the actor's definition does not know; facts say which. */
export class DurableVersionError extends TroupeError {
  constructor(...[message, facts, options]: ErrorArguments) {
    super('ERR_TROUPE_DURABLE_VERSION', message, facts, options)
  }
}

/**
 * What came from another node is no frame, or what a message has for a reference is none; `facts.kind` and
 * `facts.field` say which part of which frame. Nothing was changed by it.
 */
export class MalformedFrameError extends TroupeError {
  constructor(...[message, facts, options]: ErrorArguments) {
    super('ERR_TROUPE_MALFORMED_FRAME', message, facts, options)
  }
}

/** The context was used outside a turn, or by a turn of an earlier generation of the actor. */
export class StaleContextError extends TroupeError {
  constructor(...[message, facts, options]: ErrorArguments) {
    super('ERR_TROUPE_STALE_CONTEXT', message, facts, options)
  }
}

/** The system is stopping or stopped. */
export class SystemStoppedError extends TroupeError {
  constructor(...[message, facts, options]: ErrorArguments) {
    super('ERR_TROUPE_SYSTEM_STOPPED', message, facts, options)
  }
}

/** An error of a class that this thread does not know; `name` and `code` are those of the original. */
export class RemoteError extends Error {
  readonly code: string | undefined

  constructor(name: string, message: string, code: string | undefined, options?: ErrorOptions) {
    super(message, options)
    this.name = name
    this.code = code
  }
}

/** An error as plain data. */
export interface ErrorData {
  readonly name: string
  readonly message: string
  readonly code?: string
  readonly stack?: string
  readonly facts?: ErrorFacts
  readonly cause?: ErrorData
}

/** A class whose instances {@link decodeError} can make again. */
export type TroupeErrorClass = new (message: string, facts?: ErrorFacts, options?: ErrorOptions) => TroupeError

const troupeErrors = new Map<string, TroupeErrorClass>(
  [
    ConfigurationError,
    DefinitionNotFoundError,
    SpawnError,
    NameTakenError,
    NotSendableError,
    UnknownMessageError,
    AskTimeoutError,
    AskCycleError,
    AskAbortedError,
    ActorStoppedError,
    NodeDownError,
    LinkedActorError,
    OverloadError,
    RoutingError,
    StashOverflowError,
    ServiceError,
    ServiceMissingError,
    DurabilityError,
    DurableVersionError,
    MalformedFrameError,
    StaleContextError,
    SystemStoppedError,
    TaskError,
  ].map((errorClass) => [errorClass.name, errorClass]),
)

/** Makes further subclasses keep their class across threads; for the modules of this package that define some. */
export function registerErrors(...errorClasses: TroupeErrorClass[]): void {
  for (const errorClass of errorClasses) troupeErrors.set(errorClass.name, errorClass)
}

/** The class of Troupe's errors with that name, if there is one. */
export function troupeErrorClass(name: string): TroupeErrorClass | undefined {
  return troupeErrors.get(name)
}

const builtInErrors = new Map<string, ErrorConstructor>(
  [Error, TypeError, RangeError, SyntaxError, ReferenceError, EvalError, URIError].map((errorClass) => [
    errorClass.name,
    errorClass as ErrorConstructor,
  ]),
)

const causeDepthMax = 8

/** `thrown` as plain data, for a message to another node. What is no `Error` becomes one, with its text as message. */
export function encodeError(thrown: unknown, depth = 0): ErrorData {
  const error = toError(thrown)
  const { code, facts } = error as { code?: unknown; facts?: ErrorFacts }
  return {
    // Whatever the error's class or its thrower put there: what travels is as declared.
    name: describe(error.name),
    message: describe(error.message),
    ...(code === undefined ? {} : { code: describe(code) }),
    ...(typeof error.stack === 'string' ? { stack: error.stack } : {}),
    ...(typeof facts === 'object' && facts !== null ? { facts } : {}),
    ...(error.cause === undefined || depth >= causeDepthMax ? {} : { cause: encodeError(error.cause, depth + 1) }),
  }
}

/** The error that `data` describes: of the same class where it is Troupe's or built in, else a {@link RemoteError}. */
export function decodeError(data: ErrorData): Error {
  const options = data.cause === undefined ? undefined : { cause: decodeError(data.cause) }
  const troupeError = troupeErrors.get(data.name)
  const builtIn = builtInErrors.get(data.name)
  let error: Error
  if (troupeError !== undefined) error = new troupeError(data.message, data.facts, options)
  else if (builtIn !== undefined) error = Object.assign(new builtIn(data.message, options), codeOf(data))
  else error = new RemoteError(data.name, data.message, data.code, options)
  if (data.stack !== undefined) error.stack = data.stack
  // Its own would say where it was made again.
  else delete error.stack
  return error
}

/**
 * An error whose stack is its name and message: for what is made where no code of a program is on the stack, as when a clock or
 * a network calls. To walk a stack takes longer than all else that is done about a failed ask.
 */
export function withoutStack<Made extends Error>(make: () => Made): Made {
  const limit = Error as { stackTraceLimit?: unknown }
  const { stackTraceLimit } = limit
  if (typeof stackTraceLimit !== 'number') return make()
  limit.stackTraceLimit = 0
  try {
    return make()
  } finally {
    limit.stackTraceLimit = stackTraceLimit
  }
}

/** `thrown` when it is an `Error`, else an `Error` with its text. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(`a value that is no Error was thrown: ${describe(thrown)}`)
}

function codeOf(data: ErrorData): { code?: string } {
  return data.code === undefined ? {} : { code: data.code }
}

function describe(value: unknown): string {
  try {
    return String(value)
  } catch {
    return Object.prototype.toString.call(value)
  }
}
