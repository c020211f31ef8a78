/** What can be said of an actor when it is spawned. Plain data, since it may travel to another node. */
import type { ActorRef } from './actor-ref.ts'
import { askTimeoutOf } from './ask-options.ts'
import { ConfigurationError } from './errors.ts'
import { type HandledMessages, unknownPriorityProblem } from './handled-messages.ts'
import { type KnownOptions, refuseUnknownOptions, unknownOptionProblem } from './known-options.ts'
import { shownValue } from './shown-value.ts'
import { type SuperviseOptions, superviseProblem, unknownSuperviseProblem } from './supervision.ts'

/** Options of a spawn. */
export interface SpawnOptions {
  /** The name, unique among siblings; letters, digits, `-`, `_`, `.`, `:` and, not first, `@`. Default: definition name and a number. */
  readonly name?: string
  /** What the parent does when a turn of this actor fails. What is not said here, the definition's `supervise` says. */
  readonly supervise?: SuperviseOptions
  /** The mailbox's limit. What is not said here, the definition's `mailbox` says. */
  readonly mailbox?: MailboxOptions
  /** Makes the actor durable under this id, which is unique on its node and stays the same across restarts of the node. */
  readonly durableId?: string
  /** Stops the actor when that one ends; how an actor spawned on another node is tied to its spawner. */
  readonly linkedTo?: ActorRef
  /**
   * Milliseconds that a spawn on another node waits until the actor is there; above 0 and at most 2^31 - 1. Beyond it the
   * spawn fails with an `AskTimeoutError`; the actor may come up all the same, when that node gets to it. A child comes
   * up at once. Default 5,000.
   */
  readonly timeoutMs?: number
}

/** The options of a spawn that says nothing. */
export const noOptions: SpawnOptions = Object.freeze({})

/** The bound of a mailbox, what happens beyond it, and what goes first. */
export interface MailboxOptions {
  /** Messages that may wait; a whole number from 1, or `Infinity`. Default 100,000. */
  readonly capacity?: number
  /**
   * What happens to a message when the mailbox is full. Default `drop-newest`.
   *
   * | | a tell | an ask | a send |
   * |---|---|---|---|
   * | `drop-newest` | is a dead letter | fails with an `OverloadError` | waits for room |
   * | `drop-oldest` | comes in; the oldest message is a dead letter, and its ask fails | as a tell | as a tell |
   * | `fail` | is a dead letter | fails with an `OverloadError` | fails with an `OverloadError` |
   * | `backpressure` | is a dead letter | waits for room, within its timeout | waits for room |
   */
  readonly overflow?: (typeof overflowPolicies)[number]
  /** Messages that may wait for room before the full mailbox; a whole number from 1. Beyond it they fail. Default 10,000. */
  readonly waitingCapacity?: number
  /**
   * By the name of a message: a number; the higher goes first, and what is not named has 0. Order of arrival holds
   * among messages of one priority only. Stops and death notices keep their place behind what came before them.
   */
  readonly priority?: Readonly<Record<string, number>>
  /** Messages that `ctx.stash` may put aside; a whole number from 1. Default 1,000. */
  readonly stashCapacity?: number
}

const known: KnownOptions<SpawnOptions> = {
  name: true,
  supervise: true,
  mailbox: true,
  durableId: true,
  linkedTo: true,
  timeoutMs: true,
}
const knownOfMailbox: KnownOptions<MailboxOptions> = {
  capacity: true,
  overflow: true,
  waitingCapacity: true,
  priority: true,
  stashCapacity: true,
}

/** What a spawn from outside has beside them: a child's node is no option of it. */
const knownFromOutside: Readonly<Record<string, true>> = { node: true, ...known }

/**
 * Throws a `ConfigurationError` for options that a spawn does not have, those of mailbox and supervision too, and for a priority
 * of a message that the actor never takes. `fromOutside`:
 * of a system's spawn, which has `node` as well.
 */
export function refuseUnknownOfSpawn(
  definition: HandledMessages & { readonly name: string },
  options: SpawnOptions,
  fromOutside = false,
): void {
  const where = `spawn of ${definition.name}`
  refuseUnknownOptions(where, options, fromOutside ? knownFromOutside : known)
  const problem = unknownOptionsProblem(options) ?? unknownPriorityProblem(definition, options.mailbox)
  if (problem !== undefined) throw new ConfigurationError(`${where}: ${problem}`, { definition: definition.name })
}

/** What is not known of the options that a definition may have as well, or `undefined`. */
export function unknownOptionsProblem({
  supervise,
  mailbox,
}: {
  readonly supervise?: SuperviseOptions | undefined
  readonly mailbox?: MailboxOptions | undefined
}): string | undefined {
  const problem = supervise === undefined ? undefined : unknownSuperviseProblem(supervise)
  if (problem !== undefined || mailbox === undefined) return problem
  return unknownOptionProblem('mailbox', mailbox, knownOfMailbox)?.message
}

/** What may happen at the bound of a mailbox. */
const overflowPolicies = ['drop-newest', 'drop-oldest', 'fail', 'backpressure'] as const
/** Messages that one mailbox can give a priority. */
const prioritiesMax = 100

/** Names that begin with `@` are the runtime's own. */
const namePattern = /^[\w.:-][\w.:@-]{0,199}$/

/** What is malformed in the options of a mailbox, or `undefined`. */
function mailboxProblem(options: MailboxOptions): string | undefined {
  if (typeof options !== 'object' || options === null) return `mailbox must be an object, got ${shownValue(options)}`
  const { capacity, overflow, stashCapacity, waitingCapacity, priority } = options
  if (
    capacity !== undefined &&
    capacity !== Number.POSITIVE_INFINITY &&
    !(Number.isInteger(capacity) && capacity > 0)
  ) {
    return `mailbox.capacity must be a whole number from 1 or Infinity, got ${shownValue(capacity)}`
  }
  if (overflow !== undefined && !overflowPolicies.includes(overflow)) {
    return `mailbox.overflow must be one of ${overflowPolicies.join(', ')}, got ${shownValue(overflow)}`
  }
  for (const [option, value] of Object.entries({ stashCapacity, waitingCapacity })) {
    if (value !== undefined && !(Number.isInteger(value) && value > 0)) {
      return `mailbox.${option} must be a whole number from 1, got ${shownValue(value)}`
    }
  }
  return priority === undefined ? undefined : priorityProblem(priority)
}

function priorityProblem(priority: Readonly<Record<string, number>>): string | undefined {
  if (typeof priority !== 'object' || priority === null || Array.isArray(priority)) {
    return `mailbox.priority must be an object of numbers by message name, got ${shownValue(priority)}`
  }
  const entries = Object.entries(priority)
  if (entries.length > prioritiesMax) {
    return `mailbox.priority names ${entries.length} messages; ${prioritiesMax} at most`
  }
  for (const [name, value] of entries) {
    if (!Number.isFinite(value)) return `mailbox.priority.${name} must be a finite number, got ${shownValue(value)}`
  }
  return undefined
}

/** Throws a {@link ConfigurationError} that names the option and the actor when an option is malformed. */
export function validateSpawnOptions(definitionName: string, options: SpawnOptions): void {
  const { name, supervise, mailbox, durableId, timeoutMs } = options
  if (timeoutMs !== undefined) askTimeoutOf({ timeoutMs }, `the spawn of ${definitionName}`)
  const problem = nameProblem(name) ?? durableIdProblem(durableId) ?? optionsProblem({ supervise, mailbox })
  if (problem === undefined) return
  throw new ConfigurationError(`spawn of ${definitionName}: ${problem}`, { definition: definitionName })
}

function nameProblem(name: string | undefined): string | undefined {
  if (name === undefined || (typeof name === 'string' && namePattern.test(name))) return undefined
  return `name ${JSON.stringify(name)} must be 1 to 200 letters, digits or - _ . : @, and not begin with @`
}

function durableIdProblem(durableId: string | undefined): string | undefined {
  if (durableId === undefined || (typeof durableId === 'string' && durableId.length > 0)) return undefined
  return 'durableId must be a string that is not empty'
}

/** What is malformed in the options that a definition may have as well, or `undefined`. */
export function optionsProblem({
  supervise,
  mailbox,
}: {
  readonly supervise: SuperviseOptions | undefined
  readonly mailbox: MailboxOptions | undefined
}): string | undefined {
  const problem = supervise === undefined ? undefined : superviseProblem(supervise)
  return problem ?? (mailbox === undefined ? undefined : mailboxProblem(mailbox))
}
