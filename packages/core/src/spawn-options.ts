/** What can be said of an actor when it is spawned. Plain data, since it may travel to another node. */
import type { ActorRef } from './actor-ref.ts'
import { ConfigurationError } from './errors.ts'

/** Options of a spawn. */
export interface SpawnOptions {
  /** The name, unique among siblings; letters, digits, `-`, `_`, `.`, `:` and, not first, `@`. Default: definition name and a number. */
  readonly name?: string
  /** What the parent does when a turn of this actor fails. */
  readonly supervise?: SuperviseOptions
  /** The mailbox's limit. */
  readonly mailbox?: MailboxOptions
  /** Makes the actor durable under this id, which is unique on its node and stays the same across restarts of the node. */
  readonly durableId?: string
  /** Stops the actor when that one ends; how an actor spawned on another node is tied to its spawner. */
  readonly linkedTo?: ActorRef
}

/** The supervision of one child. */
export interface SuperviseOptions {
  /** Only the child that failed is treated. */
  readonly strategy?: 'one-for-one'
  /**
   * `restart`: a new generation from `init` (and, if durable, its journal); `resume`: go on with the state as it is;
   * `stop`; `escalate`: the parent fails. Default `restart`.
   */
  readonly onFailure?: Directive
  /** Restarts allowed within `withinMs`; one more escalates. Default 5. */
  readonly maxRestarts?: number
  /** The window of the budget in milliseconds. Default 10,000. */
  readonly withinMs?: number
  /** Wait before a restart: doubles from `minMs` to `maxMs`, with up to 20 % jitter. Default: none. */
  readonly backoff?: { readonly minMs: number; readonly maxMs: number }
}

/** What is done with an actor whose turn failed. */
export type Directive = 'restart' | 'resume' | 'stop' | 'escalate'

/** The bound of a mailbox and what happens beyond it. */
export interface MailboxOptions {
  /** Messages that may wait; a whole number from 1, or `Infinity`. Default 100,000. */
  readonly capacity?: number
  /** Which message becomes a dead letter when the mailbox is full. An ask that is dropped fails. Default `drop-newest`. */
  readonly overflow?: 'drop-newest' | 'drop-oldest'
  /** Messages that `ctx.stash` may put aside; a whole number from 1. Default 1,000. */
  readonly stashCapacity?: number
}

/** {@link SuperviseOptions} with every default filled in. */
export interface Supervision {
  readonly onFailure: Directive
  readonly maxRestarts: number
  readonly withinMs: number
  readonly backoff: { readonly minMs: number; readonly maxMs: number } | undefined
}

const defaultSupervision: Supervision = { onFailure: 'restart', maxRestarts: 5, withinMs: 10_000, backoff: undefined }

/** Fills in the defaults of a supervision that passed {@link validateSpawnOptions}. */
export function supervisionOf(options: SuperviseOptions | undefined): Supervision {
  return options === undefined ? defaultSupervision : { ...defaultSupervision, ...options, backoff: options.backoff }
}

/** Names that begin with `@` are the runtime's own. */
const namePattern = /^[\w.:-][\w.:@-]{0,199}$/
const directives: readonly string[] = ['restart', 'resume', 'stop', 'escalate'] satisfies Directive[]

/** Throws a {@link ConfigurationError} that names the option and the actor when an option is malformed. */
export function validateSpawnOptions(definitionName: string, options: SpawnOptions): void {
  const check = (holds: boolean, what: string) => {
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
  if (mailbox !== undefined) {
    const { capacity, overflow } = mailbox
    check(
      capacity === undefined || capacity === Number.POSITIVE_INFINITY || (Number.isInteger(capacity) && capacity > 0),
      `mailbox.capacity must be a whole number from 1 or Infinity, got ${capacity}`,
    )
    check(
      overflow === undefined || overflow === 'drop-newest' || overflow === 'drop-oldest',
      `mailbox.overflow must be 'drop-newest' or 'drop-oldest', got ${overflow}`,
    )
  }
  if (mailbox?.stashCapacity !== undefined) {
    const { stashCapacity } = mailbox
    check(
      Number.isInteger(stashCapacity) && stashCapacity > 0,
      `mailbox.stashCapacity must be a whole number from 1, got ${stashCapacity}`,
    )
  }
  if (supervise !== undefined) {
    const { strategy, onFailure, maxRestarts, withinMs, backoff } = supervise
    check(
      strategy === undefined || strategy === 'one-for-one',
      `supervise.strategy must be 'one-for-one', got ${strategy}`,
    )
    check(
      onFailure === undefined || directives.includes(onFailure),
      `supervise.onFailure must be one of ${directives.join(', ')}, got ${onFailure}`,
    )
    check(
      maxRestarts === undefined || (Number.isInteger(maxRestarts) && maxRestarts >= 0),
      `supervise.maxRestarts must be a whole number from 0, got ${maxRestarts}`,
    )
    check(withinMs === undefined || withinMs > 0, `supervise.withinMs must be above 0, got ${withinMs}`)
    check(
      backoff === undefined || (backoff.minMs >= 0 && backoff.maxMs >= backoff.minMs),
      'supervise.backoff needs 0 <= minMs <= maxMs',
    )
  }
}
