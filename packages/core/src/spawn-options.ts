/** What can be said of an actor when it is spawned. Plain data, since it may travel to another node. */
import type { ActorRef } from './actor-ref.ts'
import { ConfigurationError } from './errors.ts'
import { type SuperviseOptions, superviseProblem } from './supervision.ts'

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
}

/** The bound of a mailbox and what happens beyond it. */
export interface MailboxOptions {
  /** Messages that may wait; a whole number from 1, or `Infinity`. Default 100,000. */
  readonly capacity?: number
  /** Which message becomes a dead letter when the mailbox is full. An ask that is dropped fails. Default `drop-newest`. */
  readonly overflow?: 'drop-newest' | 'drop-oldest'
  /** Messages that `ctx.stash` may put aside; a whole number from 1. Default 1,000. */
  readonly stashCapacity?: number
}

/** Names that begin with `@` are the runtime's own. */
const namePattern = /^[\w.:-][\w.:@-]{0,199}$/

/** What is malformed in the options of a mailbox, or `undefined`. */
function mailboxProblem(options: MailboxOptions): string | undefined {
  if (typeof options !== 'object' || options === null) return `mailbox must be an object, got ${String(options)}`
  const { capacity, overflow, stashCapacity } = options
  if (
    capacity !== undefined &&
    capacity !== Number.POSITIVE_INFINITY &&
    !(Number.isInteger(capacity) && capacity > 0)
  ) {
    return `mailbox.capacity must be a whole number from 1 or Infinity, got ${capacity}`
  }
  if (overflow !== undefined && overflow !== 'drop-newest' && overflow !== 'drop-oldest') {
    return `mailbox.overflow must be 'drop-newest' or 'drop-oldest', got ${overflow}`
  }
  if (stashCapacity !== undefined && !(Number.isInteger(stashCapacity) && stashCapacity > 0)) {
    return `mailbox.stashCapacity must be a whole number from 1, got ${stashCapacity}`
  }
  return undefined
}

/** Throws a {@link ConfigurationError} that names the option and the actor when an option is malformed. */
export function validateSpawnOptions(definitionName: string, options: SpawnOptions): void {
  const check = (holds: boolean, what: string | undefined) => {
    if (!holds) throw new ConfigurationError(`spawn of ${definitionName}: ${what}`, { definition: definitionName })
  }
  const { name, supervise, mailbox, durableId } = options
  if (name !== undefined) {
    check(
      typeof name === 'string' && namePattern.test(name),
      `name ${JSON.stringify(name)} must be 1 to 200 letters, digits or - _ . : @, and not begin with @`,
    )
  }
  if (durableId !== undefined) {
    check(typeof durableId === 'string' && durableId.length > 0, 'durableId must be a string that is not empty')
  }
  const problem = optionsProblem({ supervise, mailbox })
  check(problem === undefined, problem)
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
