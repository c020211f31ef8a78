/**
 * Supervision as an option: what is done with an actor whose turn failed, by kind of failure, with whom, and how often.
 * Plain data, since it may travel to another node.
 */
import { type KnownOptions, unknownOptionProblem } from './known-options.ts'
import { shownValue } from './shown-value.ts'

/** What is done with an actor whose turn failed. */
export type Directive = 'restart' | 'resume' | 'stop' | 'escalate'

/**
 * Whom the directive `restart` or `stop` treats: the actor alone; it and all its siblings; or it and the siblings that
 * were spawned after it. Siblings are the children of the same parent; under a node's guardian, its roots.
 */
export type SupervisionStrategy = 'one-for-one' | 'one-for-all' | 'rest-for-one'

/**
 * Directives by kind of failure. A key is an error's `code`, its `name`, the name of its class or of one that the class
 * extends, or `default`. The most specific wins, in that order; without a match and a `default` it is `restart`.
 *
 * ```ts
 * { RangeError: 'resume', ERR_TROUPE_ASK_TIMEOUT: 'restart', default: 'escalate' }
 * ```
 */
export type DirectivesByKind = Readonly<Record<string, Directive>>

/** The supervision of one child. */
export interface SuperviseOptions {
  /** Whom a restart or a stop treats. Default `one-for-one`. */
  readonly strategy?: SupervisionStrategy
  /**
   * `restart`: a new generation from `init` (and, if durable, its journal); `resume`: go on with the state as it is;
   * `stop`; `escalate`: the parent fails. One for every failure, or by kind. Default `restart`.
   */
  readonly onFailure?: Directive | DirectivesByKind
  /** Restarts allowed within `withinMs`; one more escalates. Default 5. */
  readonly maxRestarts?: number
  /** The window of the budget in milliseconds. Default 10,000. */
  readonly withinMs?: number
  /** Wait before a restart: doubles from `minMs` to `maxMs`, with up to 20 % jitter. Default: none. */
  readonly backoff?: { readonly minMs: number; readonly maxMs: number }
  /**
   * Leaves the state as it was before a turn that fails. The state must be a tree of plain objects, arrays, Maps, Sets
   * and immutable values; otherwise the spawn throws a `ConfigurationError` that names the place. Costs a draft of what
   * a turn changes; a Map or an array that is changed is copied whole. Default false.
   */
  readonly rollback?: boolean
}

/** {@link SuperviseOptions} with every default filled in. */
export interface Supervision {
  readonly strategy: SupervisionStrategy
  readonly onFailure: Directive | DirectivesByKind
  readonly maxRestarts: number
  readonly withinMs: number
  readonly backoff: { readonly minMs: number; readonly maxMs: number } | undefined
  readonly rollback: boolean
}

const defaultSupervision: Supervision = {
  strategy: 'one-for-one',
  onFailure: 'restart',
  maxRestarts: 5,
  withinMs: 10_000,
  backoff: undefined,
  rollback: false,
}

/**
 * The supervision of an actor: what its spawn says, else, part by part, what its definition says, else the defaults.
 * Both passed {@link superviseProblem}.
 */
export function supervisionOf(options: SuperviseOptions | undefined, definition?: SuperviseOptions): Supervision {
  if (options === undefined && definition === undefined) return defaultSupervision
  const base = defaultSupervision
  return {
    strategy: options?.strategy ?? definition?.strategy ?? base.strategy,
    onFailure: options?.onFailure ?? definition?.onFailure ?? base.onFailure,
    maxRestarts: options?.maxRestarts ?? definition?.maxRestarts ?? base.maxRestarts,
    withinMs: options?.withinMs ?? definition?.withinMs ?? base.withinMs,
    backoff: options?.backoff ?? definition?.backoff,
    rollback: options?.rollback ?? definition?.rollback ?? base.rollback,
  }
}

/** What is to be done about `error`. */
export function directiveFor(onFailure: Directive | DirectivesByKind, error: Error): Directive {
  if (typeof onFailure === 'string') return onFailure
  for (const kind of kindsOf(error)) if (Object.hasOwn(onFailure, kind)) return onFailure[kind] as Directive
  return Object.hasOwn(onFailure, 'default') ? (onFailure.default as Directive) : 'restart'
}

/** The names by which an error's kind can be told, the most specific first. */
function* kindsOf(error: Error): Generator<string> {
  const { code, name } = error as Error & { code?: unknown }
  if (typeof code === 'string') yield code
  if (typeof name === 'string') yield name
  let prototype = Object.getPrototypeOf(error)
  while (prototype !== null && prototype !== Object.prototype) {
    const className = prototype.constructor?.name
    if (typeof className === 'string') yield className
    prototype = Object.getPrototypeOf(prototype)
  }
}

const strategies: readonly string[] = ['one-for-one', 'one-for-all', 'rest-for-one'] satisfies SupervisionStrategy[]
const directives: readonly string[] = ['restart', 'resume', 'stop', 'escalate'] satisfies Directive[]
/** Kinds of failure that one actor's supervision may tell apart. */
const kindsMax = 100

const known: KnownOptions<SuperviseOptions> = {
  strategy: true,
  onFailure: true,
  maxRestarts: true,
  withinMs: true,
  backoff: true,
  rollback: true,
}

/** The option that is not known among `options`, in words, or `undefined`. */
export function unknownSuperviseProblem(options: SuperviseOptions): string | undefined {
  return unknownOptionProblem('supervise', options, known)?.message
}

/** What is malformed in `options`, or `undefined`. */
export function superviseProblem(options: SuperviseOptions): string | undefined {
  if (typeof options !== 'object' || options === null) return `supervise must be an object, got ${shownValue(options)}`
  const { strategy, onFailure, maxRestarts, withinMs, backoff, rollback } = options
  if (strategy !== undefined && !strategies.includes(strategy)) {
    return `supervise.strategy must be one of ${strategies.join(', ')}, got ${shownValue(strategy)}`
  }
  const onFailureProblem = onFailure === undefined ? undefined : directiveProblem(onFailure)
  if (onFailureProblem !== undefined) return onFailureProblem
  if (maxRestarts !== undefined && !(Number.isInteger(maxRestarts) && maxRestarts >= 0)) {
    return `supervise.maxRestarts must be a whole number from 0, got ${shownValue(maxRestarts)}`
  }
  if (withinMs !== undefined && !(withinMs > 0))
    return `supervise.withinMs must be above 0, got ${shownValue(withinMs)}`
  if (backoff !== undefined && !(backoff.minMs >= 0 && backoff.maxMs >= backoff.minMs)) {
    return 'supervise.backoff needs 0 <= minMs <= maxMs'
  }
  if (rollback !== undefined && typeof rollback !== 'boolean') {
    return `supervise.rollback must be true or false, got ${shownValue(rollback)}`
  }
  return undefined
}

function directiveProblem(onFailure: Directive | DirectivesByKind): string | undefined {
  const one = `one of ${directives.join(', ')}`
  if (typeof onFailure !== 'object' || onFailure === null) {
    return directives.includes(onFailure)
      ? undefined
      : `supervise.onFailure must be ${one}, or a record of them by kind of failure, got ${shownValue(onFailure)}`
  }
  const prototype = Object.getPrototypeOf(onFailure)
  if (Array.isArray(onFailure) || (prototype !== null && prototype !== Object.prototype)) {
    return 'supervise.onFailure by kind of failure must be a plain object: it may travel to another node'
  }
  const kinds = Object.entries(onFailure)
  if (kinds.length > kindsMax) return `supervise.onFailure tells ${kinds.length} kinds apart; ${kindsMax} are allowed`
  for (const [kind, directive] of kinds) {
    if (!directives.includes(directive))
      return `supervise.onFailure.${kind} must be ${one}, got ${shownValue(directive)}`
  }
  return undefined
}
